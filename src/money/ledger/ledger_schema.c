#include "money/ledger/ledger_int.h"
#include "money/ledger/ledger_voucher_int.h"

const struct migration ledger__migrations[LEDGER__MIGRATIONS] = {
    {
        .name = "ledger.001_account",
        .sql =
            "CREATE TABLE ledger_account (\n"
            "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
            "  owner_id BIGINT NOT NULL COMMENT '0 platform, else merchant or channel account',\n"
            "  code INT NOT NULL COMMENT 'enum ledger_code, of the chart of accounts',\n"
            "  currency INT NOT NULL COMMENT 'ISO 4217 numeric',\n"
            "  side INT NOT NULL COMMENT 'enum ledger_side, the normal side',\n"
            "  has_floor INT NOT NULL COMMENT 'whether floor binds',\n"
            "  floor BIGINT NOT NULL COMMENT 'posted - held never falls below it',\n"
            "  posted BIGINT NOT NULL COMMENT 'balance, positive on the normal side',\n"
            "  held BIGINT NOT NULL COMMENT 'sum of what open holds have left',\n"
            "  debits BIGINT NOT NULL COMMENT 'of all time',\n"
            "  credits BIGINT NOT NULL COMMENT 'of all time',\n"
            "  sequence BIGINT NOT NULL COMMENT 'of the last leg, gap-free from 1',\n"
            "  last_position BIGINT NOT NULL COMMENT 'of the last leg: row * 2 + slot',\n"
            "  created_at_ms BIGINT NOT NULL COMMENT 'Unix ms',\n"
            "  PRIMARY KEY (id),\n"
            "  UNIQUE (owner_id, code, currency)\n"
            ")",
    },
    {
        .name = "ledger.002_journal",
        .sql = "CREATE TABLE ledger_journal (\n"
               "  id BIGINT NOT NULL COMMENT 'row number, gap-free from 1',\n"
               "  business_no BIGINT COMMENT 'NULL in the rows after a journal''s first',\n"
               "  source INT NOT NULL COMMENT 'enum ledger_source',\n"
               "  operation INT NOT NULL COMMENT 'enum ledger_operation',\n"
               "  part INT NOT NULL COMMENT '0 in the first row of a journal, then 1, 2, …',\n"
               "  leg_count INT NOT NULL COMMENT 'of the journal; 0 after its first row',\n"
               "  hold_id BIGINT COMMENT 'the hold it captured from',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'Unix ms',\n"
               "  business_date INT NOT NULL COMMENT 'yyyymmdd',\n"
               "  account_a BIGINT NOT NULL COMMENT 'of the first leg',\n"
               "  amount_a BIGINT NOT NULL COMMENT 'debits positive, credits negative',\n"
               "  sequence_a BIGINT NOT NULL COMMENT 'of the account',\n"
               "  balance_a BIGINT NOT NULL COMMENT 'of the account after this leg',\n"
               "  previous_a BIGINT NOT NULL COMMENT 'position of the account''s leg before',\n"
               "  account_b BIGINT NOT NULL COMMENT 'of the second leg; 0: none',\n"
               "  amount_b BIGINT NOT NULL COMMENT 'debits positive, credits negative',\n"
               "  sequence_b BIGINT NOT NULL COMMENT 'of the account',\n"
               "  balance_b BIGINT NOT NULL COMMENT 'of the account after this leg',\n"
               "  previous_b BIGINT NOT NULL COMMENT 'position of the account''s leg before',\n"
               "  PRIMARY KEY (id),\n"
               "  UNIQUE (business_no, operation, source)\n"
               ")",
    },
    {
        .name = "ledger.003_mark",
        .sql = "CREATE TABLE ledger_mark (\n"
               "  position BIGINT NOT NULL COMMENT 'of the leg in the journal',\n"
               "  account_id BIGINT NOT NULL COMMENT 'ledger_account.id',\n"
               "  sequence BIGINT NOT NULL COMMENT 'a multiple of 32',\n"
               "  PRIMARY KEY (position),\n"
               "  UNIQUE (account_id, sequence)\n"
               ")",
    },
    {
        .name = "ledger.004_hold",
        .sql = "CREATE TABLE ledger_hold (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  account_id BIGINT NOT NULL COMMENT 'ledger_account.id',\n"
               "  kind INT NOT NULL COMMENT 'enum ledger_hold_kind',\n"
               "  status INT NOT NULL COMMENT 'enum ledger_hold_status',\n"
               "  amount BIGINT NOT NULL COMMENT 'as placed',\n"
               "  captured BIGINT NOT NULL COMMENT 'taken by journals',\n"
               "  released BIGINT NOT NULL COMMENT 'given back or expired',\n"
               "  expires_at_ms BIGINT NOT NULL COMMENT 'Unix ms; 0 never',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'Unix ms',\n"
               "  updated_at_ms BIGINT NOT NULL COMMENT 'Unix ms',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
    {
        .name = "ledger.005_hold_step",
        .sql = "CREATE TABLE ledger_hold_step (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  hold_id BIGINT NOT NULL COMMENT 'ledger_hold.id',\n"
               "  step INT NOT NULL COMMENT 'enum ledger_step',\n"
               "  whole INT NOT NULL COMMENT 'asked for all that is left',\n"
               "  amount BIGINT NOT NULL COMMENT 'placed, captured, released or expired',\n"
               "  released BIGINT NOT NULL COMMENT 'by a capture that gave the rest back',\n"
               "  source INT NOT NULL COMMENT 'enum ledger_source; 0 when it expired',\n"
               "  operation INT NOT NULL COMMENT 'enum ledger_operation; 0 when it expired',\n"
               "  business_no BIGINT COMMENT 'NULL when it expired',\n"
               "  journal_id BIGINT COMMENT 'of a capture',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'Unix ms',\n"
               "  PRIMARY KEY (id),\n"
               "  UNIQUE (business_no, operation, source)\n"
               ")",
    },
    {
        .name = "ledger.006_hold_step_hold",
        .sql = "CREATE INDEX ledger_hold_step_hold ON ledger_hold_step (hold_id)",
    },
    {
        .name = "ledger.007_account_status",
        .sql = "ALTER TABLE ledger_account ADD COLUMN status INT NOT NULL DEFAULT 1 "
               "COMMENT 'enum ledger_account_status'",
    },
    {
        .name = "ledger.008_account_deferred",
        .sql = "ALTER TABLE ledger_account ADD COLUMN deferred INT NOT NULL DEFAULT 0 "
               "COMMENT 'entries are applied later'",
    },
    {
        .name = "ledger.009_account_credit_blocks",
        .sql = "ALTER TABLE ledger_account ADD COLUMN credit_blocks BIGINT NOT NULL DEFAULT 0 "
               "COMMENT 'open holds that block credits'",
    },
    {
        .name = "ledger.010_account_debit_blocks",
        .sql = "ALTER TABLE ledger_account ADD COLUMN debit_blocks BIGINT NOT NULL DEFAULT 0 "
               "COMMENT 'open holds that block debits'",
    },
    {
        .name = "ledger.011_account_holds",
        .sql = "ALTER TABLE ledger_account ADD COLUMN holds BIGINT NOT NULL DEFAULT 0 "
               "COMMENT 'open and waiting holds'",
    },
    {
        .name = "ledger.012_account_holds_counted",
        .sql = "UPDATE ledger_account SET holds = (SELECT COUNT(*) FROM ledger_hold "
               "WHERE ledger_hold.account_id = ledger_account.id AND ledger_hold.status = 1)",
    },
    {
        .name = "ledger.013_account_pending",
        .sql = "ALTER TABLE ledger_account ADD COLUMN pending BIGINT NOT NULL DEFAULT 0 "
               "COMMENT 'entries that wait to be applied'",
    },
    {
        .name = "ledger.014_account_maturities",
        .sql = "ALTER TABLE ledger_account ADD COLUMN maturities VARCHAR(2000) NOT NULL DEFAULT '' "
               "COMMENT 'yyyymmdd=minor units, comma-separated'",
    },
    {
        .name = "ledger.015_journal_matures_a",
        .sql = "ALTER TABLE ledger_journal ADD COLUMN matures_a INT NOT NULL DEFAULT 0 "
               "COMMENT 'yyyymmdd on which the money matures; 0 at once'",
    },
    {
        .name = "ledger.016_journal_matures_b",
        .sql = "ALTER TABLE ledger_journal ADD COLUMN matures_b INT NOT NULL DEFAULT 0 "
               "COMMENT 'yyyymmdd on which the money matures; 0 at once'",
    },
    {
        .name = "ledger.017_serial",
        .sql = "CREATE TABLE ledger_serial (\n"
               "  serial BIGINT NOT NULL COMMENT 'of the account in this shard, gap-free from 1',\n"
               "  account_id BIGINT NOT NULL COMMENT 'ledger_account.id',\n"
               "  PRIMARY KEY (serial),\n"
               "  UNIQUE (account_id)\n"
               ")",
    },
    {
        .name = "ledger.018_serial_of_old",
        .sql = "INSERT INTO ledger_serial (serial, account_id) "
               "SELECT ROW_NUMBER() OVER (ORDER BY id), id FROM ledger_account "
               "WHERE NOT EXISTS (SELECT 1 FROM ledger_serial)",
    },
    {
        .name = "ledger.019_hold_effect",
        .sql = "ALTER TABLE ledger_hold ADD COLUMN effect INT NOT NULL DEFAULT 1 "
               "COMMENT 'enum ledger_hold_effect'",
    },
    {
        .name = "ledger.020_hold_matures_on",
        .sql = "ALTER TABLE ledger_hold ADD COLUMN matures_on INT NOT NULL DEFAULT 0 "
               "COMMENT 'yyyymmdd: holds what matures then'",
    },
    {
        .name = "ledger.021_hold_rank",
        .sql = "ALTER TABLE ledger_hold ADD COLUMN turn BIGINT NOT NULL DEFAULT 0 "
               "COMMENT 'order among those that wait for money'",
    },
    {
        .name = "ledger.022_hold_operator_id",
        .sql = "ALTER TABLE ledger_hold ADD COLUMN operator_id BIGINT NOT NULL DEFAULT 0 "
               "COMMENT 'auth_key.id of who asked; 0 the platform'",
    },
    {
        .name = "ledger.023_hold_reason",
        .sql = "ALTER TABLE ledger_hold ADD COLUMN reason VARCHAR(200) NOT NULL DEFAULT '' "
               "COMMENT 'for people'",
    },
    {
        .name = "ledger.024_hold_document_no",
        .sql = "ALTER TABLE ledger_hold ADD COLUMN document_no VARCHAR(64) NOT NULL DEFAULT '' "
               "COMMENT 'of the court, the police'",
    },
    {
        .name = "ledger.025_hold_starts_at",
        .sql = "ALTER TABLE ledger_hold ADD COLUMN starts_at_ms BIGINT NOT NULL DEFAULT 0 "
               "COMMENT 'Unix ms; 0 at once'",
    },
    {
        .name = "ledger.026_hold_account",
        .sql = "CREATE INDEX ledger_hold_account ON ledger_hold (account_id, id)",
    },
    {
        .name = "ledger.027_pending",
        .sql = "CREATE TABLE ledger_pending (\n"
               "  id BIGINT NOT NULL COMMENT 'gap-free, in the order of posting',\n"
               "  account_id BIGINT NOT NULL COMMENT 'ledger_account.id',\n"
               "  number BIGINT NOT NULL COMMENT 'of the account, gap-free from 1',\n"
               "  side INT NOT NULL COMMENT 'enum ledger_side',\n"
               "  amount BIGINT NOT NULL COMMENT 'minor units',\n"
               "  matures_on INT NOT NULL COMMENT 'yyyymmdd or 0',\n"
               "  status INT NOT NULL COMMENT 'enum ledger_pending_status',\n"
               "  position BIGINT NOT NULL COMMENT 'of the leg that stands for it',\n"
               "  hold_id BIGINT NOT NULL COMMENT 'of a debit',\n"
               "  journal_id BIGINT NOT NULL COMMENT 'that applied it; 0 none yet',\n"
               "  refusal VARCHAR(40) NOT NULL COMMENT 'why it is parked',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'Unix ms',\n"
               "  updated_at_ms BIGINT NOT NULL COMMENT 'Unix ms',\n"
               "  PRIMARY KEY (id),\n"
               "  UNIQUE (account_id, number),\n"
               "  UNIQUE (position)\n"
               ")",
    },
    {
        .name = "ledger.028_queue",
        .sql = "CREATE TABLE ledger_queue (\n"
               "  account_id BIGINT NOT NULL COMMENT 'ledger_account.id',\n"
               "  seen BIGINT NOT NULL COMMENT 'entries up to this number have been tried',\n"
               "  oldest BIGINT NOT NULL COMMENT 'entries below this number have been applied',\n"
               "  last BIGINT NOT NULL COMMENT 'number of the last entry',\n"
               "  PRIMARY KEY (account_id)\n"
               ")",
    },
    {
        .name = "ledger.029_pending_status",
        .sql = "CREATE INDEX ledger_pending_status ON ledger_pending (status, id)",
    },
    {
        .name = "ledger.100_clock",
        .sql = "CREATE TABLE ledger_clock (\n"
               "  id BIGINT NOT NULL COMMENT 'one row: 1',\n"
               "  date BIGINT NOT NULL COMMENT 'yyyymmdd: the business date',\n"
               "  ends_at_ms BIGINT NOT NULL COMMENT 'Unix ms: when the next one begins',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
    {
        .name = "ledger.101_day",
        .sql = "CREATE TABLE ledger_day (\n"
               "  id BIGINT NOT NULL COMMENT 'yyyymmdd',\n"
               "  status INT NOT NULL COMMENT 'enum ledger_day_status',\n"
               "  previous_id BIGINT NOT NULL COMMENT 'the day before; 0 none',\n"
               "  opened_at_ms BIGINT NOT NULL COMMENT 'Unix ms',\n"
               "  cut_at_ms BIGINT NOT NULL COMMENT 'Unix ms; 0 open',\n"
               "  closed_at_ms BIGINT NOT NULL COMMENT 'Unix ms; 0 not closed',\n"
               "  first_row BIGINT NOT NULL COMMENT 'of the journal',\n"
               "  last_row BIGINT NOT NULL COMMENT 'first_row - 1: none',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
    {
        .name = "ledger.102_total",
        .sql = "CREATE TABLE ledger_total (\n"
               "  id BIGINT NOT NULL COMMENT 'code * 1000 + currency',\n"
               "  code INT NOT NULL COMMENT 'enum ledger_code',\n"
               "  currency INT NOT NULL COMMENT 'ISO 4217 numeric',\n"
               "  side INT NOT NULL COMMENT 'enum ledger_side, the normal side',\n"
               "  date BIGINT NOT NULL COMMENT 'yyyymmdd of the last movement',\n"
               "  debits BIGINT NOT NULL COMMENT 'of all time',\n"
               "  credits BIGINT NOT NULL COMMENT 'of all time',\n"
               "  legs BIGINT NOT NULL COMMENT 'of all time',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
    {
        .name = "ledger.103_total_day",
        .sql = "CREATE TABLE ledger_total_day (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  code INT NOT NULL COMMENT 'enum ledger_code',\n"
               "  currency INT NOT NULL COMMENT 'ISO 4217 numeric',\n"
               "  date BIGINT NOT NULL COMMENT 'yyyymmdd: the sums are those at its close',\n"
               "  next_date BIGINT NOT NULL COMMENT 'yyyymmdd of the next movement',\n"
               "  debits BIGINT NOT NULL COMMENT 'of all time until then',\n"
               "  credits BIGINT NOT NULL COMMENT 'of all time until then',\n"
               "  legs BIGINT NOT NULL COMMENT 'of all time until then',\n"
               "  PRIMARY KEY (id),\n"
               "  UNIQUE (code, currency, date)\n"
               ")",
    },
    {
        .name = "ledger.104_total_day_date",
        .sql = "CREATE INDEX ledger_total_day_date ON ledger_total_day (next_date, date)",
    },
    /* Books kept before there were days and totals get theirs from the journal. */
    {
        .name = "ledger.105_fill_total_day",
        .sql =
            "INSERT INTO ledger_total_day (id, code, currency, date, next_date, debits, "
            "credits, legs) "
            "SELECT n, code, currency, date, next_date, debits, credits, legs FROM ("
            "SELECT ROW_NUMBER() OVER (ORDER BY date, code, currency) AS n, "
            "code, currency, date, "
            "LEAD(date) OVER (PARTITION BY code, currency ORDER BY date) AS next_date, "
            "CAST(SUM(d) OVER (PARTITION BY code, currency ORDER BY date) AS SIGNED) AS debits, "
            "CAST(SUM(c) OVER (PARTITION BY code, currency ORDER BY date) AS SIGNED) AS credits, "
            "CAST(SUM(l) OVER (PARTITION BY code, currency ORDER BY date) AS SIGNED) AS legs "
            "FROM (SELECT a.code AS code, a.currency AS currency, j.date AS date, "
            "SUM(CASE WHEN j.amount > 0 THEN j.amount ELSE 0 END) AS d, "
            "SUM(CASE WHEN j.amount < 0 THEN -j.amount ELSE 0 END) AS c, COUNT(*) AS l "
            "FROM (SELECT business_date AS date, account_a AS account, amount_a AS amount "
            "FROM ledger_journal "
            "UNION ALL SELECT business_date, account_b, amount_b FROM ledger_journal "
            "WHERE account_b <> 0) j "
            "JOIN ledger_account a ON a.id = j.account GROUP BY a.code, a.currency, j.date) s"
            ") w WHERE next_date IS NOT NULL "
            "AND NOT EXISTS (SELECT 1 FROM ledger_total_day)",
    },
    {
        .name = "ledger.106_fill_total",
        .sql = "INSERT INTO ledger_total (id, code, currency, side, date, debits, credits, legs) "
               "SELECT a.code * 1000 + a.currency, a.code, a.currency, MIN(a.side), "
               "MAX(j.business_date), CAST(SUM(a.debits) AS SIGNED), "
               "CAST(SUM(a.credits) AS SIGNED), CAST(SUM(a.sequence) AS SIGNED) "
               "FROM ledger_account a JOIN ledger_journal j ON j.id = (a.last_position >> 1) "
               "WHERE a.sequence > 0 AND NOT EXISTS (SELECT 1 FROM ledger_total) "
               "GROUP BY a.code, a.currency",
    },
    {
        .name = "ledger.107_fill_day",
        .sql = "INSERT INTO ledger_day (id, status, previous_id, opened_at_ms, cut_at_ms, "
               "closed_at_ms, first_row, last_row) "
               "SELECT id, 2, COALESCE(LAG(id) OVER (ORDER BY id), 0), at_ms, "
               "COALESCE(LEAD(at_ms) OVER (ORDER BY id), 0), 0, first_row, last_row FROM ("
               "SELECT business_date AS id, MIN(created_at_ms) AS at_ms, MIN(id) AS first_row, "
               "MAX(id) AS last_row FROM ledger_journal GROUP BY business_date) d "
               "WHERE NOT EXISTS (SELECT 1 FROM ledger_day)",
    },
    {
        .name = "ledger.108_open_day",
        .sql = "UPDATE ledger_day SET status = 1, last_row = 0 WHERE cut_at_ms = 0 AND status = 2",
    },
    {
        .name = "ledger.109_fill_clock",
        .sql = "INSERT INTO ledger_clock (id, date, ends_at_ms) SELECT 1, id, 0 FROM ledger_day "
               "WHERE status = 1 AND NOT EXISTS (SELECT 1 FROM ledger_clock)",
    },
    {
        .name = "ledger.060_account_code",
        .sql = "ALTER TABLE ledger_account MODIFY code BIGINT NOT NULL COMMENT 'of the chart'",
    },
    {
        .name = "ledger.060_total_code",
        .sql = "ALTER TABLE ledger_total MODIFY code BIGINT NOT NULL COMMENT 'of the chart'",
    },
    {
        .name = "ledger.060_total_day_code",
        .sql = "ALTER TABLE ledger_total_day MODIFY code BIGINT NOT NULL COMMENT 'of the chart'",
    },
    {.name = "ledger.061_chart", .sql = ledger__chart_sql},
    {.name = "ledger.062_chart_version", .sql = ledger__chart_version_sql},
    {.name = "ledger.063_chart_codes", .sql = ledger__chart_codes_sql},
    {.name = "ledger.064_chart_names", .sql = ledger__chart_names_sql},
    {
        .name = "ledger.110_day_journals",
        .sql = "ALTER TABLE ledger_day ADD COLUMN journals BIGINT NOT NULL DEFAULT 0 "
               "COMMENT 'counted by the seal'",
    },
    {
        .name = "ledger.111_day_legs",
        .sql = "ALTER TABLE ledger_day ADD COLUMN legs BIGINT NOT NULL DEFAULT 0 "
               "COMMENT 'counted by the seal'",
    },
    {
        .name = "ledger.112_day_rows_hash",
        .sql = "ALTER TABLE ledger_day ADD COLUMN rows_hash VARBINARY(32) "
               "COMMENT 'chain of its last seal page; NULL not closed'",
    },
    {
        .name = "ledger.113_day_previous_hash",
        .sql = "ALTER TABLE ledger_day ADD COLUMN previous_hash VARBINARY(32) "
               "COMMENT 'hash of the day before; NULL the first day'",
    },
    {
        .name = "ledger.114_day_hash",
        .sql = "ALTER TABLE ledger_day ADD COLUMN hash VARBINARY(32) "
               "COMMENT 'SHA-256 over the whole seal; NULL not closed'",
    },
    {
        .name = "ledger.115_day_wrong",
        .sql = "ALTER TABLE ledger_day ADD COLUMN wrong VARCHAR(200) "
               "COMMENT 'why it could not be closed'",
    },
    {
        .name = "ledger.116_seal_page",
        .sql =
            "CREATE TABLE ledger_seal_page (\n"
            "  id BIGINT NOT NULL COMMENT 'its first row of ledger_journal',\n"
            "  last_row BIGINT NOT NULL COMMENT 'its last row',\n"
            "  hashes VARBINARY(2048) NOT NULL COMMENT '4 bytes of the SHA-256 of each row',\n"
            "  chain VARBINARY(32) NOT NULL COMMENT 'SHA-256 of the chain before and its rows',\n"
            "  PRIMARY KEY (id)\n"
            ")",
    },
    {
        .name = "ledger.065_journal_voucher",
        .sql = "ALTER TABLE ledger_journal ADD COLUMN voucher INT "
               "COMMENT 'ledger_template.id that spelled its legs'",
    },
    {.name = "ledger.066_template", .sql = ledger__template_sql},
    {.name = "ledger.067_template_leg", .sql = ledger__template_leg_sql},
    {.name = "ledger.068_templates", .sql = ledger__templates_sql},
    {.name = "ledger.069_template_legs_1", .sql = ledger__template_legs_1_sql},
    {.name = "ledger.070_template_legs_2", .sql = ledger__template_legs_2_sql},
    {
        .name = "ledger.120_memo",
        .sql = "CREATE TABLE ledger_memo (\n"
               "  journal_id BIGINT NOT NULL COMMENT 'first row of the journal',\n"
               "  text VARCHAR(200) NOT NULL COMMENT 'a remark for people to read',\n"
               "  PRIMARY KEY (journal_id)\n"
               ")",
    },
    {
        .name = "ledger.121_hold_source",
        .sql = "ALTER TABLE ledger_hold ADD COLUMN source INT NOT NULL DEFAULT 0 "
               "COMMENT 'enum ledger_source: who placed it and may end it'",
    },
    {
        .name = "ledger.122_hold_sources",
        .sql = "UPDATE ledger_hold SET source = (SELECT MIN(ledger_hold_step.source) "
               "FROM ledger_hold_step WHERE ledger_hold_step.hold_id = ledger_hold.id "
               "AND ledger_hold_step.step = 1)",
    },
    {
        /* Judicial and risk holds of the generic API are freezes, and end as freezes do. */
        .name = "ledger.123_hold_freezes",
        .sql = "UPDATE ledger_hold SET source = 2 WHERE source = 10 AND kind <= 2",
    },
    {.name = "ledger.124_deducted_templates", .sql = ledger__deducted_templates_sql},
    {.name = "ledger.125_deducted_template_legs", .sql = ledger__deducted_template_legs_sql},
    {.name = "ledger.126_refund_from_fee", .sql = ledger__refund_from_fee_sql},
    {.name = "ledger.127_refund_from_fee_legs", .sql = ledger__refund_from_fee_legs_sql},
    {
        .name = "ledger.128_hold_shortage",
        .sql = "ALTER TABLE ledger_hold ADD COLUMN shortage INT NOT NULL DEFAULT 0 "
               "COMMENT 'enum ledger_hold_shortage; 0 not known'",
    },
    {
        /* So are its blocks of the accounts whose history people read. */
        .name = "ledger.129_block_freezes",
        .sql = "UPDATE ledger_hold SET source = 2 WHERE source = 10 AND effect > 1 "
               "AND account_id IN (SELECT id FROM ledger_account WHERE code IN (2241, 2245))",
    },
    {
        .name = "ledger.130_terms",
        .sql = "CREATE TABLE ledger_terms (\n"
               "  id BIGINT NOT NULL COMMENT 'gap-free, in the order of the changes',\n"
               "  account_id BIGINT NOT NULL COMMENT 'ledger_account.id',\n"
               "  owner_id BIGINT NOT NULL COMMENT 'of the account, as are all that follow',\n"
               "  code BIGINT NOT NULL COMMENT 'of the chart',\n"
               "  currency INT NOT NULL COMMENT 'ISO 4217 numeric',\n"
               "  side INT NOT NULL COMMENT 'enum ledger_side',\n"
               "  opened_at_ms BIGINT NOT NULL COMMENT 'Unix ms',\n"
               "  status INT NOT NULL COMMENT 'enum ledger_account_status',\n"
               "  deferred INT NOT NULL COMMENT 'entries are applied later',\n"
               "  has_floor INT NOT NULL COMMENT 'whether floor binds',\n"
               "  floor BIGINT NOT NULL COMMENT 'minor units',\n"
               "  date INT NOT NULL COMMENT 'yyyymmdd of the books; 0 before they began',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'Unix ms: of the change',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
    {
        .name = "ledger.131_terms_of_old",
        .sql = "INSERT INTO ledger_terms (id, account_id, owner_id, code, currency, side, "
               "opened_at_ms, status, deferred, has_floor, floor, date, created_at_ms) "
               "SELECT ROW_NUMBER() OVER (ORDER BY id), id, owner_id, code, currency, side, "
               "created_at_ms, status, deferred, has_floor, floor, 0, created_at_ms "
               "FROM ledger_account WHERE NOT EXISTS (SELECT 1 FROM ledger_terms)",
    },
    {
        .name = "ledger.132_hold_step_date",
        .sql = "ALTER TABLE ledger_hold_step ADD COLUMN date INT NOT NULL DEFAULT 0 "
               "COMMENT 'yyyymmdd of the books; 0 before they began'",
    },
    {
        .name = "ledger.133_hold_step_date_index",
        .sql = "CREATE INDEX ledger_hold_step_date ON ledger_hold_step (date, id)",
    },
    {
        .name = "ledger.134_terms_date_index",
        .sql = "CREATE INDEX ledger_terms_date ON ledger_terms (date, id)",
    },
    {
        .name = "ledger.135_day_records",
        .sql = "ALTER TABLE ledger_day ADD COLUMN records VARBINARY(160) "
               "COMMENT 'chains of terms, steps, holds, pending, memos; NULL not sealed'",
    },
    {
        .name = "ledger.136_terms_account_index",
        .sql = "CREATE INDEX ledger_terms_account ON ledger_terms (account_id, id)",
    },
    {
        .name = "ledger.137_account_awaited",
        .sql = "ALTER TABLE ledger_account ADD COLUMN awaited BIGINT NOT NULL DEFAULT 0 "
               "COMMENT 'minor units that holds that wait for money have left'",
    },
    {
        /* One that waits already says so when it is tried next. */
        .name = "ledger.138_hold_awaits",
        .sql = "ALTER TABLE ledger_hold ADD COLUMN awaits INT NOT NULL DEFAULT 0 "
               "COMMENT 'it waits for money, and counts in ledger_account.awaited'",
    },
    {
        .name = "ledger.139_template_reviewer",
        .sql = "ALTER TABLE ledger_template ADD COLUMN reviewer_id BIGINT NOT NULL DEFAULT 0 "
               "COMMENT 'auth_key.id of who approved it; 0 nobody had to'",
    },
    {
        .name = "ledger.140_template_reason",
        .sql = "ALTER TABLE ledger_template ADD COLUMN reason VARCHAR(200) NOT NULL DEFAULT '' "
               "COMMENT 'for people'",
    },
    {
        .name = "ledger.141_chart_version_reviewer",
        .sql = "ALTER TABLE ledger_chart_version ADD COLUMN reviewer_id BIGINT NOT NULL "
               "DEFAULT 0 COMMENT 'auth_key.id of who approved it; 0 nobody had to'",
    },
    {
        .name = "ledger.142_chart_version_reason",
        .sql = "ALTER TABLE ledger_chart_version ADD COLUMN reason VARCHAR(200) NOT NULL "
               "DEFAULT '' COMMENT 'for people'",
    },
    {
        .name = "ledger.143_chart_closing_operator",
        .sql = "ALTER TABLE ledger_chart ADD COLUMN closing_operator_id BIGINT NOT NULL DEFAULT 0 "
               "COMMENT 'auth_key.id of who asked that it be closed; 0 nobody yet'",
    },
    {
        .name = "ledger.144_chart_closing_reviewer",
        .sql = "ALTER TABLE ledger_chart ADD COLUMN closing_reviewer_id BIGINT NOT NULL DEFAULT 0 "
               "COMMENT 'auth_key.id of who approved it'",
    },
    {
        .name = "ledger.145_chart_closing_reason",
        .sql = "ALTER TABLE ledger_chart ADD COLUMN closing_reason VARCHAR(200) NOT NULL "
               "DEFAULT '' COMMENT 'for people'",
    },
    {.name = "ledger.146_chart_costs", .sql = ledger__chart_costs_sql},
    {.name = "ledger.147_chart_costs_name", .sql = ledger__chart_costs_name_sql},
    {
        .name = "ledger.148_hold_status_index",
        .sql = "CREATE INDEX ledger_hold_status ON ledger_hold (status, account_id)",
    },
    {
        .name = "ledger.149_chart_owners",
        .sql = "ALTER TABLE ledger_chart ADD COLUMN owners INT NOT NULL DEFAULT 0 "
               "COMMENT '1 << enum ledger_owner of those it is kept for; 0 anybody'",
    },
    {
        .name = "ledger.150_chart_shipped_owners",
        .sql = ledger__chart_owners_sql,
    },
};

#include "money/ledger/ledger_int.h"

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
};

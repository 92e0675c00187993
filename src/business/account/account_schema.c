#include "business/account/account_int.h"

const struct migration account__migrations[ACCOUNT__MIGRATIONS] = {
    {
        .name = "account.001_account",
        .sql = "CREATE TABLE account (\n"
               "  id BIGINT NOT NULL COMMENT 'ledger_account.id',\n"
               "  remark VARCHAR(200) NOT NULL COMMENT 'for people',\n"
               "  changes BIGINT NOT NULL COMMENT 'rows of history',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
    {
        .name = "account.002_history",
        .sql = "CREATE TABLE account_history (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  account_id BIGINT NOT NULL COMMENT 'ledger_account.id',\n"
               "  number BIGINT NOT NULL COMMENT 'of the account, gap-free from 1',\n"
               "  action INT NOT NULL COMMENT 'enum account_action',\n"
               "  state_before VARCHAR(4000) NOT NULL COMMENT 'JSON',\n"
               "  state_after VARCHAR(4000) NOT NULL COMMENT 'JSON',\n"
               "  operator_id BIGINT NOT NULL COMMENT 'auth_key.id; 0 the platform',\n"
               "  review_id BIGINT NOT NULL COMMENT 'review.id that approved it; 0 none',\n"
               "  reason VARCHAR(200) NOT NULL COMMENT 'for people',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'Unix ms',\n"
               "  PRIMARY KEY (id),\n"
               "  UNIQUE (account_id, number)\n"
               ")",
    },
    {
        .name = "account.003_card",
        .sql = "CREATE TABLE account_card (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  merchant_id BIGINT NOT NULL COMMENT 'owner',\n"
               "  kind INT NOT NULL COMMENT 'enum account_card_kind',\n"
               "  bank_code VARCHAR(16) NOT NULL COMMENT 'of the clearing system',\n"
               "  bank_name VARCHAR(64) NOT NULL COMMENT 'for people',\n"
               "  branch VARCHAR(128) NOT NULL COMMENT 'for people',\n"
               "  masked VARCHAR(32) NOT NULL COMMENT 'first 6 and last 4 digits',\n"
               "  number VARBINARY(256) NOT NULL COMMENT 'sealed',\n"
               "  holder VARBINARY(512) NOT NULL COMMENT 'sealed',\n"
               "  blind VARCHAR(64) COMMENT 'HMAC of the number; NULL when removed',\n"
               "  is_default INT NOT NULL COMMENT 'one of a merchant''s',\n"
               "  default_of BIGINT COMMENT 'the merchant, of its default card alone',\n"
               "  status INT NOT NULL COMMENT 'enum account_card_status',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'Unix ms',\n"
               "  updated_at_ms BIGINT NOT NULL COMMENT 'Unix ms',\n"
               "  version BIGINT NOT NULL COMMENT 'counts the changes',\n"
               "  PRIMARY KEY (id),\n"
               "  UNIQUE (merchant_id, blind),\n"
               "  UNIQUE (default_of)\n"
               ")",
    },
    {
        .name = "account.004_card_merchant",
        .sql = "CREATE INDEX account_card_merchant ON account_card (merchant_id, id)",
    },
    {
        .name = "account.005_opened_by_hand",
        .sql = "ALTER TABLE account ADD COLUMN opened_by_hand INT NOT NULL DEFAULT 0 "
               "COMMENT 'over the API, sooner or later'",
    },
    {
        .name = "account.006_opening_remark",
        .sql = "ALTER TABLE account ADD COLUMN opening_remark VARCHAR(200) NOT NULL DEFAULT '' "
               "COMMENT 'that was asked for when it was opened by hand'",
    },
    {
        .name = "account.007_opened",
        .sql = "UPDATE account SET opened_by_hand = 1, opening_remark = remark "
               "WHERE id IN (SELECT account_id FROM account_history WHERE action = 1)",
    },
    {
        /* Accounts that came into being by themselves begin their history with their opening. */
        .name = "account.008_opened_history",
        .sql = "INSERT INTO account_history (id, account_id, number, action, state_before, "
               "state_after, operator_id, review_id, reason, created_at_ms) "
               "SELECT id, id, 1, 1, '{}', '{\"status\":\"open\",\"credit_blocks\":0,"
               "\"debit_blocks\":0,\"balance\":0,\"held\":0,\"credit_line\":0,"
               "\"deferred\":false}', 0, 0, '', created_at_ms FROM ledger_account "
               "WHERE code IN (2241, 2245) AND id NOT IN (SELECT id FROM account) "
               "AND id NOT IN (SELECT id FROM account_history)",
    },
    {
        .name = "account.009_opened_account",
        .sql = "INSERT INTO account (id, remark, changes) SELECT account_id, '', 1 "
               "FROM account_history WHERE id = account_id "
               "AND account_id NOT IN (SELECT id FROM account)",
    },
    {
        .name = "account.010_card_review",
        .sql = "ALTER TABLE account_card ADD COLUMN review_id BIGINT "
               "COMMENT 'review.id it was asked for with; NULL older'",
    },
    {
        .name = "account.011_card_review_unique",
        .sql = "CREATE UNIQUE INDEX account_card_review ON account_card (review_id)",
    },
    {
        .name = "account.012_card_note",
        .sql = "CREATE TABLE account_card_note (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  merchant_id BIGINT NOT NULL COMMENT 'owner of the card',\n"
               "  card_id BIGINT NOT NULL COMMENT 'account_card.id',\n"
               "  action INT NOT NULL COMMENT 'enum account_card_action',\n"
               "  state_before VARCHAR(1000) NOT NULL COMMENT 'JSON, masked',\n"
               "  state_after VARCHAR(1000) NOT NULL COMMENT 'JSON, masked',\n"
               "  operator_id BIGINT NOT NULL COMMENT 'auth_key.id of who asked for it',\n"
               "  reviewer_id BIGINT NOT NULL COMMENT 'auth_key.id of who approved it; 0 none',\n"
               "  review_id BIGINT NOT NULL COMMENT 'review.id that approved it; 0 none',\n"
               "  reason VARCHAR(200) NOT NULL COMMENT 'for people',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'Unix ms',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
    {
        .name = "account.013_card_note_merchant",
        .sql = "CREATE INDEX account_card_note_merchant ON account_card_note (merchant_id, id)",
    },
    {
        .name = "account.014_history_hold",
        .sql = "ALTER TABLE account_history ADD COLUMN hold_id BIGINT NOT NULL DEFAULT 0 "
               "COMMENT 'ledger_hold.id that it was done to; 0 none'",
    },
    {
        .name = "account.015_history_hold_step",
        .sql = "ALTER TABLE account_history ADD COLUMN hold_step VARCHAR(1000) NOT NULL "
               "DEFAULT '' COMMENT 'JSON: what was done to the hold'",
    },
};

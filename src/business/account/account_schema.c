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
};

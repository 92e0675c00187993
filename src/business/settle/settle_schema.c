#include "business/settle/settle_int.h"

const struct migration settle__migrations[15] = {
    {
        .name = "settle.001_order",
        .sql = "CREATE TABLE settle_order (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  account_id BIGINT NOT NULL COMMENT 'payable account that is settled',\n"
               "  settle_date BIGINT NOT NULL COMMENT 'yyyymmdd of the books',\n"
               "  merchant_id BIGINT NOT NULL COMMENT 'owner of the account',\n"
               "  settlement_no VARCHAR(64) COMMENT 'the merchant''s own, of self-service',\n"
               "  currency INT NOT NULL COMMENT 'ISO 4217 numeric',\n"
               "  mode INT NOT NULL COMMENT 'enum settle_mode',\n"
               "  amount BIGINT NOT NULL COMMENT 'taken from the account, minor units',\n"
               "  fee BIGINT NOT NULL COMMENT 'part of it',\n"
               "  rate_id BIGINT NOT NULL COMMENT 'of the fee, 0: none',\n"
               "  rate VARCHAR(1000) NOT NULL COMMENT 'JSON: the terms as they were',\n"
               "  card_id BIGINT NOT NULL COMMENT 'bank card, 0: the account''s own',\n"
               "  hold_id BIGINT NOT NULL COMMENT 'of the money',\n"
               "  journal_id BIGINT NOT NULL COMMENT 'that took it out, 0: not yet',\n"
               "  return_journal_id BIGINT NOT NULL COMMENT 'that brought it back',\n"
               "  status INT NOT NULL COMMENT 'enum settle_status',\n"
               "  remark VARCHAR(200) NOT NULL COMMENT 'why returned or cancelled',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  updated_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  version BIGINT NOT NULL COMMENT 'one more with each change',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
    {
        .name = "settle.002_order_date",
        .sql = "CREATE UNIQUE INDEX settle_order_date ON settle_order (account_id, settle_date)",
    },
    {
        .name = "settle.003_order_no",
        .sql = "CREATE UNIQUE INDEX settle_order_no ON settle_order (merchant_id, settlement_no)",
    },
    {
        .name = "settle.004_order_day",
        .sql = "CREATE INDEX settle_order_day ON settle_order (settle_date, id)",
    },
    {
        .name = "settle.005_run",
        .sql = "CREATE TABLE settle_run (\n"
               "  id BIGINT NOT NULL COMMENT 'yyyymmdd',\n"
               "  status INT NOT NULL COMMENT 'enum settle_run_status',\n"
               "  settled BIGINT NOT NULL COMMENT 'accounts',\n"
               "  skipped BIGINT NOT NULL COMMENT 'accounts: too little has matured',\n"
               "  failed BIGINT NOT NULL COMMENT 'accounts: to be tried the next day',\n"
               "  started_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  ended_at_ms BIGINT NOT NULL COMMENT 'instant, 0: it has not ended',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
    {
        .name = "settle.006_clock",
        .sql = "CREATE TABLE settle_clock (\n"
               "  id BIGINT NOT NULL COMMENT '1',\n"
               "  date BIGINT NOT NULL COMMENT 'yyyymmdd of the newest run',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
    {
        .name = "settle.007_outcome",
        .sql = "CREATE TABLE settle_outcome (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  run_date BIGINT NOT NULL COMMENT 'yyyymmdd',\n"
               "  account_id BIGINT NOT NULL COMMENT 'that was not settled',\n"
               "  merchant_id BIGINT NOT NULL COMMENT 'its owner',\n"
               "  currency INT NOT NULL COMMENT 'ISO 4217 numeric',\n"
               "  kind INT NOT NULL COMMENT 'enum settle_outcome_kind',\n"
               "  matured BIGINT NOT NULL COMMENT 'what could have been settled',\n"
               "  reason VARCHAR(64) NOT NULL COMMENT 'code of the refusal',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
    {
        .name = "settle.008_outcome_run",
        .sql = "CREATE INDEX settle_outcome_run ON settle_outcome (run_date, id)",
    },
    {
        .name = "settle.009_order_merchant",
        .sql = "CREATE INDEX settle_order_merchant ON settle_order (merchant_id, id)",
    },
    {
        .name = "settle.010_clock_seen",
        .sql = "ALTER TABLE settle_clock ADD COLUMN seen_serial BIGINT NOT NULL DEFAULT 0 "
               "COMMENT 'accounts up to this serial number have a rule'",
    },
    {
        .name = "settle.011_order_open",
        .sql = "CREATE INDEX settle_order_open ON settle_order (account_id, status)",
    },
    {
        .name = "settle.012_order_millionths",
        .sql = "ALTER TABLE settle_order ADD COLUMN rate_millionths BIGINT NOT NULL DEFAULT 0 "
               "COMMENT 'that priced the amount, 3800 is 0.38 %'",
    },
    {
        /* Those charged by tiers keep 0: their terms stand in rate. */
        .name = "settle.013_order_millionths_so_far",
        .sql = "UPDATE settle_order SET rate_millionths = (SELECT rate.rate_millionths FROM rate "
               "WHERE rate.id = settle_order.rate_id) WHERE rate_id > 0",
    },
    {
        .name = "settle.014_order_reason",
        .sql = "ALTER TABLE settle_order RENAME COLUMN remark TO reason",
    },
    {
        .name = "settle.015_order_cancelled_by",
        .sql = "ALTER TABLE settle_order ADD COLUMN cancelled_by BIGINT NOT NULL DEFAULT 0 "
               "COMMENT 'auth_key.id of the operator; 0: it was not cancelled'",
    },
};

#include "business/settle_rule/settle_rule_int.h"

const struct migration settle_rule__migrations[6] = {
    {
        .name = "settle_rule.001_rule",
        .sql = "CREATE TABLE settle_rule (\n"
               "  id BIGINT NOT NULL COMMENT 'the account''s',\n"
               "  merchant_id BIGINT NOT NULL COMMENT 'its owner',\n"
               "  currency INT NOT NULL COMMENT 'ISO 4217 numeric',\n"
               "  cycle INT NOT NULL COMMENT 'enum settle_cycle',\n"
               "  cycle_days VARCHAR(96) NOT NULL COMMENT '1,2,15: rising',\n"
               "  reserve_days BIGINT NOT NULL COMMENT 'workdays until money matures',\n"
               "  minimum BIGINT NOT NULL COMMENT 'minor units',\n"
               "  maximum BIGINT NOT NULL COMMENT 'minor units, 0: no cap',\n"
               "  mode INT NOT NULL COMMENT 'enum settle_mode',\n"
               "  card_id BIGINT NOT NULL COMMENT 'bank card, 0: the account''s own',\n"
               "  next_date BIGINT NOT NULL COMMENT 'yyyymmdd of the next settlement',\n"
               "  handled_on BIGINT NOT NULL COMMENT 'yyyymmdd of the last run that saw it',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  updated_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  version BIGINT NOT NULL COMMENT 'one more with each change of the rule',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
    {
        .name = "settle_rule.002_merchant",
        .sql = "CREATE UNIQUE INDEX settle_rule_merchant ON settle_rule (merchant_id, currency)",
    },
    {
        .name = "settle_rule.003_history",
        .sql = "CREATE TABLE settle_rule_history (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  account_id BIGINT NOT NULL COMMENT 'whose rule was changed',\n"
               "  version BIGINT NOT NULL COMMENT 'of the rule, after it',\n"
               "  review_id BIGINT NOT NULL COMMENT 'that approved it',\n"
               "  before_text VARCHAR(1000) NOT NULL COMMENT 'JSON',\n"
               "  after_text VARCHAR(1000) NOT NULL COMMENT 'JSON',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
    {
        .name = "settle_rule.004_history_account",
        .sql = "CREATE INDEX settle_rule_history_account ON settle_rule_history (account_id, id)",
    },
    {
        .name = "settle_rule.005_history_operator",
        .sql = "ALTER TABLE settle_rule_history ADD COLUMN operator_id BIGINT NOT NULL DEFAULT 0 "
               "COMMENT 'key of the operator who asked for it'",
    },
    {
        .name = "settle_rule.006_history_reason",
        .sql = "ALTER TABLE settle_rule_history ADD COLUMN reason VARCHAR(200) NOT NULL DEFAULT '' "
               "COMMENT 'why'",
    },
};

#include "business/rate/rate_int.h"

const struct migration rate__migrations[10] = {
    {
        .name = "rate.001_rate",
        .sql = "CREATE TABLE rate (\n"
               "  id BIGINT NOT NULL COMMENT 'gap-free, from 1; rows are never changed',\n"
               "  owner_kind INT NOT NULL COMMENT 'enum rate_owner_kind',\n"
               "  owner_id BIGINT NOT NULL COMMENT '0: the platform',\n"
               "  kind INT NOT NULL COMMENT 'enum rate_kind',\n"
               "  currency INT NOT NULL COMMENT 'ISO 4217 numeric',\n"
               "  rate_millionths BIGINT NOT NULL COMMENT '3800 is 0.38 %',\n"
               "  flat BIGINT NOT NULL COMMENT 'minor units',\n"
               "  fee_min BIGINT NOT NULL COMMENT 'minor units',\n"
               "  fee_max BIGINT NOT NULL COMMENT 'minor units, 0: no maximum',\n"
               "  tier_mode INT NOT NULL COMMENT 'enum rate_tier_mode, 0: no tiers',\n"
               "  tiers VARCHAR(400) NOT NULL COMMENT 'from:millionths:flat, blank-separated',\n"
               "  refund_policy INT NOT NULL COMMENT 'enum rate_refund_policy, 0: none',\n"
               "  effective_from_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  horizon_ms BIGINT NOT NULL COMMENT 'latest effective_from_ms so far',\n"
               "  previous_id BIGINT NOT NULL COMMENT 'of the same line, 0: the first',\n"
               "  review_id BIGINT NOT NULL COMMENT 'that approved it, 0: none',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
    {
        .name = "rate.002_rate_of",
        .sql = "CREATE INDEX rate_of ON rate (owner_id, kind, currency, effective_from_ms, id)",
    },
    {
        .name = "rate.003_line",
        .sql = "CREATE TABLE rate_line (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  owner_id BIGINT NOT NULL COMMENT '0: the platform',\n"
               "  kind INT NOT NULL COMMENT 'enum rate_kind',\n"
               "  currency INT NOT NULL COMMENT 'ISO 4217 numeric',\n"
               "  last_id BIGINT NOT NULL COMMENT 'its row of rate that was made last',\n"
               "  PRIMARY KEY (id),\n"
               "  UNIQUE (owner_id, kind, currency)\n"
               ")",
    },
    {
        .name = "rate.004_operator",
        .sql = "ALTER TABLE rate ADD COLUMN operator_id BIGINT NOT NULL DEFAULT 0 "
               "COMMENT 'key of who asked for it, 0: the command line, or before it was kept'",
    },
    /* Every contract had a price of its own: it becomes the first rate of the contract's line, from
     * the same instant on. Payments name the contract, so they find the rate they were charged by.
     */
    {
        .name = "rate.005_trade",
        .sql = "INSERT INTO rate (id, owner_kind, owner_id, kind, currency, rate_millionths, flat, "
               "fee_min, fee_max, tier_mode, tiers, refund_policy, effective_from_ms, horizon_ms, "
               "previous_id, review_id, operator_id, created_at_ms) "
               "SELECT (SELECT COALESCE(MAX(m.id), 0) FROM rate m) "
               "+ ROW_NUMBER() OVER (ORDER BY c.id), 4, c.id, 1, c.currency, c.rate_millionths, 0, "
               "c.fee_min, c.fee_max, 0, '', 0, c.effective_from_ms, c.effective_from_ms, "
               "0, 0, 0, c.created_at_ms FROM merchant_contract c "
               "WHERE NOT EXISTS (SELECT 1 FROM rate r WHERE r.owner_id = c.id AND r.kind = 1)",
    },
    {
        .name = "rate.006_trade_line",
        .sql = "INSERT INTO rate_line (id, owner_id, kind, currency, last_id) "
               "SELECT r.owner_id, r.owner_id, 1, r.currency, r.id FROM rate r WHERE r.kind = 1 "
               "AND NOT EXISTS (SELECT 1 FROM rate_line l WHERE l.id = r.owner_id)",
    },
    {
        .name = "rate.007_contract_millionths",
        .sql = "ALTER TABLE merchant_contract DROP COLUMN rate_millionths",
    },
    {
        .name = "rate.008_contract_min",
        .sql = "ALTER TABLE merchant_contract DROP COLUMN fee_min",
    },
    {
        .name = "rate.009_contract_max",
        .sql = "ALTER TABLE merchant_contract DROP COLUMN fee_max",
    },
    {
        .name = "rate.010_contract_from",
        .sql = "ALTER TABLE merchant_contract DROP COLUMN effective_from_ms",
    },
};

#include "business/rate/rate_int.h"

const struct migration rate__migrations[3] = {
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
};

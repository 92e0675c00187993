#include "business/merchant/merchant_int.h"

const struct migration merchant__migrations[8] = {
    {
        .name = "merchant.001_merchant",
        .sql = "CREATE TABLE merchant (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  merchant_no VARCHAR(64) NOT NULL COMMENT 'the operator''s own number',\n"
               "  name VARCHAR(128) NOT NULL COMMENT 'for people',\n"
               "  status INT NOT NULL COMMENT 'enum merchant_status',\n"
               "  fund_mode INT NOT NULL COMMENT 'enum merchant_fund_mode',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  updated_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  version BIGINT NOT NULL COMMENT 'one more with each change',\n"
               "  PRIMARY KEY (id),\n"
               "  UNIQUE (merchant_no)\n"
               ")",
    },
    {
        .name = "merchant.002_links",
        .sql = "CREATE TABLE merchant_links (\n"
               "  id BIGINT NOT NULL COMMENT 'of the merchant',\n"
               "  contracts VARCHAR(2048) NOT NULL COMMENT 'ids, oldest first',\n"
               "  endpoints VARCHAR(512) NOT NULL COMMENT 'ids, oldest first',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
    {
        .name = "merchant.003_app",
        .sql = "CREATE TABLE merchant_app (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  merchant_id BIGINT NOT NULL COMMENT 'owner',\n"
               "  name VARCHAR(64) NOT NULL COMMENT 'unique per merchant',\n"
               "  status INT NOT NULL COMMENT 'enum merchant_app_status',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  version BIGINT NOT NULL COMMENT 'one more with each change',\n"
               "  PRIMARY KEY (id),\n"
               "  UNIQUE (merchant_id, name)\n"
               ")",
    },
    {
        .name = "merchant.004_contract",
        .sql = "CREATE TABLE merchant_contract (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  merchant_id BIGINT NOT NULL COMMENT 'owner',\n"
               "  method VARCHAR(32) NOT NULL COMMENT 'empty: every method without its own',\n"
               "  currency INT NOT NULL COMMENT 'ISO 4217 numeric',\n"
               "  rate_millionths BIGINT NOT NULL COMMENT '6000 is 0.6 %',\n"
               "  fee_min BIGINT NOT NULL COMMENT 'minor units',\n"
               "  fee_max BIGINT NOT NULL COMMENT 'minor units, 0: no maximum',\n"
               "  effective_from_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
    {
        .name = "merchant.005_contract_merchant",
        .sql = "CREATE INDEX merchant_contract_merchant ON merchant_contract (merchant_id, id)",
    },
    {
        .name = "merchant.006_endpoint",
        .sql = "CREATE TABLE merchant_endpoint (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  merchant_id BIGINT NOT NULL COMMENT 'owner',\n"
               "  url VARCHAR(512) NOT NULL COMMENT 'where webhooks go',\n"
               "  events VARCHAR(512) NOT NULL COMMENT 'types, blank-separated',\n"
               "  status INT NOT NULL COMMENT 'enum merchant_endpoint_status',\n"
               "  secret VARBINARY(256) NOT NULL COMMENT 'sealed',\n"
               "  previous_secret VARBINARY(256) NOT NULL COMMENT 'sealed, or empty',\n"
               "  previous_until_ms BIGINT NOT NULL COMMENT 'the previous one signs until then',\n"
               "  disabled_reason VARCHAR(64) NOT NULL COMMENT 'for people',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  updated_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  version BIGINT NOT NULL COMMENT 'one more with each change',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
    {
        .name = "merchant.007_endpoint_merchant",
        .sql = "CREATE INDEX merchant_endpoint_merchant ON merchant_endpoint (merchant_id, id)",
    },
    {
        .name = "merchant.008_app_merchant",
        .sql = "CREATE INDEX merchant_app_merchant ON merchant_app (merchant_id, id)",
    },
};

#include "business/channel/channel_int.h"

const struct migration channel__migrations[3] = {
    {
        .name = "channel.001_account",
        .sql = "CREATE TABLE channel_account (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  merchant_id BIGINT NOT NULL COMMENT 'owner; 0 the platform, shared',\n"
               "  channel VARCHAR(16) NOT NULL COMMENT 'adapter',\n"
               "  name VARCHAR(64) NOT NULL COMMENT 'for people',\n"
               "  account_no VARCHAR(64) NOT NULL COMMENT 'merchant number at the channel',\n"
               "  status INT NOT NULL COMMENT 'enum channel_status',\n"
               "  methods VARCHAR(512) NOT NULL COMMENT 'blank-separated',\n"
               "  fund_mode INT NOT NULL COMMENT 'enum channel_fund_mode',\n"
               "  currency INT NOT NULL COMMENT 'ISO 4217 number',\n"
               "  priority BIGINT NOT NULL COMMENT 'lower is tried first',\n"
               "  base_url VARCHAR(256) NOT NULL COMMENT 'of the channel',\n"
               "  config VARCHAR(8192) NOT NULL COMMENT 'public settings, JSON',\n"
               "  credentials BLOB NOT NULL COMMENT 'sealed JSON',\n"
               "  version BIGINT NOT NULL COMMENT 'counts changes, from 1',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'Unix ms',\n"
               "  updated_at_ms BIGINT NOT NULL COMMENT 'Unix ms',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
    {
        .name = "channel.002_route",
        .sql =
            "CREATE TABLE channel_route (\n"
            "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
            "  merchant_id BIGINT NOT NULL COMMENT 'owner; 0 the platform, shared',\n"
            "  method VARCHAR(32) NOT NULL COMMENT 'payment method',\n"
            "  currency INT NOT NULL COMMENT 'ISO 4217 number',\n"
            "  accounts VARCHAR(1024) NOT NULL COMMENT 'enabled ids as tried, blank-separated',\n"
            "  PRIMARY KEY (id),\n"
            "  UNIQUE (merchant_id, method, currency)\n"
            ")",
    },
    {
        .name = "channel.003_learned",
        .sql = "CREATE TABLE channel_learned (\n"
               "  id BIGINT NOT NULL COMMENT 'channel_account.id',\n"
               "  learned BLOB NOT NULL COMMENT 'keys fetched from the channel, adapter JSON',\n"
               "  updated_at_ms BIGINT NOT NULL COMMENT 'Unix ms',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
};

#include "business/auth/auth_int.h"

const struct migration auth__migrations[5] = {
    {
        .name = "auth.001_key",
        .sql = "CREATE TABLE auth_key (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  merchant_id BIGINT NOT NULL COMMENT '0: an operator''s',\n"
               "  app_id BIGINT NOT NULL COMMENT 'whose key',\n"
               "  algorithm INT NOT NULL COMMENT 'enum auth_algorithm',\n"
               "  name VARCHAR(64) NOT NULL COMMENT 'for people',\n"
               "  permissions VARCHAR(512) NOT NULL COMMENT 'blank-separated',\n"
               "  secret VARBINARY(256) NOT NULL COMMENT 'sealed; a bearer key''s SHA-256',\n"
               "  public_key VARCHAR(2048) NOT NULL COMMENT 'PEM',\n"
               "  status INT NOT NULL COMMENT 'enum auth_key_status',\n"
               "  expires_at_ms BIGINT NOT NULL COMMENT '0: never',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  version BIGINT NOT NULL COMMENT 'one more with each change',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
    {
        .name = "auth.002_key_merchant",
        .sql = "CREATE INDEX auth_key_merchant ON auth_key (merchant_id, id)",
    },
    {
        .name = "auth.003_platform_key",
        .sql = "CREATE TABLE auth_platform_key (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  private_key VARBINARY(1024) NOT NULL COMMENT 'sealed PEM',\n"
               "  public_key VARCHAR(1024) NOT NULL COMMENT 'PEM',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
    {
        .name = "auth.004_key_not_before",
        .sql = "ALTER TABLE auth_key ADD COLUMN not_before_ms BIGINT NOT NULL DEFAULT 0 "
               "COMMENT '0: valid at once'",
    },
    {
        .name = "auth.005_ahead",
        .sql = "CREATE TABLE auth_ahead (\n"
               "  id BIGINT NOT NULL COMMENT 'auth_key.id',\n"
               "  process BIGINT NOT NULL COMMENT 'that wrote until_ms',\n"
               "  floor_ms BIGINT NOT NULL COMMENT 'until_ms of earlier processes',\n"
               "  until_ms BIGINT NOT NULL COMMENT 'greatest stamp taken',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
};

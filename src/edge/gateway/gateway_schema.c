#include "edge/gateway/gateway_int.h"

const struct migration gateway__migrations[2] = {
    {
        .name = "gateway.001_idempotency",
        .sql = "CREATE TABLE gateway_idempotency (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  scope VARCHAR(64) NOT NULL COMMENT 'hash of who, method, path and key',\n"
               "  fingerprint VARCHAR(64) NOT NULL COMMENT 'hash of target and body',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  status BIGINT NOT NULL COMMENT 'of the answer; 0: in progress',\n"
               "  body VARCHAR(16000) NOT NULL COMMENT 'of the answer',\n"
               "  PRIMARY KEY (id),\n"
               "  UNIQUE (scope)\n"
               ")",
    },
    {
        .name = "gateway.002_idempotency_created",
        .sql = "CREATE INDEX gateway_idempotency_created ON gateway_idempotency (created_at_ms)",
    },
};

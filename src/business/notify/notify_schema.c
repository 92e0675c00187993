#include "business/notify/notify_int.h"

const struct migration notify__migrations[5] = {
    {
        .name = "notify.001_delivery",
        .sql = "CREATE TABLE notify_delivery (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  event_id BIGINT NOT NULL COMMENT 'what is told',\n"
               "  merchant_id BIGINT NOT NULL COMMENT 'who is told',\n"
               "  endpoint_id BIGINT NOT NULL COMMENT 'whose secret signs it',\n"
               "  url VARCHAR(512) NOT NULL COMMENT 'instead of the endpoint''s, or empty',\n"
               "  type VARCHAR(64) NOT NULL COMMENT 'of the event',\n"
               "  status INT NOT NULL COMMENT 'enum notify_status',\n"
               "  attempts BIGINT NOT NULL COMMENT 'made so far',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  updated_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  last_status BIGINT NOT NULL COMMENT 'HTTP status, 0: no answer',\n"
               "  last_error VARCHAR(64) NOT NULL COMMENT 'error code, or empty',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
    {
        .name = "notify.002_delivery_merchant",
        .sql = "CREATE INDEX notify_delivery_merchant ON notify_delivery (merchant_id, id)",
    },
    {
        .name = "notify.003_pending",
        .sql = "CREATE TABLE notify_pending (\n"
               "  id BIGINT NOT NULL COMMENT 'of the delivery',\n"
               "  lane BIGINT NOT NULL COMMENT 'what shares an in-flight cap',\n"
               "  endpoint_id BIGINT NOT NULL COMMENT 'whose secret signs it',\n"
               "  event_id BIGINT NOT NULL COMMENT 'what is told',\n"
               "  attempts BIGINT NOT NULL COMMENT 'made so far',\n"
               "  due_at_ms BIGINT NOT NULL COMMENT 'instant of the next attempt',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
    {
        .name = "notify.004_attempt",
        .sql = "CREATE TABLE notify_attempt (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  delivery_id BIGINT NOT NULL COMMENT 'of which delivery',\n"
               "  number BIGINT NOT NULL COMMENT '1, 2, …',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  status BIGINT NOT NULL COMMENT 'HTTP status, 0: no answer',\n"
               "  error VARCHAR(64) NOT NULL COMMENT 'error code, or empty',\n"
               "  duration_us BIGINT NOT NULL COMMENT 'microseconds',\n"
               "  response VARCHAR(256) NOT NULL COMMENT 'the beginning of the answer',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
    {
        .name = "notify.005_attempt_delivery",
        .sql = "CREATE INDEX notify_attempt_delivery ON notify_attempt (delivery_id, number)",
    },
};

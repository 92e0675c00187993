#include "platform/event/event_int.h"

const struct migration event__migrations[] = {
    {
        .name = "event.001_event",
        .sql = "CREATE TABLE event (\n"
               "  id BIGINT NOT NULL COMMENT 'gap-free, from 1',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'instant of the batch',\n"
               "  merchant_id BIGINT NOT NULL COMMENT '0: of the platform',\n"
               "  object_id BIGINT NOT NULL COMMENT 'what it happened to',\n"
               "  sequence BIGINT NOT NULL COMMENT 'version of the object',\n"
               "  type VARCHAR(64) NOT NULL COMMENT 'payment.succeeded',\n"
               "  data VARCHAR(16000) NOT NULL COMMENT 'JSON of the object as it was then',\n"
               "  trace_id VARCHAR(32) NOT NULL COMMENT 'W3C trace id or empty',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
    {
        .name = "event.002_cursor",
        .sql = "CREATE TABLE event_cursor (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  name VARCHAR(64) NOT NULL COMMENT 'of the subscriber',\n"
               "  position BIGINT NOT NULL COMMENT 'last event consumed',\n"
               "  PRIMARY KEY (id),\n"
               "  UNIQUE (name)\n"
               ")",
    },
};

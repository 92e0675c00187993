#include "platform/timer/timer_int.h"

const struct migration timer__migrations[2] = {
    {
        .name = "timer.001_timer",
        .sql = "CREATE TABLE timer (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  object_id BIGINT NOT NULL COMMENT 'what is due',\n"
               "  kind BIGINT NOT NULL COMMENT 'struct timer_kind.number',\n"
               "  due_at_ms BIGINT NOT NULL COMMENT 'instant from which it fires',\n"
               "  PRIMARY KEY (id),\n"
               "  UNIQUE (object_id, kind)\n"
               ")",
    },
    {
        .name = "timer.002_due",
        .sql = "CREATE INDEX timer_due ON timer (due_at_ms)",
    },
};

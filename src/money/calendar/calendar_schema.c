#include "money/calendar/calendar_int.h"

const struct migration calendar__migrations[2] = {
    {
        .name = "calendar.001_entry",
        .sql = "CREATE TABLE calendar_entry (\n"
               "  id BIGINT NOT NULL COMMENT 'yyyymmdd',\n"
               "  kind INT NOT NULL COMMENT 'enum day_kind',\n"
               "  name VARCHAR(64) NOT NULL COMMENT 'for people',\n"
               "  source VARCHAR(200) NOT NULL COMMENT 'which notice says so',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
    {
        .name = "calendar.002_year",
        .sql = "CREATE TABLE calendar_year (\n"
               "  id BIGINT NOT NULL COMMENT 'the year',\n"
               "  kinds VARCHAR(372) NOT NULL COMMENT '31 characters a month: 0, or day_kind',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
};

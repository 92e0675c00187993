#include "business/review/review_int.h"

const struct migration review__migrations[REVIEW__MIGRATIONS] = {
    {
        .name = "review.001_review",
        .sql = "CREATE TABLE review (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  kind VARCHAR(48) NOT NULL COMMENT 'registered by a module',\n"
               "  subject VARCHAR(32) NOT NULL COMMENT 'public id of what is changed',\n"
               "  subject_id BIGINT NOT NULL COMMENT '0: none',\n"
               "  change_text VARCHAR(8000) NOT NULL COMMENT 'JSON: what was asked for',\n"
               "  summary VARCHAR(256) NOT NULL COMMENT 'for people',\n"
               "  amount BIGINT NOT NULL COMMENT 'minor units',\n"
               "  currency INT NOT NULL COMMENT 'ISO 4217 numeric; 0: no amount',\n"
               "  maker_key_id BIGINT NOT NULL COMMENT 'auth_key.id',\n"
               "  maker_name VARCHAR(64) NOT NULL COMMENT 'of the key then',\n"
               "  reason VARCHAR(200) NOT NULL COMMENT 'for people',\n"
               "  evidence VARCHAR(1000) NOT NULL COMMENT 'number, address or hash',\n"
               "  needed INT NOT NULL COMMENT 'approvals',\n"
               "  approved INT NOT NULL COMMENT 'approvals so far',\n"
               "  first_key_id BIGINT NOT NULL COMMENT 'who approved first',\n"
               "  first_name VARCHAR(64) NOT NULL COMMENT 'of the key then',\n"
               "  first_at_ms BIGINT NOT NULL COMMENT 'Unix ms',\n"
               "  first_remark VARCHAR(200) NOT NULL COMMENT 'for people',\n"
               "  second_key_id BIGINT NOT NULL COMMENT 'who approved second',\n"
               "  second_name VARCHAR(64) NOT NULL COMMENT 'of the key then',\n"
               "  second_at_ms BIGINT NOT NULL COMMENT 'Unix ms',\n"
               "  second_remark VARCHAR(200) NOT NULL COMMENT 'for people',\n"
               "  closed_key_id BIGINT NOT NULL COMMENT 'who rejected or withdrew it',\n"
               "  closed_name VARCHAR(64) NOT NULL COMMENT 'of the key then',\n"
               "  closed_at_ms BIGINT NOT NULL COMMENT 'Unix ms',\n"
               "  closed_remark VARCHAR(200) NOT NULL COMMENT 'for people',\n"
               "  status INT NOT NULL COMMENT 'enum review_status',\n"
               "  error_code VARCHAR(64) NOT NULL COMMENT 'of a failed one',\n"
               "  error_param VARCHAR(96) NOT NULL COMMENT 'of a failed one',\n"
               "  open_key VARCHAR(64) COMMENT 'SHA-256 of the change while it is pending',\n"
               "  expires_at_ms BIGINT NOT NULL COMMENT 'Unix ms',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'Unix ms',\n"
               "  updated_at_ms BIGINT NOT NULL COMMENT 'Unix ms',\n"
               "  version BIGINT NOT NULL COMMENT 'counts the changes',\n"
               "  PRIMARY KEY (id),\n"
               "  UNIQUE (open_key)\n"
               ")",
    },
    {
        .name = "review.002_status",
        .sql = "CREATE INDEX review_status ON review (status, id)",
    },
    /* A wider summary, in steps that both databases have. */
    {
        .name = "review.003_long_summary",
        .sql = "ALTER TABLE review ADD COLUMN long_summary VARCHAR(1000) NOT NULL DEFAULT '' "
               "COMMENT 'for people'",
    },
    {
        .name = "review.004_summary_copied",
        .sql = "UPDATE review SET long_summary = summary",
    },
    {
        .name = "review.005_short_summary_dropped",
        .sql = "ALTER TABLE review DROP COLUMN summary",
    },
    {
        .name = "review.006_summary",
        .sql = "ALTER TABLE review RENAME COLUMN long_summary TO summary",
    },
    {
        .name = "review.007_summary_zh",
        .sql = "ALTER TABLE review ADD COLUMN summary_zh VARCHAR(1000) NOT NULL DEFAULT '' "
               "COMMENT 'the same in Chinese'",
    },
};

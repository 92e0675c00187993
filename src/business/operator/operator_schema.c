#include "business/operator/operator_int.h"

const struct migration operator__migrations[1] = {
    {
        .name = "operator.001_change",
        .sql = "CREATE TABLE operator_change (\n"
               "  id BIGINT NOT NULL COMMENT 'time-ordered',\n"
               "  action INT NOT NULL COMMENT 'enum operator_action',\n"
               "  key_id BIGINT NOT NULL COMMENT 'auth_key.id',\n"
               "  next_key_id BIGINT NOT NULL COMMENT 'auth_key.id that follows, 0: none',\n"
               "  name VARCHAR(64) NOT NULL COMMENT 'of the key',\n"
               "  permissions VARCHAR(512) NOT NULL COMMENT 'of the key, blank-separated',\n"
               "  operator_id BIGINT NOT NULL COMMENT 'key of who did it, 0: the tool',\n"
               "  review_id BIGINT NOT NULL COMMENT 'that approved it, 0: none',\n"
               "  reason VARCHAR(200) NOT NULL COMMENT 'why',\n"
               "  created_at_ms BIGINT NOT NULL COMMENT 'instant',\n"
               "  PRIMARY KEY (id)\n"
               ")",
    },
};

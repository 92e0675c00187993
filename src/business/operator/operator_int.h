/* Shared inside business/operator. */
#ifndef BUSINESS_OPERATOR_OPERATOR_INT_H
#define BUSINESS_OPERATOR_OPERATOR_INT_H

#include "business/operator/operator.h"
#include "business/review/review.h"

#define OPERATOR_PREFIX "op"
#define OPERATOR_CHANGE_PREFIX "opc"

enum {
    OPERATOR_NAME_MAX = 64,
    OPERATOR_PERMISSIONS_MAX = 512,
    OPERATOR_DIGEST_LEN = 64, /* SHA-256 in hex */
};

/* Stored. */
enum operator_action { OPERATOR_MADE = 1, OPERATOR_ROTATED, OPERATOR_REVOKED };

/* What was done to a key: append-only. */
struct operator_change {
    int64_t id;
    enum operator_action action;
    int64_t key_id;
    int64_t next_key_id; /* of a rotation: the key that follows */
    struct str name;     /* of the key */
    struct str permissions;
    int64_t operator_id; /* key of who did it; 0: the tool */
    int64_t review_id;   /* that approved it; 0: none */
    struct str reason;
    int64_t created_at_ms;
};
extern const struct table operator__change_table;

struct operator_ask {
    struct auth_key key; /* prepared */
    int64_t operator_id;
    struct str reason;
};
extern const struct command_kind operator__ask_kind; /* result: struct review_item */
extern const struct review_kind operator__review;

struct operator_rotate {
    struct auth_key_rotate rotate; /* of next the id, secret and time; the rest is the old key's */
    int64_t operator_id;
    struct str permissions; /* of who rotates */
};
extern const struct command_kind operator__rotate_kind; /* result: struct auth_key, the new one */

/* Newest first. */
struct operator_change_page {
    int64_t key_id;    /* 0: of every key */
    int64_t before_id; /* exclusive */
    int64_t limit;
};
MUST_USE enum err operator__read_changes(struct reader *reader,
                                         const struct operator_change_page *page,
                                         struct arena *arena, struct operator_change **out,
                                         size_t *count);

extern const struct migration operator__migrations[1];
extern const struct route operator__routes[];

#endif

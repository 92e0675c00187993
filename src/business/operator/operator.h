/* Keys of operators: who works the platform, and what each may do.
 *
 *     asked for ──approved──► active ──rotate──► expiring ──► expired
 *         └──► rejected, …       └──revoke──► revoked
 *
 * Nobody gets further by a key than he is: a new key is a review (operator.key), which another
 * operator approves, and gives permissions its maker has; a key is rotated by its own operator
 * alone. The tool, which works on the stopped platform, needs neither.
 *
 * The secret is in the answer to who asks or rotates, and nowhere else: the review holds its
 * SHA-256. Every key made, rotated or revoked is a row of operator_change, in the same batch.
 *
 * Refusals, the first that applies:
 *
 *     making      1  ERR_FIELD_…            a field; permissions: ERR_FIELD_FORMAT, ERR_FIELD_VALUE
 *                                           (no route an operator may call has one of them)
 *     approving   2  ERR_AUTH_KEY_REVOKED   maker: the maker's key was revoked
 *                 3  ERR_AUTH_PERMISSION    permissions: the maker's key lacks one
 *                 4  ERR_REVIEW_…           as of every review (made: ERR_REVIEW_PENDING)
 *     rotating    1  ERR_AUTH_KEY_NOT_FOUND
 *                 2  ERR_OPERATOR_NOT_OWN   the key is another operator's
 *                 3  ERR_AUTH_PERMISSION    permissions: the key has one that the caller's lacks
 *                 4  ERR_AUTH_KEY_REVOKED
 *     revoking    1  ERR_AUTH_KEY_NOT_FOUND
 *
 * An operator is known by the name of the key, as business/review says. */
#ifndef BUSINESS_OPERATOR_OPERATOR_H
#define BUSINESS_OPERATOR_OPERATOR_H

#include "business/auth/auth.h"

extern const struct module operator_module;

/* Makes the key at once, without a review. arg: struct auth_key, prepared; no result. */
extern const struct command_kind operator_insert_kind;

struct operator_revoke {
    int64_t key_id;
    int64_t operator_id; /* key of who revokes; 0: the tool */
    struct str reason;
};
/* result: struct auth_key. A key that is revoked already stays as it is. */
extern const struct command_kind operator_revoke_kind;

extern const struct store_part operator_part;

#endif

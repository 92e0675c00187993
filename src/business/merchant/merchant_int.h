/* Shared inside business/merchant. */
#ifndef BUSINESS_MERCHANT_MERCHANT_INT_H
#define BUSINESS_MERCHANT_MERCHANT_INT_H

#include "base/time.h"
#include "business/auth/auth.h"
#include "business/merchant/merchant.h"
#include "platform/store/store_reply.h"

/* Which contracts and endpoints a merchant has, as one small row beside the merchant, so that a
 * command finds them all without a search: the store finds rows by id and by unique key alone. */
struct merchant_links {
    int64_t id;           /* the merchant's */
    struct str contracts; /* blank-separated decimal ids, oldest first */
    struct str endpoints; /* of the enabled ones */
};

extern const struct table merchant__links_table;
MUST_USE enum err merchant__links_edit(struct tx *tx, int64_t merchant_id,
                                       struct merchant_links **out);
/* Takes the next id off a list. */
bool merchant__next_id(struct str *list, int64_t *id);
bool merchant__has_id(struct str list, int64_t id);
/* Adding what is there changes nothing. ERR_MERCHANT_TOO_MANY: the
 * list has max ids. */
MUST_USE enum err merchant__add_id(struct tx *tx, struct str *list, int64_t id, size_t max);
/* Moves an endpoint between enabled and disabled: only the enabled ones are linked and counted. */
MUST_USE enum err merchant__endpoint_move(struct tx *tx, struct merchant_endpoint *endpoint,
                                          enum merchant_endpoint_status status, struct str reason);
extern const struct store_part merchant__store;
extern const struct migration merchant__migrations[8];
extern const struct route merchant__routes[];

extern const struct enum_name merchant__statuses[];
extern const struct enum_name merchant__fund_modes[];
extern const struct field_set merchant__set;
extern const struct field_set merchant__app_set;
extern const struct field_set merchant__endpoint_set;
extern const struct field_set merchant__create_set;
extern const struct field_set merchant__app_create_set;
extern const struct field_set merchant__endpoint_create_set;

/* ---- commands ---- */

struct merchant_create {
    struct str merchant_no;
    struct str name;
    enum merchant_fund_mode fund_mode; /* 0: direct */
    bool collect_allowed;              /* by the caller, from the configuration */
};
extern const struct command_kind merchant__create_kind; /* result: struct merchant */

struct merchant_set_status {
    int64_t merchant_id;
    enum merchant_status status;
};
extern const struct command_kind merchant__status_kind; /* result: struct merchant */

struct merchant_app_create {
    int64_t merchant_id;
    struct str name;
};
extern const struct command_kind merchant__app_kind; /* result: struct merchant_app */

struct merchant_endpoint_create {
    int64_t id; /* made by the caller, who sealed the secret with it */
    int64_t merchant_id;
    struct str url;
    struct str events; /* empty: "*" */
    struct str secret; /* sealed */
};
extern const struct command_kind merchant__endpoint_kind; /* result: struct merchant_endpoint */

struct merchant_endpoint_rotate {
    int64_t endpoint_id;
    int64_t merchant_id; /* 0: any */
    struct str secret;   /* sealed */
    int64_t overlap_ms;
};
extern const struct command_kind merchant__endpoint_rotate_kind;

struct merchant_endpoint_set_status {
    int64_t endpoint_id;
    int64_t merchant_id; /* 0: any */
    enum merchant_endpoint_status status;
};
extern const struct command_kind merchant__endpoint_status_kind;

/* A new endpoint secret: "whsec_…" to show once, and sealed for the row. */
void merchant__endpoint_secret_make(struct app *app, struct arena *arena, int64_t endpoint_id,
                                    struct secret *plain, struct str *sealed);

/* A field whose member has another name. */
#define MERCHANT_FIELD(type_, member_, name_, ...)                                                 \
    {                                                                                              \
        .name = (name_), .offset = offsetof(type_, member_), .type = __VA_ARGS__                   \
    }

/* ---- reading ---- */

MUST_USE enum err merchant__read_list(struct reader *reader, int64_t after_id, int64_t limit,
                                      struct arena *arena, struct merchant **out, size_t *count);
MUST_USE enum err merchant__read_apps(struct reader *reader, int64_t merchant_id,
                                      struct arena *arena, struct merchant_app **out,
                                      size_t *count);
MUST_USE enum err merchant__read_endpoints(struct reader *reader, int64_t merchant_id,
                                           struct arena *arena, struct merchant_endpoint **out,
                                           size_t *count);

#endif

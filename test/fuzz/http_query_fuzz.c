/* Any bytes as the target of a request: what the router finds has its parameters inside the path, a
 * refused query says why, and an accepted one obeys its field table. */
#include "platform/http/http_int.h"

enum state { STATE_OPEN = 1, STATE_DONE };
static const struct enum_name states[] = {{STATE_OPEN, "open"}, {STATE_DONE, "done"}, {0, NULL}};

struct filter {
    struct str text;
    int64_t limit;
    struct amount least;
    enum currency currency;
    bool live;
    enum state state;
    int64_t after;
    int64_t id;
};

static const struct field filter_fields[] = {
    FIELD(struct filter, text, FIELD_TEXT, .min = 1, .max = 8),
    FIELD(struct filter, limit, FIELD_INT, .min = 1, .max = 100),
    FIELD(struct filter, least, FIELD_AMOUNT, .min = -5, .max = 5),
    FIELD(struct filter, currency, FIELD_CURRENCY),
    FIELD(struct filter, live, FIELD_BOOL),
    FIELD(struct filter, state, FIELD_ENUM, .names = states),
    FIELD(struct filter, after, FIELD_TIME),
    FIELD(struct filter, id, FIELD_ID, .prefix = "thg"),
};
static const struct field_set filter_set = FIELD_SET("filter", filter_fields);

static const struct route routes[] = {
    {.method = "GET", .path = "/"},
    {.method = "GET", .path = "/v1/things"},
    {.method = "POST", .path = "/v1/things/{id}"},
    {.method = "GET", .path = "/v1/things/search"},
    {.method = "GET", .path = "/v1/things/{id}/parts/{part}"},
    {.method = "GET", .path = "/{a}/{b}/{c}/{d}"},
    {.method = NULL},
};

static void check_route(struct arena *arena, const struct router *router, struct str path)
{
    struct str params[REQUEST_PARAMS_MAX] = {{NULL, 0}};

    if (router_find(router, path, params) == NULL) {
        return;
    }
    for (size_t i = 0; i < REQUEST_PARAMS_MAX && params[i].ptr != NULL; i++) {
        struct str decoded;

        CHECK(params[i].len > 0 && params[i].ptr > path.ptr);
        CHECK(params[i].ptr + params[i].len <= path.ptr + path.len);
        if (http__decode(arena, params[i], &decoded) == ERR_OK) {
            CHECK(decoded.len <= params[i].len && str_is_utf8(decoded));
        }
    }
}

static void check_query(struct arena *arena, struct str query)
{
    struct request req = {.arena = arena, .query = query};
    struct filter filter = {.limit = 0};
    enum err err = request_query(&req, &filter_set, &filter);

    if (err != ERR_OK) {
        CHECK(req.refusal.err == err && req.refusal.detail[0] != '\0');
        CHECK(str_is_utf8(str_of(req.refusal.param)));
        return;
    }
    CHECK(filter.limit >= 0 && filter.limit <= 100);
    CHECK(filter.least.minor >= -5 && filter.least.minor <= 5);
    CHECK(str_is_utf8(filter.text) && str_utf8_count(filter.text) <= 8);
    CHECK(filter.state >= 0 && filter.state <= STATE_DONE);
    CHECK(filter.currency == CURRENCY_NONE || currency_is_known(filter.currency));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct router *router;
    static const struct route *const sets[] = {routes};
    struct str query = {(const char *)data, size};
    struct arena *arena = arena_new();
    struct str path;

    if (router == NULL) {
        router = router_new(sets, 1);
    }
    (void)str_cut(&query, '?', &path);
    check_route(arena, router, path);
    check_query(arena, query);
    arena_free(arena);
    return 0;
}

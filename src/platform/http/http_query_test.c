#include "platform/http/http_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum state { OPEN = 1, DONE };
static const struct enum_name states[] = {{OPEN, "open"}, {DONE, "done"}, {0, NULL}};

struct filter {
    struct str text;
    int64_t limit;
    struct amount least;
    enum currency currency;
    bool live;
    enum state state;
    int64_t after_ms;
    int64_t id;
};
static const struct field filter_fields[] = {
    FIELD(struct filter, text, FIELD_TEXT, .min = 1, .max = 10),
    FIELD(struct filter, limit, FIELD_INT, .min = 1, .max = 100),
    FIELD(struct filter, least, FIELD_AMOUNT),
    FIELD(struct filter, currency, FIELD_CURRENCY),
    FIELD(struct filter, live, FIELD_BOOL),
    FIELD(struct filter, state, FIELD_ENUM, .names = states),
    FIELD(struct filter, after_ms, FIELD_TIME),
    FIELD(struct filter, id, FIELD_ID, .prefix = "pay"),
};
static const struct field_set filter_set = FIELD_SET("filter", filter_fields);

static const struct field owner_fields[] = {
    FIELD(struct filter, id, FIELD_ID, .prefix = "mer", .required = true),
};
static const struct field_set owner_set = FIELD_SET("owner", owner_fields);

static struct request req;

static int set_up(void **state)
{
    (void)state;
    req = (struct request){.arena = arena_new()};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(req.arena);
    return 0;
}

static enum err parse(const char *query, const struct field_set *set, struct filter *filter)
{
    *filter = (struct filter){.limit = 0};
    req.query = str_of(query);
    return request_query(&req, set, filter);
}

static void each_type_is_read(void **state)
{
    struct filter filter;

    (void)state;
    assert_int_equal(parse("text=%E4%BD%A0a+b&limit=7&least=-0&currency=CNY&live=true&state=done&"
                           "after_ms=2026-01-02T03:04:05+08:00&id=pay_0DQ4C5T3K8Z2M",
                           &filter_set, &filter),
                     ERR_OK);
    assert_true(str_eq(filter.text, STR("\xE4\xBD\xA0"
                                        "a+b")));
    assert_int_equal(filter.limit, 7);
    assert_int_equal(filter.least.minor, 0);
    assert_int_equal(filter.currency, CURRENCY_CNY);
    assert_true(filter.live);
    assert_int_equal(filter.state, DONE);
    assert_int_equal(filter.after_ms, 1767294245000);
    assert_true(filter.id != 0);
}

static void no_query_leaves_everything_zero(void **state)
{
    struct filter filter;

    (void)state;
    assert_int_equal(parse("", &filter_set, &filter), ERR_OK);
    assert_int_equal(filter.limit, 0);
    assert_int_equal(filter.text.len, 0);
    assert_int_equal(parse("", NULL, &filter), ERR_OK);
}

static void refusals_name_the_parameter(void **state)
{
    static const struct {
        const char *query;
        const struct field_set *set;
        enum err err;
        const char *param;
    } rows[] = {
        {"limit=0", &filter_set, ERR_FIELD_RANGE, "limit"},
        {"limit=101", &filter_set, ERR_FIELD_RANGE, "limit"},
        {"limit=99999999999999999999", &filter_set, ERR_FIELD_RANGE, "limit"},
        {"limit=", &filter_set, ERR_FIELD_TYPE, "limit"},
        {"limit", &filter_set, ERR_FIELD_TYPE, "limit"},
        {"limit=7x", &filter_set, ERR_FIELD_TYPE, "limit"},
        {"limit=1.0", &filter_set, ERR_FIELD_TYPE, "limit"},
        {"limit=1e1", &filter_set, ERR_FIELD_TYPE, "limit"},
        {"limit=+7", &filter_set, ERR_FIELD_TYPE, "limit"},
        {"limit=7&limit=7", &filter_set, ERR_HTTP_QUERY_REPEATED, "limit"},
        {"limit=7&%6Cimit=8", &filter_set, ERR_HTTP_QUERY_REPEATED, "limit"},
        {"Limit=7", &filter_set, ERR_FIELD_UNKNOWN, "Limit"},
        {"text=", &filter_set, ERR_FIELD_LENGTH, "text"},
        {"text=01234567890", &filter_set, ERR_FIELD_LENGTH, "text"},
        {"text=%", &filter_set, ERR_ENCODING, "text"},
        {"text=%4", &filter_set, ERR_ENCODING, "text"},
        {"text=%zz", &filter_set, ERR_ENCODING, "text"},
        {"text=%00", &filter_set, ERR_ENCODING, "text"},
        {"text=%FF", &filter_set, ERR_ENCODING, "text"},
        {"text=%01", &filter_set, ERR_FIELD_FORMAT, "text"},
        {"%FF=1", &filter_set, ERR_ENCODING, ""},
        {"live=yes", &filter_set, ERR_FIELD_TYPE, "live"},
        {"live=TRUE", &filter_set, ERR_FIELD_TYPE, "live"},
        {"state=ready", &filter_set, ERR_FIELD_VALUE, "state"},
        {"currency=XXY", &filter_set, ERR_CURRENCY_UNKNOWN, "currency"},
        {"after_ms=2026-01-02", &filter_set, ERR_FIELD_FORMAT, "after_ms"},
        {"id=ref_0DQ4C5T3K8Z2M", &filter_set, ERR_FIELD_FORMAT, "id"},
        {"&limit=7", &filter_set, ERR_FIELD_UNKNOWN, ""},
        {"limit=7&", &filter_set, ERR_FIELD_UNKNOWN, ""},
        {"x=1", NULL, ERR_FIELD_UNKNOWN, "x"},
        {"", &owner_set, ERR_FIELD_REQUIRED, "id"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct filter filter;
        enum err err = parse(rows[i].query, rows[i].set, &filter);

        if (err != rows[i].err || req.refusal.err != err ||
            strcmp(req.refusal.param, rows[i].param) != 0) {
            fail_msg("%s: %s at \"%s\", want %s at \"%s\"", rows[i].query, err_code(err),
                     req.refusal.param, err_code(rows[i].err), rows[i].param);
        }
        assert_true(req.refusal.detail[0] != '\0');
    }
}

static void the_number_of_parameters_is_limited(void **state)
{
    struct filter filter;
    struct buf buf;

    (void)state;
    buf_init_arena(&buf, req.arena, 4096);
    for (int i = 0; i < 65; i++) {
        buf_printf(&buf, "%sp%d=1", i > 0 ? "&" : "", i);
    }
    assert_int_equal(parse(str_cstr(req.arena, buf_str(&buf)), &filter_set, &filter),
                     ERR_HTTP_MALFORMED);
}

static void a_long_name_is_cut_between_characters(void **state)
{
    struct filter filter;
    struct buf buf;

    (void)state;
    buf_init_arena(&buf, req.arena, 4096);
    for (int i = 0; i < 50; i++) {
        buf_add(&buf, STR("%E4%BD%A0"));
    }
    buf_add(&buf, STR("=%"));
    assert_int_equal(parse(str_cstr(req.arena, buf_str(&buf)), &filter_set, &filter), ERR_ENCODING);
    assert_int_equal(strlen(req.refusal.param), 93);
    assert_true(str_is_utf8(str_of(req.refusal.param)));
}

/* ---- the router ---- */

static const struct route routes[] = {
    {.method = "GET", .path = "/"},
    {.method = "GET", .path = "/a"},
    {.method = "POST", .path = "/a"},
    {.method = "GET", .path = "/a/{id}"},
    {.method = "GET", .path = "/a/search"},
    {.method = "POST", .path = "/a/{id}/close"},
    {.method = "GET", .path = "/{x}/b/{y}/{z}/{w}"},
    {.method = NULL},
};

struct found {
    const struct router_node *node;
    struct str params[REQUEST_PARAMS_MAX];
};

static void paths_find_their_rows(void **state)
{
    static const struct {
        const char *method, *path;
        int row;
        const char *first_param;
    } rows[] = {
        {"GET", "/", 0, ""},
        {"GET", "/a", 1, ""},
        {"HEAD", "/a", 1, ""},
        {"POST", "/a", 2, ""},
        {"PUT", "/a", -1, ""},
        {"get", "/a", -1, ""},
        {"GET", "/a/7", 3, "7"},
        {"GET", "/a/search", 4, ""},
        {"GET", "/a/search/", -1, ""},
        {"POST", "/a/7/close", 5, "7"},
        {"HEAD", "/a/7/close", -1, ""},
        {"POST", "/a/search/close", -1, ""}, /* the literal hides the parameter */
        {"GET", "/q/b/1/2/3", 6, "q"},
        {"GET", "/q/b/1/2", -1, ""},
        {"GET", "/q/b//2/3", -1, ""},
        {"GET", "", -1, ""},
        {"GET", "a", -1, ""},
        {"GET", "/a/", -1, ""},
        {"GET", "//a", -1, ""},
        {"GET", "/A", -1, ""},
        {"GET", "/a/7/8", -1, ""},
    };
    const struct route *const sets[] = {routes};
    struct router *router = router_new(sets, 1);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct found found = {.node = NULL};
        const struct route *route = NULL;

        found.node = router_find(router, str_of(rows[i].path), found.params);
        if (found.node != NULL) {
            route = router_method(found.node, str_of(rows[i].method));
        }
        if (route != (rows[i].row < 0 ? NULL : &routes[rows[i].row])) {
            fail_msg("%s %s found %s", rows[i].method, rows[i].path,
                     route == NULL ? "nothing" : route->path);
        }
        assert_true(route == NULL || str_eq(found.params[0], str_of(rows[i].first_param)));
    }
    router_free(router);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_type_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_query_leaves_everything_zero, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refusals_name_the_parameter, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_number_of_parameters_is_limited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_long_name_is_cut_between_characters, set_up, tear_down),
        cmocka_unit_test(paths_find_their_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

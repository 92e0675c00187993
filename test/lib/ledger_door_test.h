/* Routes of the books behind a real server, with two accounts: for the tests of their APIs. */
#ifndef TEST_LIB_LEDGER_DOOR_TEST_H
#define TEST_LIB_LEDGER_DOOR_TEST_H

#include "money/ledger/ledger_int.h"
#include "test/lib/http_fixture.h"
#include "test/lib/ledger_kit_test.h"
#include "test/lib/raw_client.h"

struct door {
    struct books *books;
    struct app app;
    struct ledger_state ledger; /* nobody notes anything */
    struct http_fixture fixture;
    struct raw_client *client;
    json_t *body; /* of the last answer */
    int status;
    struct str retry_after;
    int64_t bank, payable; /* 1002 has no floor, 2241 has one of 0 */
};

static inline struct door *door_open(void **state, const struct route *routes, size_t queue_max)
{
    static const struct module *const modules[] = {&ledger_module};
    struct door *door = mem_new(sizeof(*door));
    struct http_server_options options = {.app = &door->app};

    door->books = books_open(*state);
    if (queue_max > 0) {
        door->books->options.queue_max = queue_max;
        books_reopen(door->books);
    }
    door->bank = books_account(door->books, 0, LEDGER_CODE_BANK, CURRENCY_CNY);
    door->payable = books_account(door->books, 7, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY);
    door->app.store = door->books->store;
    door->app.modules = modules;
    door->app.module_count = ARRAY_LEN(modules);
    door->app.states[0] = &door->ledger;
    http_fixture_start(&door->fixture, &options, routes);
    door->client = raw_open(door->fixture.port);
    return door;
}

/* Every test ends with books that are right. */
static inline void door_close(struct door *door)
{
    json_decref(door->body);
    raw_close(door->client);
    http_fixture_stop(&door->fixture);
    books_assert_right(door->books);
    books_close(door->books);
    mem_free(door);
}

static inline const char *account(struct door *door, int64_t id)
{
    return str_cstr(door->books->arena, id_str(door->books->arena, LEDGER_ACCOUNT_PREFIX, id));
}

static inline struct str transfer(struct door *door, int64_t number, int64_t debit_id,
                                  int64_t credit_id, int64_t amount)
{
    return str_printf(door->books->arena,
                      "{\"business_no\":%lld,\"legs\":["
                      "{\"account\":\"%s\",\"side\":\"debit\",\"amount\":%lld},"
                      "{\"account\":\"%s\",\"side\":\"credit\",\"amount\":%lld}]}",
                      (long long)number, account(door, debit_id), (long long)amount,
                      account(door, credit_id), (long long)amount);
}

static inline void keep_answer(struct door *door, const struct raw_answer *answer)
{
    struct json_refusal refusal;

    json_decref(door->body);
    door->body = NULL;
    door->status = answer->status;
    door->retry_after = str_dup(door->books->arena, raw_header(answer, "Retry-After"));
    assert_ok(json_parse(answer->body, &door->body, &refusal));
}

static inline int post(struct door *door, const char *path, struct str body)
{
    struct raw_answer answer;

    raw_printf(door->client,
               "POST /v1/ledger/%s HTTP/1.1\r\nHost: a\r\n"
               "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
               path, body.len);
    raw_send(door->client, body);
    answer = raw_read(door->client);
    keep_answer(door, &answer);
    return door->status;
}

static inline int get(struct door *door, const char *what)
{
    struct raw_answer answer;

    raw_printf(door->client, "GET /v1/ledger/%s HTTP/1.1\r\nHost: a\r\n\r\n", what);
    answer = raw_read(door->client);
    keep_answer(door, &answer);
    return door->status;
}

/* The value at a path of names and indexes: "results.0.exists". */
static inline json_t *at(struct door *door, const char *path)
{
    struct str rest = str_of(path), head;
    json_t *value = door->body;
    bool more = true;

    while (more) {
        int64_t index;

        more = str_cut(&rest, '.', &head);
        value = str_parse_int(head, &index) == ERR_OK
                    ? json_array_get(value, (size_t)index)
                    : json_object_get(value, str_cstr(door->books->arena, head));
    }
    return value;
}

static inline void assert_text(struct door *door, const char *path, const char *due)
{
    assert_true(json_is_string(at(door, path)));
    assert_string_equal(json_string_value(at(door, path)), due);
}

static inline void assert_error(struct door *door, int status, const char *code, const char *param)
{
    assert_int_equal(door->status, status);
    assert_text(door, "error.code", code);
    if (param == NULL) {
        assert_null(at(door, "error.param"));
    } else {
        assert_text(door, "error.param", param);
    }
}

#endif

/* Requests answered from commands and queries, over a real server. */
#include "test/lib/store_kit_test.h"

#include "platform/store/store_reply.h"
#include "test/lib/http_fixture.h"
#include "test/lib/raw_client.h"

struct put_arg {
    int64_t id;
    struct str name;
};

struct put_result {
    int64_t id;
    struct str name;
};

/* The id 13 brings bad luck. */
static enum err put_apply(struct tx *tx, const void *arg_ptr, void *result_ptr)
{
    const struct put_arg *arg = arg_ptr;
    struct put_result *result = result_ptr;

    CHECK(tx_trace(tx) != NULL);
    if (arg->id == 13) {
        return tx_refuse(tx, ERR_FIELD_VALUE, "id");
    }
    TRY(kit_insert_named(tx, arg->id, arg->id, arg->name));
    result->id = arg->id;
    result->name = tx_keep(tx, arg->name);
    return ERR_OK;
}

static const struct command_kind put_kind = {
    .name = "reply.put", .apply = put_apply, .result_size = sizeof(struct put_result)};

static struct reply *put_then(struct request *req, struct command *command)
{
    const struct put_result *result = command->result;

    CHECK(loop_is_current(req->loop));
    CHECK(command->commit_no > 0);
    return reply_text(
        req, 201, "text/plain",
        str_printf(req->arena, "%lld " STR_FMT, (long long)result->id, STR_ARG(result->name)));
}

static struct reply *put_handler(struct request *req)
{
    struct put_arg *arg = ARENA_NEW(req->arena, struct put_arg);

    CHECK(str_parse_int(req->params[0], &arg->id) == ERR_OK);
    arg->name = req->body;
    return reply_command(req, &put_kind, arg, put_then);
}

static enum err get_run(struct reader *reader, struct request *req, const void *arg, void *result)
{
    return reader_get(reader, &item_table, *(const int64_t *)arg, req->arena, result);
}

static struct reply *get_then(struct request *req, void *result)
{
    CHECK(loop_is_current(req->loop));
    return reply_text(req, 200, "text/plain", ((const struct item *)result)->name);
}

static struct reply *get_handler(struct request *req)
{
    int64_t *id = ARENA_NEW(req->arena, int64_t);

    CHECK(str_parse_int(req->params[0], id) == ERR_OK);
    return reply_query(req, id, sizeof(struct item), get_run, get_then);
}

static const struct route routes[] = {
    {.method = "POST", .path = "/items/{id}", .handler = put_handler, .auth = HTTP_AUTH_NONE},
    {.method = "GET", .path = "/items/{id}", .handler = get_handler, .auth = HTTP_AUTH_NONE},
    {.method = NULL},
};

/* ---- a store with a server ---- */

struct site {
    struct kit *kit;
    struct http_fixture http;
};

static void site_open(struct site *site, const char *scheme)
{
    struct http_server_options options = {.dispatch = http_dispatch_plain};

    site->kit = kit_open(scheme);
    options.app = kit_app(site->kit);
    http_fixture_start(&site->http, &options, routes);
}

static void site_close(struct site *site)
{
    http_fixture_stop(&site->http);
    kit_close(site->kit);
}

static struct raw_answer call(struct site *site, const char *method, int id, const char *body)
{
    struct arena *arena = site->kit->arena;

    return raw_call(arena, site->http.port,
                    str_printf(arena,
                               "%s /items/%d HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n%s",
                               method, id, strlen(body), body));
}

static void assert_contains(struct str text, const char *needle)
{
    size_t at;

    assert_true(str_find(text, str_of(needle), &at));
}

static void a_command_is_answered_after_its_commit(void **state)
{
    struct site site;
    struct raw_answer answer;
    struct item found;

    site_open(&site, *state);
    answer = call(&site, "POST", 1, "tomato");
    assert_int_equal(answer.status, 201);
    assert_str(answer.body, STR("1 tomato"));
    assert_int_equal(kit_get(site.kit, 1, &found), ERR_OK);
    site_close(&site);
}

static void a_refusal_is_answered_with_its_code_and_field(void **state)
{
    struct site site;
    struct raw_answer answer;

    site_open(&site, *state);
    answer = call(&site, "POST", 13, "x");
    assert_int_equal(answer.status, 400);
    assert_contains(answer.body, "\"code\":\"field_value\"");
    assert_contains(answer.body, "\"param\":\"id\"");
    assert_int_equal(call(&site, "POST", 1, "a").status, 201);
    answer = call(&site, "POST", 1, "b");
    assert_int_equal(answer.status, 409);
    assert_contains(answer.body, "\"code\":\"store_duplicate\"");
    site_close(&site);
}

static void a_query_is_answered_from_a_reader(void **state)
{
    struct site site;
    struct raw_answer answer;

    site_open(&site, *state);
    kit_put(site.kit, 5, "five");
    answer = call(&site, "GET", 5, "");
    assert_int_equal(answer.status, 200);
    assert_str(answer.body, STR("five"));
    answer = call(&site, "GET", 6, "");
    assert_int_equal(answer.status, 404);
    assert_contains(answer.body, "\"code\":\"store_not_found\"");
    site_close(&site);
}

struct gate {
    struct signal *entered, *go;
};

static enum err wait_in_gate(struct tx *tx, void *ctx)
{
    struct gate *gate = ctx;

    (void)tx;
    signal_set(gate->entered);
    (void)signal_wait(gate->go, -1);
    return ERR_OK;
}

static enum err nothing(struct tx *tx, void *ctx)
{
    (void)tx;
    (void)ctx;
    return ERR_OK;
}

static void a_full_queue_is_answered_at_once(void **state)
{
    struct site site;
    struct gate gate = {signal_new(), signal_new()};
    struct kit_command first = {.run = wait_in_gate, .ctx = &gate};
    struct kit_command others[KIT_QUEUE_MAX];
    struct raw_answer answer;

    site_open(&site, *state);
    kit_submit(site.kit, &first, 1);
    (void)signal_wait(gate.entered, -1);
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        others[i] = (struct kit_command){.run = nothing};
    }
    kit_submit(site.kit, others, ARRAY_LEN(others));
    answer = call(&site, "POST", 1, "x");
    assert_int_equal(answer.status, 503);
    assert_contains(answer.body, "\"code\":\"store_busy\"");
    assert_true(raw_header(&answer, "Retry-After").len > 0);
    signal_set(gate.go);
    site_close(&site);
    signal_free(gate.entered);
    signal_free(gate.go);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_is_answered_after_its_commit),
        cmocka_unit_test(a_refusal_is_answered_with_its_code_and_field),
        cmocka_unit_test(a_query_is_answered_from_a_reader),
        cmocka_unit_test(a_full_queue_is_answered_at_once),
    };

    return kit_run_on_every_database(tests, ARRAY_LEN(tests));
}

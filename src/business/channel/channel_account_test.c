#include "test/lib/channel_rig.h"

#include "business/merchant/merchant.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { MERCHANT = 7 };

static struct rig *rig;

static int set_up(void **state)
{
    (void)state;
    rig = rig_new(NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    rig_free(rig);
    return 0;
}

/* A merchant's row, straight into the table: how one is made is its module's business. */
static enum err merchant_apply(struct tx *tx, const void *arg, void *result)
{
    (void)result;
    return tx_insert(tx, &merchant_table, arg);
}

static const struct command_kind merchant_kind = {.name = "test.merchant", .apply = merchant_apply};

static void add_merchant(void)
{
    const struct merchant merchant = {
        .id = MERCHANT,
        .merchant_no = STR("no"),
        .name = STR("name"),
        .status = MERCHANT_ACTIVE,
        .fund_mode = MERCHANT_FUND_DIRECT,
        .created_at_ms = 1,
        .updated_at_ms = 1,
        .version = 1,
    };

    assert_int_equal(store_run(rig->app.store, &merchant_kind, &merchant, NULL, rig->arena),
                     ERR_OK);
}

/* ---- picking ---- */

struct pick {
    int64_t merchant_id;
    const char *method;
    enum currency currency;
    int64_t amount;
};

static void pick_prefetch(struct prefetch *pre, const void *arg, unsigned round)
{
    const struct pick *pick = arg;

    channel_pick_prefetch(pre, pick->merchant_id, str_of(pick->method), pick->currency, round);
}

static enum err pick_apply(struct tx *tx, const void *arg, void *result)
{
    const struct pick *pick = arg;

    return channel_pick(tx, pick->merchant_id, str_of(pick->method), pick->currency,
                        AMOUNT(pick->amount), result);
}

static const struct command_kind pick_kind = {
    .name = "test.pick",
    .prefetch = pick_prefetch,
    .apply = pick_apply,
    .result_size = sizeof(int64_t),
};

static enum err picked(const struct pick *pick, int64_t *account_id)
{
    return store_run(rig->app.store, &pick_kind, pick, account_id, rig->arena);
}

static void set_status(int64_t account_id, enum channel_status status)
{
    const struct channel_set_status arg = {account_id, status};
    struct channel_account changed;

    assert_int_equal(
        store_run(rig->app.store, &channel__set_status_kind, &arg, &changed, rig->arena), ERR_OK);
    assert_int_equal(changed.status, status);
}

static void assert_picks(int64_t want)
{
    const struct pick pick = {MERCHANT, "mock_qr", CURRENCY_CNY, 1288};
    int64_t got;

    assert_int_equal(picked(&pick, &got), ERR_OK);
    assert_int_equal(got, want);
}

static void own_accounts_come_first_by_priority_then_age_then_shared_ones(void **state)
{
    int64_t shared, own_late, own_first, own_second;

    (void)state;
    add_merchant();
    shared = rig_mock_account(rig, 0, 0);
    assert_picks(shared);
    own_late = rig_mock_account(rig, MERCHANT, 9);
    assert_picks(own_late);
    own_first = rig_mock_account(rig, MERCHANT, 5);
    own_second = rig_mock_account(rig, MERCHANT, 5);
    assert_picks(own_first);
    set_status(own_first, CHANNEL_DISABLED);
    assert_picks(own_second);
    set_status(own_second, CHANNEL_DISABLED);
    assert_picks(own_late);
    set_status(own_first, CHANNEL_ENABLED);
    assert_picks(own_first);
    set_status(own_first, CHANNEL_DISABLED);
    set_status(own_late, CHANNEL_DISABLED);
    assert_picks(shared);
}

static void no_account_for_method_currency_or_amount_is_refused(void **state)
{
    static const struct pick rows[] = {
        {MERCHANT, "wechat_native", CURRENCY_CNY, 1288},
        {MERCHANT, "mock_qr", CURRENCY_USD, 1288},
        {MERCHANT, "mock_qr", CURRENCY_CNY, 0},
        {MERCHANT, "mock_qr", CURRENCY_CNY, INT64_C(100000000001)},
    };
    int64_t account_id;

    (void)state;
    (void)rig_mock_account(rig, 0, 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(picked(&rows[i], &account_id), ERR_CHANNEL_NONE);
    }
}

static void an_owner_has_a_bounded_number_of_accounts_for_a_method(void **state)
{
    struct str method = STR("mock_qr");
    const struct channel_create body = {
        .channel = STR("mock"),
        .name = STR("one too many"),
        .account_no = STR("M1"),
        .methods = {&method, 1},
        .base_url = rig->base_url,
        .credentials = STR("{\"key\":\"" RIG_MOCK_KEY "\"}"),
    };
    struct channel_account created;
    struct json_refusal refusal;
    int64_t last = 0;

    (void)state;
    for (int i = 0; i < CHANNEL_ROUTE_ACCOUNTS_MAX; i++) {
        last = rig_mock_account(rig, 0, i);
    }
    assert_int_equal(rig_create(rig, &body, &created, &refusal), ERR_CHANNEL_ROUTE_FULL);
    set_status(last, CHANNEL_DISABLED);
    assert_int_equal(rig_create(rig, &body, &created, &refusal), ERR_OK);
}

static void methods_have_limits(void **state)
{
    struct channel_limits limits;

    (void)state;
    assert_int_equal(channel_limits(STR("wechat_native"), &limits), ERR_OK);
    assert_int_equal(limits.amount_min.minor, 1);
    assert_string_equal(limits.next_action, "qr_code");
    assert_int_equal(channel_limits(STR("shell_money"), &limits), ERR_CHANNEL_METHOD);
}

static void declines_have_stable_codes(void **state)
{
    (void)state;
    assert_null(channel_decline_code(DECLINE_NONE));
    assert_null(channel_decline_advice(DECLINE_NONE));
    assert_string_equal(channel_decline_code(DECLINE_INSUFFICIENT_FUNDS), "insufficient_funds");
    assert_string_equal(channel_decline_advice(DECLINE_INSUFFICIENT_FUNDS), "contact_payer");
    assert_string_equal(channel_decline_code(DECLINE_UNMAPPED), "unmapped");
}

/* ---- the operator's API ---- */

static struct rig_reply post(const char *path, const char *body)
{
    return rig_request(rig, "POST", str_of(path), NULL, str_of(body));
}

static bool says(struct rig_reply reply, const char *text)
{
    return str_find(reply.body, str_of(text), &(size_t){0});
}

/* The member of a reply, between quotes. */
static struct str member(struct rig_reply reply, const char *name)
{
    struct str mark = str_printf(rig->arena, "\"%s\":\"", name), value;
    size_t at = 0;

    assert_true(str_find(reply.body, mark, &at));
    value = str_slice(reply.body, at + mark.len, reply.body.len);
    struct str rest = value;

    assert_true(str_cut(&rest, '"', &value));
    return value;
}

#define BODY_START "{\"channel\":\"mock\",\"name\":\"Shop\",\"account_no\":\"M1\","
#define BODY_CREDENTIALS "\"credentials\":{\"key\":\"" RIG_MOCK_KEY "\"}}"
#define BODY                                                                                       \
    BODY_START "\"methods\":[\"mock_qr\"],\"base_url\":\"http://"                                  \
               "127.0.0.1:9998\"," BODY_CREDENTIALS

static void an_account_is_created_shown_and_listed_without_its_credentials(void **state)
{
    struct rig_reply created = post("/v1/channel-accounts", BODY);
    struct str path =
        str_printf(rig->arena, "/v1/channel-accounts/" STR_FMT, STR_ARG(member(created, "id")));
    struct rig_reply got = rig_request(rig, "GET", path, NULL, STR(""));
    struct rig_reply listed = rig_request(rig, "GET", STR("/v1/channel-accounts"), NULL, STR(""));

    (void)state;
    assert_int_equal(created.status, 201);
    assert_true(says(created, "\"object\":\"channel_account\""));
    assert_true(says(created, "\"status\":\"enabled\""));
    assert_true(says(created, "\"methods\":[\"mock_qr\"]"));
    assert_true(says(created, "\"fund_mode\":\"direct\""));
    assert_true(says(created, "\"currency\":\"CNY\""));
    assert_true(
        str_starts(member(created, "notify_url"),
                   str_printf(rig->arena, STR_FMT "/notify/mock/cha_", STR_ARG(rig->base_url))));
    assert_false(says(created, "credentials"));
    assert_false(says(created, RIG_MOCK_KEY));
    assert_int_equal(got.status, 200);
    assert_true(str_eq(got.body, created.body));
    assert_int_equal(listed.status, 200);
    assert_true(says(listed, "\"has_more\":false"));
    assert_false(says(listed, RIG_MOCK_KEY));
}

static void credentials_are_sealed_in_the_row(void **state)
{
    int64_t id = rig_mock_account(rig, 0, 0);
    const struct channel_set_status arg = {id, CHANNEL_DISABLED};
    struct channel_account row;
    struct secret plain;

    (void)state;
    assert_int_equal(store_run(rig->app.store, &channel__set_status_kind, &arg, &row, rig->arena),
                     ERR_OK);
    assert_false(str_find(row.credentials, STR(RIG_MOCK_KEY), &(size_t){0}));
    assert_int_equal(vault_unseal(rig->app.vault, rig->arena, channel__seal_label(rig->arena, id),
                                  row.credentials, &plain),
                     ERR_OK);
    assert_int_equal(vault_unseal(rig->app.vault, rig->arena,
                                  channel__seal_label(rig->arena, id + 1), row.credentials, &plain),
                     ERR_CRYPTO_DECRYPT);
}

static void a_wrong_account_is_refused_by_field(void **state)
{
    static const struct {
        const char *body;
        int status;
        const char *code, *param;
    } rows[] = {
        {"{\"channel\":\"paper\",\"name\":\"Shop\",\"account_no\":\"M1\",\"methods\":[\"mock_qr\"],"
         "\"base_url\":\"http://127.0.0.1:1\"," BODY_CREDENTIALS,
         400, "field_value", "channel"},
        {BODY_START "\"methods\":[\"mock_qr\",\"mock_qr\"],"
                    "\"base_url\":\"http://127.0.0.1:1\"," BODY_CREDENTIALS,
         400, "field_value", "methods[1]"},
        {BODY_START "\"methods\":[\"wechat_native\"],"
                    "\"base_url\":\"http://127.0.0.1:1\"," BODY_CREDENTIALS,
         400, "field_value", "methods[0]"},
        {BODY_START "\"methods\":[\"mock_qr\"]," BODY_CREDENTIALS, 400, "field_required",
         "base_url"},
        {BODY_START "\"methods\":[\"mock_qr\"],"
                    "\"base_url\":\"http://sim.example.com\"," BODY_CREDENTIALS,
         400, "field_value", "base_url"},
        {BODY_START "\"methods\":[\"mock_qr\"],"
                    "\"base_url\":\"http://127.0.0.1.example.com\"," BODY_CREDENTIALS,
         400, "field_value", "base_url"},
        {BODY_START "\"methods\":[\"mock_qr\"],"
                    "\"base_url\":\"https://example.com/?a=1\"," BODY_CREDENTIALS,
         400, "field_format", "base_url"},
        {BODY_START "\"methods\":[\"mock_qr\"],\"currency\":\"JPY\","
                    "\"base_url\":\"http://127.0.0.1:1\"," BODY_CREDENTIALS,
         400, "field_value", "currency"},
        {BODY_START "\"methods\":[\"mock_qr\"],\"fund_mode\":\"collect\","
                    "\"base_url\":\"http://127.0.0.1:1\"," BODY_CREDENTIALS,
         403, "channel_collect", "fund_mode"},
        {BODY_START "\"methods\":[\"mock_qr\"],\"base_url\":\"http://127.0.0.1:1\","
                    "\"config\":{\"colour\":1}," BODY_CREDENTIALS,
         400, "field_unknown", "config.colour"},
        {BODY_START "\"methods\":[\"mock_qr\"],\"base_url\":\"http://127.0.0.1:1\","
                    "\"credentials\":{\"key\":\"short\"}}",
         400, "field_length", "credentials.key"},
        {BODY_START "\"methods\":[\"mock_qr\"],\"base_url\":\"http://127.0.0.1:1\","
                    "\"credentials\":{}}",
         400, "field_required", "credentials.key"},
        {BODY_START "\"methods\":[\"mock_qr\"],\"base_url\":\"http://127.0.0.1:1\","
                    "\"merchant_id\":\"mer_0000000000009\"," BODY_CREDENTIALS,
         404, "merchant_not_found", "merchant_id"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rig_reply reply = post("/v1/channel-accounts", rows[i].body);

        assert_int_equal(reply.status, rows[i].status);
        assert_string_equal(str_cstr(rig->arena, member(reply, "code")), rows[i].code);
        assert_string_equal(str_cstr(rig->arena, member(reply, "param")), rows[i].param);
        assert_false(says(reply, RIG_MOCK_KEY));
    }
    assert_true(
        says(rig_request(rig, "GET", STR("/v1/channel-accounts"), NULL, STR("")), "\"data\":[]"));
}

static void an_account_is_switched_off_and_on(void **state)
{
    struct str id = id_str(rig->arena, "cha", rig_mock_account(rig, 0, 0));
    struct str path = str_printf(rig->arena, "/v1/channel-accounts/" STR_FMT "/", STR_ARG(id));
    const char *disable =
        str_cstr(rig->arena, str_printf(rig->arena, STR_FMT "disable", STR_ARG(path)));
    const char *enable =
        str_cstr(rig->arena, str_printf(rig->arena, STR_FMT "enable", STR_ARG(path)));
    struct rig_reply reply;

    (void)state;
    assert_true(says(post(disable, ""), "\"status\":\"disabled\""));
    reply = post(disable, ""); /* again: nothing changes */
    assert_true(says(reply, "\"version\":2,"));
    reply = post(enable, "");
    assert_true(says(reply, "\"status\":\"enabled\""));
    assert_true(says(reply, "\"version\":3,"));
    assert_int_equal(post("/v1/channel-accounts/cha_0000000000001/disable", "").status, 404);
    assert_int_equal(post("/v1/channel-accounts/nonsense/disable", "").status, 404);
    assert_int_equal(post("/v1/channel-accounts/nonsense/test", "").status, 404);
    assert_int_equal(
        rig_request(rig, "GET", STR("/v1/channel-accounts/nonsense"), NULL, STR("")).status, 404);
    assert_int_equal(
        rig_request(rig, "GET", STR("/v1/channel-accounts?limit=0x"), NULL, STR("")).status, 400);
}

static void accounts_are_listed_in_pages(void **state)
{
    struct rig_reply page;
    struct str next;

    (void)state;
    add_merchant();
    for (int i = 0; i < 3; i++) {
        (void)rig_mock_account(rig, i == 0 ? MERCHANT : 0, i);
    }
    page = rig_request(rig, "GET", STR("/v1/channel-accounts?limit=2"), NULL, STR(""));
    assert_true(says(page, "\"has_more\":true"));
    next = str_printf(rig->arena, "/v1/channel-accounts?limit=2&starting_after=" STR_FMT,
                      STR_ARG(member(page, "next_cursor")));
    page = rig_request(rig, "GET", next, NULL, STR(""));
    assert_true(says(page, "\"has_more\":false"));
    assert_true(says(page, "\"priority\":2"));
    page = rig_request(rig, "GET", STR("/v1/channel-accounts?merchant_id=mer_0000000000007"), NULL,
                       STR(""));
    assert_true(says(page, "\"priority\":0"));
    assert_false(says(page, "\"priority\":1"));
}

static void an_account_is_tried_out(void **state)
{
    struct str id = id_str(rig->arena, "cha", rig_mock_account(rig, 0, 0));
    const char *path = str_cstr(
        rig->arena, str_printf(rig->arena, "/v1/channel-accounts/" STR_FMT "/test", STR_ARG(id)));
    struct rig_reply reply;

    (void)state;
    rig->answer = (struct rig_answer){
        .status = 404, .body = "{\"code\":\"ORDER_NOT_FOUND\"}", .signed_ = true};
    reply = post(path, "");
    assert_int_equal(reply.status, 200);
    assert_true(says(reply, "\"ok\":true,\"outcome\":\"not_found\""));
    rig->answer.signed_ = false;
    reply = post(path, "");
    assert_true(says(reply, "\"ok\":false,\"outcome\":\"unknown\""));
    assert_true(says(reply, "\"error\":\"channel_unverified\""));
}

static void collecting_is_taken_with_the_licence(void **state)
{
    struct rig_reply reply;

    (void)state;
    tear_down(NULL);
    rig = rig_new("merchant.collect_licence = true\n");
    reply = post("/v1/channel-accounts",
                 BODY_START "\"methods\":[\"mock_qr\"],\"fund_mode\":\"collect\","
                            "\"base_url\":\"http://127.0.0.1:1\"," BODY_CREDENTIALS);
    assert_int_equal(reply.status, 201);
    assert_true(says(reply, "\"fund_mode\":\"collect\""));
}

static void plain_http_elsewhere_is_taken_where_it_is_allowed(void **state)
{
    (void)state;
    tear_down(NULL);
    rig = rig_new("channel.plain_http = true\n");
    assert_int_equal(post("/v1/channel-accounts",
                          BODY_START "\"methods\":[\"mock_qr\"],"
                                     "\"base_url\":\"http://sim.example.com\"," BODY_CREDENTIALS)
                         .status,
                     201);
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_RIG(own_accounts_come_first_by_priority_then_age_then_shared_ones),
        WITH_RIG(no_account_for_method_currency_or_amount_is_refused),
        WITH_RIG(an_owner_has_a_bounded_number_of_accounts_for_a_method),
        WITH_RIG(methods_have_limits),
        WITH_RIG(declines_have_stable_codes),
        WITH_RIG(an_account_is_created_shown_and_listed_without_its_credentials),
        WITH_RIG(credentials_are_sealed_in_the_row),
        WITH_RIG(a_wrong_account_is_refused_by_field),
        WITH_RIG(an_account_is_switched_off_and_on),
        WITH_RIG(accounts_are_listed_in_pages),
        WITH_RIG(an_account_is_tried_out),
        WITH_RIG(collecting_is_taken_with_the_licence),
        WITH_RIG(plain_http_elsewhere_is_taken_where_it_is_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

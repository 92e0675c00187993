/* The engine and both adapters against the simulator, which was written from the protocols alone.
 */
#include "test/lib/channel_rig.h"
#include "test/lib/simulator.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MOCK_NO "M1"

static struct simulator *simulator;
static struct wechat_peer peer; /* its merchant key is ours; the platform's are the simulator's */
static struct arena *arena;
static struct rig *rig;
static int64_t mock_account, certificate_account, public_key_account;
static int orders;

/* ---- talking to the simulator ---- */

static struct str quoted(struct str text)
{
    struct buf buf;

    buf_init_arena(&buf, rig->arena, 6 * text.len + 2);
    json_print_text(&buf, text);
    return buf_str(&buf);
}

static struct str admin(const char *method, const char *path, struct str body)
{
    struct str url = str_printf(rig->arena, STR_FMT "%s", STR_ARG(simulator->base_url), path);
    struct rig_reply reply = rig_request(rig, method, url, NULL, body);

    if (reply.status != 200) {
        print_error("%s %s: %d " STR_FMT "\n", method, path, reply.status, STR_ARG(reply.body));
    }
    assert_int_equal(reply.status, 200);
    return reply.body;
}

static struct str member(struct str body, const char *name)
{
    struct json_refusal refusal;
    json_t *value;
    struct str text;

    assert_int_equal(json_parse(body, &value, &refusal), ERR_OK);
    text = channel_json_text(rig->arena, value, name);
    json_decref(value);
    return text;
}

static void fault(const char *operation, const char *kind)
{
    (void)admin("POST", "/admin/faults",
                str_printf(rig->arena, "{\"operation\":\"%s\",\"kind\":\"%s\",\"delay_ms\":1500}",
                           operation, kind));
}

static void pay(struct str qr)
{
    (void)admin("POST", "/payer/pay",
                str_printf(rig->arena, "{\"code_url\":" STR_FMT "}", STR_ARG(quoted(qr))));
}

static struct str set_up_wechat_merchant(const char *mchid, const char *mode)
{
    return admin("POST", "/admin/merchants",
                 str_printf(rig->arena,
                            "{\"mchid\":\"%s\",\"appid\":"
                            "\"" WECHAT_PEER_APPID "\",\"api_v3_key\":\"" WECHAT_PEER_APIV3_KEY
                            "\",\"merchant_serial\":\"" STR_FMT
                            "\",\"merchant_public_key_pem\":" STR_FMT ",\"mode\":\"%s\"}",
                            mchid, STR_ARG(peer.merchant.serial),
                            STR_ARG(quoted(peer.merchant.public_pem)), mode));
}

/* ---- accounts ---- */

static int64_t wechat_account(const char *mchid, struct str config, struct str credentials)
{
    struct str method = STR("wechat_native");
    const struct channel_create body = {
        .channel = STR("wechat"),
        .name = STR("simulated"),
        .account_no = str_of(mchid),
        .methods = {&method, 1},
        .base_url = str_printf(rig->arena, STR_FMT "/wechat", STR_ARG(simulator->base_url)),
        .config = config,
        .credentials = credentials,
    };
    struct channel_account created;
    struct json_refusal refusal;

    assert_int_equal(rig_create(rig, &body, &created, &refusal), ERR_OK);
    return created.id;
}

static int64_t certificate_mode_account(void)
{
    struct str config = str_printf(
        rig->arena, "{\"appid\":\"" WECHAT_PEER_APPID "\",\"merchant_serial\":\"" STR_FMT "\"}",
        STR_ARG(peer.merchant.serial));

    (void)set_up_wechat_merchant("1900000109", "certificate");
    return wechat_account("1900000109", config, wechat_peer_credentials(&peer));
}

static int64_t public_key_mode_account(void)
{
    struct str facts = set_up_wechat_merchant("1900000110", "public_key");
    struct str config = str_printf(
        rig->arena,
        "{\"appid\":\"" WECHAT_PEER_APPID "\",\"merchant_serial\":\"" STR_FMT
        "\",\"mode\":\"public_key\",\"public_key_id\":\"" STR_FMT "\",\"public_key\":" STR_FMT "}",
        STR_ARG(peer.merchant.serial), STR_ARG(member(facts, "platform_public_key_id")),
        STR_ARG(quoted(member(facts, "platform_public_key_pem"))));

    return wechat_account("1900000110", config, wechat_peer_credentials(&peer));
}

static int64_t mock_account_with(const char *key)
{
    struct str method = STR("mock_qr");
    const struct channel_create body = {
        .channel = STR("mock"),
        .name = STR("simulated"),
        .account_no = STR(MOCK_NO),
        .methods = {&method, 1},
        .base_url = simulator->base_url,
        .credentials = str_printf(rig->arena, "{\"key\":\"%s\"}", key),
    };
    struct channel_account created;
    struct json_refusal refusal;

    assert_int_equal(rig_create(rig, &body, &created, &refusal), ERR_OK);
    return created.id;
}

static int set_up(void **state)
{
    (void)state;
    rig = rig_new("channel.refresh_pause = 0s\n");
    rig->now_ms = clock_now_ms(NULL);
    (void)admin("POST", "/admin/merchants",
                STR("{\"merchant_no\":\"" MOCK_NO "\",\"key\":\"" RIG_MOCK_KEY "\"}"));
    mock_account = mock_account_with(RIG_MOCK_KEY);
    certificate_account = certificate_mode_account();
    public_key_account = public_key_mode_account();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)admin("DELETE", "/admin/faults", STR(""));
    rig_free(rig);
    return 0;
}

/* ---- rules, for each account ---- */

static const int64_t *const accounts[] = {&mock_account, &certificate_account, &public_key_account};

static const char *next_order(void)
{
    return str_cstr(arena, str_printf(arena, "SIM%d%05d", simulator->pid, ++orders));
}

static enum channel_outcome outcome(int64_t account, enum channel_op op, const char *order_no)
{
    return rig_call(rig, account, op, order_no).outcome;
}

static void an_order_is_placed_paid_and_told_by_callback_and_query(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(accounts); i++) {
        const char *order_no = next_order();
        struct channel_result placed, again, paid;

        placed = rig_call(rig, *accounts[i], CHANNEL_OP_CREATE, order_no);
        assert_int_equal(placed.outcome, CHANNEL_PENDING);
        again = rig_call(rig, *accounts[i], CHANNEL_OP_CREATE, order_no);
        assert_int_equal(again.outcome, CHANNEL_PENDING);
        assert_true(str_eq(again.qr, placed.qr));
        assert_int_equal(outcome(*accounts[i], CHANNEL_OP_QUERY, order_no), CHANNEL_PENDING);
        pay(placed.qr);
        assert_true(rig_wait_notices(rig, (int)i + 1));
        paid = rig_call(rig, *accounts[i], CHANNEL_OP_QUERY, order_no);
        assert_int_equal(paid.outcome, CHANNEL_SUCCEEDED);
        assert_int_equal(paid.amount.minor, 1288);
        assert_int_equal(paid.currency, CURRENCY_CNY);
        assert_true(paid.paid_at_ms / 1000 >= rig->now_ms / 1000);
        assert_true(str_eq(rig->last_notice.transaction_no, paid.transaction_no));
        assert_string_equal(str_cstr(rig->arena, rig->last_notice.order_no), order_no);
        assert_int_equal(rig->last_notice.amount.minor, 1288);
    }
}

static void a_paid_order_is_not_closed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(accounts); i++) {
        const char *order_no = next_order();

        pay(rig_call(rig, *accounts[i], CHANNEL_OP_CREATE, order_no).qr);
        assert_int_equal(outcome(*accounts[i], CHANNEL_OP_CLOSE, order_no), CHANNEL_UNKNOWN);
        assert_int_equal(outcome(*accounts[i], CHANNEL_OP_QUERY, order_no), CHANNEL_SUCCEEDED);
    }
    assert_true(rig_wait_notices(rig, (int)ARRAY_LEN(accounts)));
}

static void a_closed_order_stays_closed(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(accounts); i++) {
        const char *order_no = next_order();

        assert_int_equal(outcome(*accounts[i], CHANNEL_OP_CREATE, order_no), CHANNEL_PENDING);
        assert_int_equal(outcome(*accounts[i], CHANNEL_OP_CLOSE, order_no), CHANNEL_CLOSED);
        assert_int_equal(outcome(*accounts[i], CHANNEL_OP_CLOSE, order_no), CHANNEL_CLOSED);
        assert_int_equal(outcome(*accounts[i], CHANNEL_OP_QUERY, order_no), CHANNEL_CLOSED);
        assert_int_equal(outcome(*accounts[i], CHANNEL_OP_CREATE, order_no), CHANNEL_CLOSED);
    }
}

static void an_order_never_placed_is_not_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(accounts); i++) {
        const char *order_no = next_order();

        assert_int_equal(outcome(*accounts[i], CHANNEL_OP_QUERY, order_no), CHANNEL_NOT_FOUND);
        assert_int_equal(outcome(*accounts[i], CHANNEL_OP_CLOSE, order_no), CHANNEL_NOT_FOUND);
    }
}

static void the_same_number_with_other_content_settles_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(accounts); i++) {
        const char *order_no = next_order();
        struct channel_result result;

        assert_int_equal(outcome(*accounts[i], CHANNEL_OP_CREATE, order_no), CHANNEL_PENDING);
        rig->now_ms += 60000; /* another expiry */
        result = rig_call(rig, *accounts[i], CHANNEL_OP_CREATE, order_no);
        rig->now_ms -= 60000;
        assert_int_equal(result.outcome, CHANNEL_UNKNOWN);
        assert_int_equal(result.decline, DECLINE_DUPLICATE_ORDER);
    }
}

static void a_wrong_key_fails_or_settles_nothing(void **state)
{
    int64_t wrong_mock = mock_account_with("a-key-nobody-agreed-upon");
    struct wechat_peer stranger = peer;
    struct str config = str_printf(
        rig->arena, "{\"appid\":\"" WECHAT_PEER_APPID "\",\"merchant_serial\":\"" STR_FMT "\"}",
        STR_ARG(peer.merchant.serial));
    struct channel_result result;
    int64_t wrong_wechat;

    (void)state;
    stranger.arena = rig->arena;
    stranger.merchant.private_pem = peer.public_key.private_pem;
    wrong_wechat = wechat_account("1900000109", config, wechat_peer_credentials(&stranger));
    result = rig_call(rig, wrong_mock, CHANNEL_OP_CREATE, next_order());
    assert_int_equal(result.outcome, CHANNEL_UNKNOWN);
    result = rig_call(rig, wrong_wechat, CHANNEL_OP_CREATE, next_order());
    assert_int_equal(result.outcome, CHANNEL_FAILED);
    assert_int_equal(result.decline, DECLINE_CHANNEL_SIGNATURE_ERROR);
    assert_int_equal(outcome(wrong_wechat, CHANNEL_OP_QUERY, next_order()), CHANNEL_UNKNOWN);
}

static void an_app_that_is_not_bound_is_refused_for_good(void **state)
{
    struct str config = str_printf(
        rig->arena, "{\"appid\":\"wx0000000000000000\",\"merchant_serial\":\"" STR_FMT "\"}",
        STR_ARG(peer.merchant.serial));
    int64_t account = wechat_account("1900000109", config, wechat_peer_credentials(&peer));
    struct channel_result result = rig_call(rig, account, CHANNEL_OP_CREATE, next_order());

    (void)state;
    assert_int_equal(result.outcome, CHANNEL_FAILED);
    assert_true(str_eq(result.code, STR("APPID_MCHID_NOT_MATCH")));
}

/* ---- faults ---- */

/* Each leaves the outcome unknown, and the next try of the same order settles it. */
static void every_fault_of_an_answer_leaves_the_outcome_unknown(void **state)
{
    static const char *const kinds[] = {"error_500", "error_429",     "error_500_after",
                                        "slow",      "bad_signature", "answer_lost"};
    static const char *const creates[] = {"mock.create", "wechat.native", "wechat.native"};
    static const char *const queries[] = {"mock.query", "wechat.query", "wechat.query"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(accounts); i++) {
        for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
            const char *order_no = next_order();

            fault(creates[i], kinds[k]);
            assert_int_equal(outcome(*accounts[i], CHANNEL_OP_CREATE, order_no), CHANNEL_UNKNOWN);
            assert_int_equal(outcome(*accounts[i], CHANNEL_OP_CREATE, order_no), CHANNEL_PENDING);
            fault(queries[i], kinds[k]);
            assert_int_equal(outcome(*accounts[i], CHANNEL_OP_QUERY, order_no), CHANNEL_UNKNOWN);
            assert_int_equal(outcome(*accounts[i], CHANNEL_OP_QUERY, order_no), CHANNEL_PENDING);
        }
    }
}

static void an_unknown_serial_settles_nothing(void **state)
{
    const char *order_no = next_order();

    (void)state;
    fault("wechat.native", "unknown_serial");
    assert_int_equal(outcome(certificate_account, CHANNEL_OP_CREATE, order_no), CHANNEL_UNKNOWN);
    assert_int_equal(outcome(certificate_account, CHANNEL_OP_CREATE, order_no), CHANNEL_PENDING);
}

static void a_signed_falsehood_is_told_as_it_was_signed(void **state)
{
    static const char *const queries[] = {"mock.query", "wechat.query", "wechat.query"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(accounts); i++) {
        const char *order_no = next_order();
        struct channel_result truth, result;

        pay(rig_call(rig, *accounts[i], CHANNEL_OP_CREATE, order_no).qr);
        truth = rig_call(rig, *accounts[i], CHANNEL_OP_QUERY, order_no);
        fault(queries[i], "wrong_amount");
        result = rig_call(rig, *accounts[i], CHANNEL_OP_QUERY, order_no);
        assert_int_equal(result.outcome, CHANNEL_SUCCEEDED);
        assert_int_equal(result.amount.minor, 1289);
        fault(queries[i], "wrong_currency");
        assert_int_equal(rig_call(rig, *accounts[i], CHANNEL_OP_QUERY, order_no).currency,
                         CURRENCY_USD);
        fault(queries[i], "wrong_merchant");
        result = rig_call(rig, *accounts[i], CHANNEL_OP_QUERY, order_no);
        assert_int_equal(result.outcome, CHANNEL_SUCCEEDED);
        assert_false(str_eq(result.account_no, truth.account_no));
    }
}

static void a_callback_with_a_wrong_signature_is_refused_and_comes_again(void **state)
{
    (void)state;
    (void)admin("POST", "/admin/clock", STR("{\"speed\":100}"));
    for (size_t i = 0; i < ARRAY_LEN(accounts); i++) {
        fault(i == 0 ? "mock.callback" : "wechat.callback", "bad_signature");
        pay(rig_call(rig, *accounts[i], CHANNEL_OP_CREATE, next_order()).qr);
        assert_true(rig_wait_notices(rig, (int)i + 1));
    }
    (void)admin("POST", "/admin/clock", STR("{\"speed\":1}"));
}

static void a_rotated_certificate_is_fetched_when_it_signs(void **state)
{
    const char *order_no = next_order();

    (void)state;
    assert_int_equal(outcome(certificate_account, CHANNEL_OP_CREATE, order_no), CHANNEL_PENDING);
    for (int i = 0; i < 3; i++) {
        (void)admin("POST", "/admin/certificates/rotate", STR("{}"));
        assert_int_equal(outcome(certificate_account, CHANNEL_OP_QUERY, order_no), CHANNEL_PENDING);
    }
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_RIG(an_order_is_placed_paid_and_told_by_callback_and_query),
        WITH_RIG(a_paid_order_is_not_closed),
        WITH_RIG(a_closed_order_stays_closed),
        WITH_RIG(an_order_never_placed_is_not_found),
        WITH_RIG(the_same_number_with_other_content_settles_nothing),
        WITH_RIG(a_wrong_key_fails_or_settles_nothing),
        WITH_RIG(an_app_that_is_not_bound_is_refused_for_good),
        WITH_RIG(every_fault_of_an_answer_leaves_the_outcome_unknown),
        WITH_RIG(an_unknown_serial_settles_nothing),
        WITH_RIG(a_signed_falsehood_is_told_as_it_was_signed),
        WITH_RIG(a_callback_with_a_wrong_signature_is_refused_and_comes_again),
        WITH_RIG(a_rotated_certificate_is_fetched_when_it_signs),
    };
    int failed;

    arena = arena_new();
    simulator = simulator_start(arena);
    peer = wechat_peer(arena);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    simulator_stop(simulator);
    arena_free(arena);
    return failed;
}

/* Operators' keys through their commands, on both databases: in which order they are refused, and
 * what is noted. */
#include "base/time.h"
#include "business/operator/operator_int.h"
#include "test/lib/each_database.h"
#include "test/lib/payment_kit.h"

#define assert_ok(expr) assert_string_equal(err_code(expr), err_code(ERR_OK))
#define assert_err(expr, err_) assert_string_equal(err_code(expr), err_code(err_))
#define assert_refused(till, expr, err_, param_)                                                   \
    do {                                                                                           \
        assert_err(expr, err_);                                                                    \
        assert_string_equal((till)->param, (param_));                                              \
    } while (0)

enum { MAKER = 7, CHECKER, STRANGER, MERCHANTS, FIRST_NEW = 100 };

static struct auth_key key_of(int64_t id, const char *name, const char *permissions)
{
    return (struct auth_key){
        .id = id,
        .algorithm = AUTH_BEARER,
        .name = str_of(name),
        .permissions = str_of(permissions),
        .secret = STR("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
        .public_key = STR(""),
        .status = AUTH_KEY_ACTIVE,
        .version = 1,
    };
}

static void insert(struct till *till, const struct auth_key *key)
{
    assert_ok(till_run(till, &operator_insert_kind, key, NULL));
}

static int set_up(void **state)
{
    struct till *till = till_open(*state, CHANNEL_FUND_COLLECT);
    const struct auth_key maker = key_of(MAKER, "Li", "ledger:* operator:write");
    const struct auth_key checker = key_of(CHECKER, "Wang", "*");
    const struct auth_key stranger = key_of(STRANGER, "", "ledger:read");
    struct auth_key merchants = key_of(MERCHANTS, "shop", "payment:read");

    insert(till, &maker);
    insert(till, &checker);
    insert(till, &stranger);
    merchants.algorithm = AUTH_HMAC_SHA256;
    merchants.merchant_id = till->merchant_id;
    assert_ok(till_run(till, &auth_key_insert_kind, &merchants, NULL));
    *state = till;
    return 0;
}

static int tear_down(void **state)
{
    till_close(*state);
    return 0;
}

/* ---- short ways ---- */

static struct operator_ask ask_of(int64_t id, const char *permissions)
{
    return (struct operator_ask){.key = key_of(id, "Zhao", permissions),
                                 .operator_id = MAKER,
                                 .reason = STR("new colleague")};
}

static int64_t asked(struct till *till, int64_t id)
{
    const struct operator_ask ask = ask_of(id, "ledger:read");
    struct review_item item;

    assert_ok(till_run(till, &operator__ask_kind, &ask, &item));
    return item.id;
}

static enum err approve(struct till *till, int64_t review_id)
{
    struct review_kinds kinds = {0};
    const struct review_decide arg = {
        .kinds = &kinds, .review_id = review_id, .key_id = CHECKER, .permissions = STR("*")};
    struct review_item item;

    review_kinds_add(&kinds, &operator__review);
    return till_run(till, &review_approve_kind, &arg, &item);
}

static enum err revoke_key(struct till *till, int64_t key_id)
{
    const struct operator_revoke arg = {
        .key_id = key_id, .operator_id = CHECKER, .reason = STR("has left")};
    struct auth_key key;

    return till_run(till, &operator_revoke_kind, &arg, &key);
}

static enum err rotate(struct till *till, struct operator_rotate *arg, struct auth_key *key)
{
    arg->rotate.next = key_of(arg->rotate.next.id + 1, "", "*");
    return till_run(till, &operator__rotate_kind, arg, key);
}

struct reading {
    struct till *till;
    int64_t key_id;
    struct auth_key key;
    struct operator_change *changes;
    size_t count;
    enum err err;
};

static void read_it(void *ctx, struct reader *reader)
{
    struct reading *reading = ctx;
    const struct operator_change_page page = {reading->key_id, INT64_MAX, 100};

    assert_ok(operator__read_changes(reader, &page, reading->till->arena, &reading->changes,
                                     &reading->count));
    reading->err = auth_key_read(reader, reading->key_id, reading->till->arena, &reading->key);
}

static struct reading read_key(struct till *till, int64_t key_id)
{
    struct reading reading = {.till = till, .key_id = key_id};

    assert_ok(store_read(till->store, read_it, &reading));
    return reading;
}

/* ---- permissions ---- */

static void who_has_permissions_may_give_those_they_cover(void **state)
{
    static const struct {
        const char *has;
        const char *gives;
        bool covers;
    } rows[] = {
        {"*", "* a:* a:b", true},      {"a:*", "a:* a:b a:c", true}, {"a:b c:d", "c:d a:b", true},
        {"a:* b:*", "*", false},       {"a:b a:c", "a:*", false},    {"a:b", "a:b a:c", false},
        {"a:*", "ab:c", false},        {"", "a:b", false},           {"a:b", "*", false},
        {"payment:*", "pay:*", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (auth_covers(str_of(rows[i].has), str_of(rows[i].gives)) != rows[i].covers) {
            fail_msg("%s gives %s", rows[i].has, rows[i].gives);
        }
    }
}

/* ---- the order of refusals: all is wrong at once; each step mends the first thing ---- */

static void the_refusals_of_making_come_in_the_documented_order(void **state)
{
    struct till *till = *state;
    struct operator_ask ask = ask_of(FIRST_NEW, "ledger:read rate:read");
    struct review_item item;
    int64_t review_id;

    ask.reason = STR("");
    ask.operator_id = MERCHANTS;
    assert_refused(till, till_run(till, &operator__ask_kind, &ask, &item), ERR_FIELD_REQUIRED,
                   "reason");
    ask.reason = STR("new colleague");
    assert_err(till_run(till, &operator__ask_kind, &ask, &item), ERR_AUTH_KEY_NOT_FOUND);
    ask.operator_id = MAKER;
    review_id = asked(till, FIRST_NEW + 1);
    assert_refused(till, till_run(till, &operator__ask_kind, &ask, &item), ERR_AUTH_PERMISSION,
                   "permissions");
    assert_ok(revoke_key(till, MAKER));
    assert_refused(till, till_run(till, &operator__ask_kind, &ask, &item), ERR_AUTH_KEY_REVOKED,
                   "maker");
    assert_refused(till, approve(till, review_id), ERR_AUTH_KEY_REVOKED, "maker");
    assert_err(read_key(till, FIRST_NEW + 1).err, ERR_AUTH_KEY_NOT_FOUND);
}

static void the_refusals_of_rotating_come_in_the_documented_order(void **state)
{
    struct till *till = *state;
    const struct auth_key second = key_of(FIRST_NEW, "Li", "ledger:* rate:read");
    struct operator_rotate arg = {
        .rotate = {.key_id = MERCHANTS, .next = {.id = FIRST_NEW + 1}, .operators = true},
        .operator_id = STRANGER,
        .permissions = STR("ledger:*"),
    };
    struct auth_key key;

    insert(till, &second);
    assert_ok(revoke_key(till, FIRST_NEW));
    assert_err(rotate(till, &arg, &key), ERR_AUTH_KEY_NOT_FOUND);
    arg.rotate.key_id = FIRST_NEW;
    assert_err(rotate(till, &arg, &key), ERR_OPERATOR_NOT_OWN);
    arg.operator_id = MAKER;
    assert_refused(till, rotate(till, &arg, &key), ERR_AUTH_PERMISSION, "permissions");
    arg.permissions = STR("*");
    assert_err(rotate(till, &arg, &key), ERR_AUTH_KEY_REVOKED);
    arg.rotate.key_id = MAKER;
    assert_ok(rotate(till, &arg, &key));
}

/* ---- what comes of it ---- */

static void an_approved_key_is_what_was_asked_for_and_is_noted(void **state)
{
    struct till *till = *state;
    int64_t review_id = asked(till, FIRST_NEW);
    struct reading reading;

    assert_err(read_key(till, FIRST_NEW).err, ERR_AUTH_KEY_NOT_FOUND);
    assert_ok(approve(till, review_id));
    reading = read_key(till, FIRST_NEW);
    assert_ok(reading.err);
    assert_true(str_eq(reading.key.name, STR("Zhao")));
    assert_true(str_eq(reading.key.permissions, STR("ledger:read")));
    assert_true(str_eq(reading.key.secret, key_of(0, "", "").secret));
    assert_int_equal(reading.key.algorithm, AUTH_BEARER);
    assert_int_equal(reading.key.status, AUTH_KEY_ACTIVE);
    assert_int_equal(reading.count, 1);
    assert_int_equal(reading.changes[0].action, OPERATOR_MADE);
    assert_int_equal(reading.changes[0].operator_id, MAKER);
    assert_int_equal(reading.changes[0].review_id, review_id);
    assert_true(str_eq(reading.changes[0].reason, STR("new colleague")));
}

static void a_rotated_key_gives_no_more_and_lives_no_longer(void **state)
{
    struct till *till = *state;
    const int64_t ends_ms = TILL_START_MS + 30 * TIME_DAY_MS;
    struct auth_key old = key_of(FIRST_NEW, "Li", "ledger:read"), key;
    struct operator_rotate arg = {
        .rotate = {.key_id = FIRST_NEW,
                   .next = {.id = FIRST_NEW + 1},
                   .overlap_ms = TIME_DAY_MS,
                   .operators = true},
        .operator_id = FIRST_NEW,
        .permissions = STR("ledger:read"),
    };
    struct reading reading;

    old.expires_at_ms = ends_ms;
    insert(till, &old);
    assert_ok(rotate(till, &arg, &key));
    assert_int_equal(key.id, FIRST_NEW + 2);
    assert_true(str_eq(key.name, STR("Li")));
    assert_true(str_eq(key.permissions, STR("ledger:read")));
    assert_int_equal(key.expires_at_ms, ends_ms);
    reading = read_key(till, FIRST_NEW);
    assert_true(reading.key.expires_at_ms < ends_ms);
    assert_int_equal(reading.count, 2);
    assert_int_equal(reading.changes[0].action, OPERATOR_ROTATED);
    assert_int_equal(reading.changes[0].next_key_id, key.id);
}

static void a_revocation_is_noted_once(void **state)
{
    struct till *till = *state;
    struct reading reading;

    assert_err(revoke_key(till, MERCHANTS), ERR_AUTH_KEY_NOT_FOUND);
    assert_ok(revoke_key(till, STRANGER));
    assert_ok(revoke_key(till, STRANGER));
    reading = read_key(till, STRANGER);
    assert_int_equal(reading.key.status, AUTH_KEY_REVOKED);
    assert_int_equal(reading.count, 2);
    assert_int_equal(reading.changes[0].action, OPERATOR_REVOKED);
    assert_int_equal(reading.changes[0].operator_id, CHECKER);
    assert_true(str_eq(reading.changes[0].reason, STR("has left")));
    assert_int_equal(reading.changes[1].operator_id, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_has_permissions_may_give_those_they_cover),
        cmocka_unit_test(the_refusals_of_making_come_in_the_documented_order),
        cmocka_unit_test(the_refusals_of_rotating_come_in_the_documented_order),
        cmocka_unit_test(an_approved_key_is_what_was_asked_for_and_is_noted),
        cmocka_unit_test(a_rotated_key_gives_no_more_and_lives_no_longer),
        cmocka_unit_test(a_revocation_is_noted_once),
    };

    return run_on_each_database(tests, ARRAY_LEN(tests), set_up, tear_down);
}

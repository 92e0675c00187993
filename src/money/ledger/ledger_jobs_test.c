/* Holds expire by themselves: the durable timer set with the hold fires the command. */
#include "base/time.h"
#include "test/lib/ledger_kit_test.h"

enum { MERCHANT = 11, WAIT_MS = 5000 };

struct service {
    struct books *books;
    struct app app;
    struct ledger_state ledger;
    struct loop *loop;
    int64_t account;
};

static struct service service_open(void **state)
{
    struct service s = {.books = books_open(*state)};

    s.account = books_account(s.books, MERCHANT, LEDGER_CODE_SUSPENSE, CURRENCY_CNY);
    return s;
}

static void service_start(struct service *s)
{
    static const struct module *const modules[] = {&ledger_module};

    s->app.modules = modules;
    s->app.module_count = ARRAY_LEN(modules);
    s->app.states[0] = &s->ledger;
    s->loop = loop_new("timers", 0, &s->books->clock);
    loop_start(s->loop);
    s->app.store = s->books->store;
    s->app.clock = &s->books->clock;
    s->app.timers = timers_start(&s->app, s->books->store, s->loop, ledger_module.timers,
                                 ledger_module.timer_count);
}

static void service_close(struct service *s)
{
    timers_stop(s->app.timers);
    store_close(s->books->store);
    s->books->store = NULL;
    loop_stop(s->loop);
    loop_free(s->loop);
    timers_free(s->app.timers);
    books_close(s->books);
}

static int64_t place_until(struct service *s, int64_t expires_at_ms)
{
    const struct ledger_hold_place arg = {
        .reference = books_reference(s->books, LEDGER_OPERATION_HOLD),
        .account_id = s->account,
        .kind = LEDGER_HOLD_PREAUTHORISATION,
        .amount = AMOUNT(100),
        .expires_at_ms = expires_at_ms,
    };
    struct ledger_held held;

    assert_ok(books_command(s->books, &ledger_place_kind, &arg, &held));
    return held.hold_id;
}

/* Waits until the account has so much held. */
static void wait_for_held(struct service *s, int64_t amount)
{
    for (int waited = 0; books_get(s->books, s->account).held.minor != amount; waited += 5) {
        assert_true(waited < WAIT_MS);
        uv_sleep(5);
    }
}

static void a_hold_is_given_back_when_its_time_comes(void **state)
{
    struct service s = service_open(state);

    (void)place_until(&s, BOOKS_START_MS + 10);
    counter_set(&s.books->now_ms, BOOKS_START_MS + 10);
    service_start(&s);
    wait_for_held(&s, 0); /* the service has started */
    (void)place_until(&s, BOOKS_START_MS + 40);
    (void)place_until(&s, BOOKS_START_MS + TIME_DAY_MS);
    wait_for_held(&s, 200);
    counter_set(&s.books->now_ms, BOOKS_START_MS + 40);
    wait_for_held(&s, 100);
    books_assert_right(s.books);
    service_close(&s);
}

static void a_hold_that_ran_out_while_nobody_looked_is_given_back(void **state)
{
    struct service s = service_open(state);

    (void)place_until(&s, BOOKS_START_MS + 1000);
    books_reopen(s.books);
    counter_set(&s.books->now_ms, BOOKS_START_MS + TIME_DAY_MS);
    service_start(&s);
    wait_for_held(&s, 0);
    books_assert_right(s.books);
    service_close(&s);
}

static int64_t wait_in_line(struct service *s, int64_t account_id, int64_t rank,
                            int64_t starts_at_ms)
{
    const struct ledger_hold_place arg = {
        .reference = books_reference(s->books, LEDGER_OPERATION_HOLD),
        .account_id = account_id,
        .kind = LEDGER_HOLD_JUDICIAL,
        .amount = AMOUNT(100),
        .may_wait = true,
        .rank = rank,
        .starts_at_ms = starts_at_ms,
    };
    struct ledger_held held;

    assert_ok(books_command(s->books, &ledger_place_kind, &arg, &held));
    return held.hold_id;
}

static void get_hold_run(struct books *books, struct reader *reader, void *ctx)
{
    struct ledger_hold *hold = ctx;

    assert_ok(ledger_read_hold(reader, hold->id, books->arena, hold));
}

static enum ledger_hold_status status_of(struct service *s, int64_t hold_id)
{
    struct ledger_hold hold = {.id = hold_id};

    books_read(s->books, get_hold_run, &hold);
    return hold.status;
}

/* 轮候: three wait for money that is enough for one. */
static void the_lowest_rank_of_those_that_wait_goes_first(void **state)
{
    struct service s = service_open(state);
    int64_t merchant = books_account(s.books, MERCHANT, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY);
    int64_t third = wait_in_line(&s, merchant, 3, BOOKS_START_MS + 1000);
    int64_t first = wait_in_line(&s, merchant, 1, BOOKS_START_MS + 1000);
    int64_t second = wait_in_line(&s, merchant, 2, BOOKS_START_MS + 1000);

    assert_ok(books_transfer(s.books, s.account, merchant, 100));
    counter_set(&s.books->now_ms, BOOKS_START_MS + 1000);
    s.account = merchant;
    service_start(&s);
    wait_for_held(&s, 100);
    assert_int_equal(status_of(&s, first), LEDGER_HOLD_OPEN);
    assert_int_equal(status_of(&s, second), LEDGER_HOLD_WAITING);
    assert_int_equal(status_of(&s, third), LEDGER_HOLD_WAITING);
    books_assert_right(s.books);
    service_close(&s);
}

static void wait_for_awaited(struct service *s, int64_t account_id, int64_t amount)
{
    for (int waited = 0; books_get(s->books, account_id).awaited.minor != amount; waited += 5) {
        assert_true(waited < WAIT_MS);
        uv_sleep(5);
    }
}

static void a_hold_that_found_too_little_is_tried_again_a_minute_later(void **state)
{
    enum { BEGIN_MS = 1000, AGAIN_MS = 60 * 1000, LOOK_MS = 100 };
    struct service s = service_open(state);
    int64_t merchant = books_account(s.books, MERCHANT, LEDGER_CODE_MERCHANT_PAYABLE, CURRENCY_CNY);
    int64_t hold = wait_in_line(&s, merchant, 1, BOOKS_START_MS + BEGIN_MS);
    int64_t commit_no;

    counter_set(&s.books->now_ms, BOOKS_START_MS + BEGIN_MS);
    service_start(&s);
    wait_for_awaited(&s, merchant, 100);
    assert_ok(books_transfer(s.books, s.account, merchant, 100));
    commit_no = store_commit_no(s.books->store);
    counter_set(&s.books->now_ms, BOOKS_START_MS + BEGIN_MS + AGAIN_MS - 1);
    uv_sleep(LOOK_MS);
    assert_int_equal(store_commit_no(s.books->store), commit_no);
    assert_int_equal(status_of(&s, hold), LEDGER_HOLD_WAITING);
    counter_set(&s.books->now_ms, BOOKS_START_MS + BEGIN_MS + AGAIN_MS);
    (void)place_until(&s, BOOKS_START_MS + BEGIN_MS + AGAIN_MS + 1); /* timers look at the clock */
    s.account = merchant;
    wait_for_held(&s, 100);
    assert_int_equal(status_of(&s, hold), LEDGER_HOLD_OPEN);
    books_assert_right(s.books);
    service_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hold_is_given_back_when_its_time_comes),
        cmocka_unit_test(the_lowest_rank_of_those_that_wait_goes_first),
        cmocka_unit_test(a_hold_that_found_too_little_is_tried_again_a_minute_later),
        cmocka_unit_test(a_hold_that_ran_out_while_nobody_looked_is_given_back),
    };

    return books_run_tests(tests, ARRAY_LEN(tests));
}

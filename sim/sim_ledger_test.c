#include "sim/sim_ledger.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
    char directory[32];
    char path[64]; /* of the journal */
    struct sim_merchants merchants;
    struct sim_ledger *ledger;
    struct sim_merchant *merchant;
} world;

static enum err open_ledger(size_t orders_max)
{
    const struct sim_ledger_options options = {.directory = str_of(world.directory),
                                               .orders_max = orders_max,
                                               .merchants = &world.merchants};
    char problem[256];

    return sim_ledger_open(&options, problem, &world.ledger);
}

static void close_ledger(void)
{
    sim_ledger_free(world.ledger);
    world.ledger = NULL;
    sim_merchants_free(&world.merchants);
}

/* As after a restart: nothing is left but the journal. */
static void reopen(void)
{
    close_ledger();
    assert_int_equal(open_ledger(100000), ERR_OK);
    world.merchant = sim_merchant_find(&world.merchants, SIM_MOCK, STR("M1"));
    assert_non_null(world.merchant);
}

static int setup(void **state)
{
    const struct sim_merchant_setup merchant = {.merchant_no = STR("M1"),
                                                .key = STR("sixteen characters")};
    struct json_refusal refusal;

    (void)state;
    (void)snprintf(world.directory, sizeof(world.directory), "/tmp/sim-ledger-XXXXXX");
    assert_non_null(mkdtemp(world.directory));
    (void)snprintf(world.path, sizeof(world.path), "%s/journal.jsonl", world.directory);
    assert_int_equal(open_ledger(100000), ERR_OK);
    assert_int_equal(sim_merchant_set(&world.merchants, &merchant, &refusal, &world.merchant),
                     ERR_OK);
    sim_ledger_keep_merchant(world.ledger, world.merchant);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    close_ledger();
    assert_int_equal(unlink(world.path), 0);
    assert_int_equal(rmdir(world.directory), 0);
    return 0;
}

static struct sim_order *make(const char *order_no)
{
    const struct sim_order_create create = {.merchant = world.merchant,
                                            .order_no = str_of(order_no),
                                            .amount = AMOUNT(100),
                                            .currency = CURRENCY_CNY,
                                            .subject = STR("\"quoted\"\n值"),
                                            .notify_url = STR("http://127.0.0.1/x"),
                                            .attach = STR("note"),
                                            .now_ms = INT64_C(1767225600000),
                                            .expires_ms = INT64_C(1767225700000),
                                            .content = {1, 2, 3, 0xFF}};
    struct sim_order *order;

    assert_int_equal(sim_order_create(world.ledger, &create, &order), ERR_OK);
    return order;
}

static struct sim_order *find(const char *order_no)
{
    return sim_order_find(world.ledger, world.merchant, str_of(order_no));
}

static void orders_are_found_by_each_of_their_names(void **state)
{
    char name[32];
    char token[SIM_TOKEN_LEN + 1];
    char transaction[SIM_TRANSACTION_MAX];

    (void)state;
    for (int i = 0; i < 5000; i++) { /* the table grows on the way */
        (void)snprintf(name, sizeof(name), "order-%d", i);
        (void)make(name);
    }
    for (int i = 0; i < 5000; i += 99) {
        struct sim_order *order;

        (void)snprintf(name, sizeof(name), "order-%d", i);
        order = find(name);
        assert_non_null(order);
        sim_order_token(order, token);
        assert_ptr_equal(sim_order_by_token(world.ledger, str_of(token)), order);
        sim_order_paid(world.ledger, order, 1);
        sim_order_transaction(order, transaction);
        assert_ptr_equal(sim_order_by_transaction(world.ledger, str_of(transaction)), order);
    }
    assert_null(find("order-5000"));
    token[0] = '_';
    assert_null(sim_order_by_token(world.ledger, str_of(token)));
    assert_null(sim_order_by_token(world.ledger, STR("zzzzzzzzzzzz")));
    assert_null(sim_order_by_transaction(world.ledger, STR("M200001010000000001x")));
    assert_null(sim_order_by_transaction(world.ledger, STR("M999999990000000001")));
}

static void what_became_of_orders_is_read_back(void **state)
{
    const struct sim_order *order;

    (void)state;
    (void)make("open");
    sim_order_closed(world.ledger, make("closed"), 2000);
    order = make("paid");
    sim_order_paid(world.ledger, find("paid"), 3000);
    sim_order_acknowledged(world.ledger, find("paid"), 4000);
    reopen();
    assert_int_equal(sim_ledger_count(world.ledger), 3);
    order = find("open");
    assert_int_equal(order->status, SIM_PENDING);
    assert_int_equal(order->amount.minor, 100);
    assert_int_equal(order->currency, CURRENCY_CNY);
    assert_int_equal(order->created_ms, INT64_C(1767225600000));
    assert_int_equal(order->expires_ms, INT64_C(1767225700000));
    assert_true(str_eq(order->subject, STR("\"quoted\"\n值")));
    assert_true(str_eq(order->notify_url, STR("http://127.0.0.1/x")));
    assert_true(str_eq(order->attach, STR("note")));
    assert_int_equal(order->content[3], 0xFF);
    assert_int_equal(find("closed")->status, SIM_CLOSED);
    assert_int_equal(find("closed")->closed_ms, 2000);
    assert_int_equal(find("paid")->status, SIM_SUCCEEDED);
    assert_int_equal(find("paid")->paid_ms, 3000);
    assert_int_equal(find("paid")->acknowledged_ms, 4000);
}

static void append(const char *text)
{
    int fd = open(world.path, O_WRONLY | O_APPEND);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
}

static void a_torn_last_line_is_cut_off(void **state)
{
    (void)state;
    (void)make("first");
    append("{\"paid\":{\"numb");
    reopen();
    assert_int_equal(find("first")->status, SIM_PENDING);
    (void)make("second");
    reopen();
    assert_int_equal(sim_ledger_count(world.ledger), 2);
}

static void a_journal_that_is_not_ours_is_refused(void **state)
{
    static const char *const lines[] = {
        "{\"paid\":{\"number\":9,\"at_ms\":1}}\n",
        "no json\n",
        "{\"unknown\":{}}\n",
        "{\"merchant\":{\"merchant_no\":\"M2\"}}\n",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        struct stat before;

        close_ledger();
        assert_int_equal(stat(world.path, &before), 0);
        append(lines[i]);
        assert_int_not_equal(open_ledger(100000), ERR_OK);
        sim_merchants_free(&world.merchants);
        assert_int_equal(truncate(world.path, before.st_size), 0);
        assert_int_equal(open_ledger(100000), ERR_OK);
    }
}

static void the_journal_is_private(void **state)
{
    struct stat stat_;

    (void)state;
    assert_int_equal(stat(world.path, &stat_), 0);
    assert_int_equal(stat_.st_mode & 0777, 0600);
}

static void full_books_refuse_orders(void **state)
{
    struct sim_order_create create = {.currency = CURRENCY_CNY, .order_no = STR("second")};
    struct sim_order *order;

    (void)state;
    (void)make("first");
    close_ledger();
    assert_int_equal(open_ledger(1), ERR_OK);
    create.merchant = world.merchants.first;
    assert_int_equal(sim_order_create(world.ledger, &create, &order), ERR_QUEUE_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(orders_are_found_by_each_of_their_names, setup, teardown),
        cmocka_unit_test_setup_teardown(what_became_of_orders_is_read_back, setup, teardown),
        cmocka_unit_test_setup_teardown(a_torn_last_line_is_cut_off, setup, teardown),
        cmocka_unit_test_setup_teardown(a_journal_that_is_not_ours_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(the_journal_is_private, setup, teardown),
        cmocka_unit_test_setup_teardown(full_books_refuse_orders, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The exit status of the commands about contracts. */
#include "business/rate/rate_cli.h"

#include "test/lib/payment_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>

static int set_up(void **state)
{
    *state = till_open("sqlite", CHANNEL_FUND_DIRECT);
    return 0;
}

static int tear_down(void **state)
{
    till_close(*state);
    return 0;
}

/* Words separated by blanks; %M stands for the id of the till's merchant. */
static int type(struct till *till, const char *line)
{
    struct app app = {.clock = &till->clock, .store = till->store};
    struct str rest = str_of(line), word;
    char *argv[16];
    int argc = 0;
    bool more = true;

    while (more) {
        more = str_cut(&rest, ' ', &word);
        if (str_eq(word, STR("%M"))) {
            word = id_str(till->arena, "mer", till->merchant_id);
        }
        argv[argc++] = str_cstr(till->arena, word);
    }
    return merchant_cli(&app, argc, argv, rate_contract_subs);
}

static void a_command_about_contracts_does_its_work_or_says_what_is_wrong(void **state)
{
    static const struct {
        const char *line;
        int status;
    } lines[] = {
        {"contract --merchant %M --rate 6000 --currency USD --min 1 --max 100", 0},
        {"contract --merchant %M --rate 5000 --method mock_qr --reason pilot", 0},
        {"contracts --merchant %M", 0},
        {"contract --merchant %M --rate 5000", 1}, /* a change is reviewed, for a reason */
        {"contract --merchant %M --rate 1 --min 2 --max 1 --reason pilot", 1},
        {"contract --merchant mer_0E9PPNNRR0000 --rate 1", 1},
        {"contract --merchant %M", 2},
        {"contract --merchant %M --rate 1000001", 2},
        {"contract --merchant %M --rate x", 2},
        {"contract --merchant %M --rate 1 --min -1", 2},
        {"contract --merchant %M --rate 1 --currency XXX", 2},
        {"contract --merchant %M --rate 1 --method 123456789012345678901234567890123", 2},
        {"contracts --merchant con_0E9PPNNRR0000", 2},
    };

    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        int status = type(*state, lines[i].line);

        if (status != lines[i].status) {
            fail_msg("%s: %d, not %d", lines[i].line, status, lines[i].status);
        }
    }
}

/* What the command line asks for, no operator has asked for: any of them may approve it. */
static void a_change_from_the_command_line_waits_for_an_operator(void **state)
{
    struct till *till = *state;
    const struct payment_create order = till_order(till);
    struct payment_change change;

    assert_int_equal(type(till, "contract --merchant %M --rate 5000 --reason pilot"), 0);
    assert_int_equal(till_create(till, &order, &change), ERR_OK);
    assert_int_equal(change.payment.fee_rate_millionths, 6000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_command_about_contracts_does_its_work_or_says_what_is_wrong, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_change_from_the_command_line_waits_for_an_operator,
                                        set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

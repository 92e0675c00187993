/* The exit status of every command, and that it did what it says. */
#include "business/merchant/merchant_cli.h"

#include "test/lib/payment_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above. */
#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

static int other(const struct merchant_cli *cli)
{
    return merchant_cli_option(cli, "--status")[0] - '0';
}

static const struct merchant_sub others[] = {{"other", other, " --status "}, {NULL, NULL, NULL}};

static const struct module *const modules[] = {&merchant_module};

struct terminal {
    struct till *till;
    struct app app;
    char dir[40];
};

static int set_up(void **state)
{
    static const char dir[] = "/tmp/merchant_cli.XXXXXX";
    struct terminal *t = mem_new(sizeof(*t));
    struct conf_problem problem;

    t->till = till_open("sqlite", CHANNEL_FUND_DIRECT);
    memcpy(t->dir, dir, sizeof(dir));
    assert_non_null(mkdtemp(t->dir));
    t->app = (struct app){.clock = &t->till->clock,
                          .store = t->till->store,
                          .modules = modules,
                          .module_count = ARRAY_LEN(modules)};
    assert_int_equal(vault_open(str_printf(t->till->arena, "%s/key", t->dir), true, &t->app.vault),
                     ERR_OK);
    assert_int_equal(conf_load(&merchant_module.conf, 1, STR(""), &t->app.conf, &problem), ERR_OK);
    *state = t;
    return 0;
}

static int tear_down(void **state)
{
    struct terminal *t = *state;

    vault_free(t->app.vault);
    conf_free(t->app.conf);
    (void)unlink(str_cstr(t->till->arena, str_printf(t->till->arena, "%s/key", t->dir)));
    (void)rmdir(t->dir);
    till_close(t->till);
    mem_free(t);
    return 0;
}

/* Words separated by blanks; %M and %A stand for the ids of the till's merchant and app. */
static int type(struct terminal *t, const char *line)
{
    struct arena *arena = t->till->arena;
    struct str rest = str_of(line), word;
    char *argv[16];
    int argc = 0;
    bool more = line[0] != '\0';

    while (more) {
        more = str_cut(&rest, ' ', &word);
        if (str_eq(word, STR("%M"))) {
            word = id_str(arena, "mer", t->till->merchant_id);
        } else if (str_eq(word, STR("%A"))) {
            word = id_str(arena, "app", t->till->app_id);
        }
        argv[argc++] = str_cstr(arena, word);
    }
    return merchant_cli(&t->app, argc, argv, others);
}

static void every_command_does_its_work(void **state)
{
    static const char *const lines[] = {
        "--help",
        "create --no N1 --name Shop --fund-mode direct",
        "list",
        "show --id %M",
        "app --merchant %M --name web",
        "apps --merchant %M",
        "key --merchant %M --app %A --permissions webhook:read",
        "keys --merchant %M",
        "other --status 0",
        "endpoint --merchant %M --url https://shop.example/hook --events payment.*",
        "endpoints --merchant %M",
        "operator-key --name ops --permissions merchant:read",
        "operator-keys",
        "suspend --id %M",
        "activate --id %M",
        "close --id %M",
    };

    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        if (type(*state, lines[i]) != 0) {
            fail_msg("refused: %s", lines[i]);
        }
    }
}

static void misuse_is_told_from_refusal(void **state)
{
    static const struct {
        const char *line;
        int status;
    } lines[] = {
        {"", 2},
        {"nothing", 2},
        {"create --no N1", 2},
        {"create --name Shop", 2},
        {"create --no N1 --name Shop --fund-mode both", 2},
        {"create --no N1 --name Shop --fund-mode collect", 1},
        {"create --no N1 --name", 2},
        {"list --id %M", 2},
        {"show --id mer_1", 2},
        {"show --id mer_0E9PPNNRR0000", 1},
        {"other --status 1", 1},
        {"other --rate 1", 2},
        {"endpoint --merchant %M --url ftp://x", 2},
        {"key --merchant %M --app %A --permissions Payment", 2},
        {"key --merchant %M --app %A --permissions webhook:raed", 2},
        {"key --merchant %M --app %A --permissions merchant:read", 2}, /* an operator's */
        {"operator-key --permissions merchant:raed", 2},
        {"operator-key --permissions merchants:*", 2},
        {"operator-key --permissions Merchant", 2},
        {"rotate --key key_0E9PPNNRR0000", 1},
        {"rotate --key key_0E9PPNNRR0000 --overlap -1", 2},
        {"revoke --key key_0E9PPNNRR0000", 1},
        {"revoke --key op_0E9PPNNRR0000", 1},
        {"revoke --key pay_0E9PPNNRR0000", 2},
    };

    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        int status = type(*state, lines[i].line);

        if (status != lines[i].status) {
            fail_msg("%s: %d, not %d", lines[i].line, status, lines[i].status);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_command_does_its_work, set_up, tear_down),
        cmocka_unit_test_setup_teardown(misuse_is_told_from_refusal, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "test/lib/channel_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>

#define BODY                                                                                       \
    "{\"channel\":\"mock\",\"name\":\"Shop\",\"account_no\":\"M1\",\"methods\":[\"mock_qr\"],"     \
    "\"base_url\":\"" STR_FMT "\",\"credentials\":{\"key\":\"" RIG_MOCK_KEY "\"}}"

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

struct run {
    int status;
    char out[8192];
    char err[8192];
};

static int redirect(int fd, const char *name)
{
    int kept = dup(fd);
    int file = open(str_cstr(rig->arena, str_printf(rig->arena, "%s/%s", rig->dir, name)),
                    O_CREAT | O_TRUNC | O_RDWR, 0600);

    assert_true(kept >= 0 && file >= 0);
    assert_int_equal(dup2(file, fd), fd);
    assert_int_equal(close(file), 0);
    return kept;
}

static void restore(int fd, int kept, char *text, size_t size)
{
    ssize_t got = pread(fd, text, size - 1, 0);

    assert_true(got >= 0);
    text[got] = '\0';
    assert_int_equal(dup2(kept, fd), fd);
    assert_int_equal(close(kept), 0);
}

/* `tomato channel verb [argument]`. */
static struct run tomato_channel(const char *verb, const char *argument)
{
    char *argv[] = {str_cstr(rig->arena, str_of(verb)),
                    argument == NULL ? NULL : str_cstr(rig->arena, str_of(argument))};
    struct run run;
    int out, err;

    assert_int_equal(fflush(NULL), 0);
    out = redirect(STDOUT_FILENO, "out");
    err = redirect(STDERR_FILENO, "err");
    run.status = channel_cli(&rig->app, argument == NULL ? 1 : 2, argv);
    assert_int_equal(fflush(NULL), 0);
    restore(STDERR_FILENO, err, run.err, sizeof(run.err));
    restore(STDOUT_FILENO, out, run.out, sizeof(run.out));
    return run;
}

static const char *file_with(struct str text)
{
    const char *path = str_cstr(rig->arena, str_printf(rig->arena, "%s/account.json", rig->dir));
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
    return path;
}

static const char *created_id(void)
{
    struct run run =
        tomato_channel("create", file_with(str_printf(rig->arena, BODY, STR_ARG(rig->base_url))));
    const char *id = strstr(run.out, "cha_");

    assert_int_equal(run.status, 0);
    assert_non_null(id);
    return str_cstr(rig->arena, (struct str){id, 4 + ID_TEXT_LEN});
}

static void an_account_is_created_listed_shown_and_switched(void **state)
{
    const char *id = created_id();
    struct run run;

    (void)state;
    run = tomato_channel("list", NULL);
    assert_int_equal(run.status, 0);
    assert_non_null(strstr(run.out, id));
    assert_null(strstr(run.out, RIG_MOCK_KEY));
    run = tomato_channel("disable", id);
    assert_int_equal(run.status, 0);
    assert_non_null(strstr(run.out, "\"status\":\"disabled\""));
    run = tomato_channel("show", id);
    assert_non_null(strstr(run.out, "\"status\":\"disabled\""));
    run = tomato_channel("enable", id);
    assert_non_null(strstr(run.out, "\"status\":\"enabled\""));
}

static void refusals_name_code_and_field(void **state)
{
    struct run run;

    (void)state;
    run = tomato_channel("create", file_with(STR("{\"channel\":\"mock\"}")));
    assert_int_equal(run.status, 1);
    assert_non_null(strstr(run.err, "field_required"));
    assert_non_null(strstr(run.err, "name"));
    run = tomato_channel("create", "/nowhere/account.json");
    assert_int_equal(run.status, 1);
    assert_non_null(strstr(run.err, "/nowhere/account.json"));
    run = tomato_channel("show", "cha_0000000000001");
    assert_int_equal(run.status, 1);
    assert_non_null(strstr(run.err, "channel_not_found"));
    assert_int_equal(tomato_channel("show", "pay_0000000000001").status, 1);
    assert_int_equal(tomato_channel("frobnicate", "cha_0000000000001").status, 2);
    assert_int_equal(tomato_channel("show", NULL).status, 2);
    run = tomato_channel("--help", NULL);
    assert_int_equal(run.status, 0);
    assert_non_null(strstr(run.out, "usage: tomato channel"));
}

static void an_account_is_tried_out(void **state)
{
    const char *id = created_id();
    struct run run;

    (void)state;
    rig->answer = (struct rig_answer){
        .status = 404, .body = "{\"code\":\"ORDER_NOT_FOUND\"}", .signed_ = true};
    run = tomato_channel("test", id);
    assert_int_equal(run.status, 0);
    assert_non_null(strstr(run.out, "\"outcome\":\"not_found\""));
    rig->answer.signed_ = false;
    run = tomato_channel("test", id);
    assert_int_equal(run.status, 1);
    assert_non_null(strstr(run.out, "\"outcome\":\"unknown\""));
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_RIG(an_account_is_created_listed_shown_and_switched),
        WITH_RIG(refusals_name_code_and_field),
        WITH_RIG(an_account_is_tried_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

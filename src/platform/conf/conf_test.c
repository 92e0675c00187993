#include "platform/conf/conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct conf_row http_rows[] = {
    {"http.port", CONF_INT, "9999", 0, 65535, "Port of the front door."},
    {"http.tls", CONF_BOOL, "false", 0, 0, "Whether to speak TLS."},
    {"http.idle", CONF_DURATION, "30s", 1000, 3600000, "Keep-alive without a request."},
    {"http.body_max", CONF_SIZE, "64k", 512, 16 << 20, "Largest body."},
    {"http.address", CONF_TEXT, "127.0.0.1", 1, 15, "Address to listen on."},
    {"http.note", CONF_TEXT, "", 0, 0, "Anything."},
};
static const struct conf_row store_rows[] = {
    {"store.key", CONF_SECRET, "", 0, 10, "Key of the vault."},
    {"store.url", CONF_TEXT, "sqlite:tomato.db", 0, 200, "Where the data are."},
    {"store.level", CONF_INT, "-5", -10, 0, "No upper limit."},
};
static const struct conf_row needed_rows[] = {
    {"needed.name", CONF_TEXT, NULL, 1, 10, "Has no default."},
};
static const struct conf_rows sets[] = {
    {http_rows, ARRAY_LEN(http_rows)},
    {store_rows, ARRAY_LEN(store_rows)},
    {needed_rows, ARRAY_LEN(needed_rows)},
};
enum { SETS = 2, SETS_WITH_NEEDED = 3 };

static char path[] = "/tmp/conf_test.XXXXXX";
static struct conf *conf;
static struct conf_problem problem;

static int set_up(void **state)
{
    int fd;

    (void)state;
    memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
    fd = mkstemp(path);
    conf = NULL;
    return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
    (void)state;
    conf_free(conf);
    return unlink(path);
}

static void write_file(struct str content)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_int_equal(fwrite(content.ptr, 1, content.len, file), content.len);
    assert_int_equal(fclose(file), 0);
}

static enum err load_file(const char *content)
{
    conf_free(conf);
    conf = NULL;
    write_file(str_of(content));
    return conf_load(sets, SETS, str_of(path), &conf, &problem);
}

static void assert_loads(const char *content)
{
    if (load_file(content) != ERR_OK) {
        fail_msg("%s", problem.text);
    }
}

/* expected: what follows the file's name. */
static void assert_refused(const char *content, enum err err, const char *expected)
{
    assert_int_equal(load_file(content), err);
    assert_null(conf);
    assert_memory_equal(problem.text, path, strlen(path));
    assert_string_equal(problem.text + strlen(path), expected);
}

static void assert_text(struct str actual, const char *expected)
{
    assert_true(str_eq(actual, str_of(expected)));
}

static void without_a_file_the_defaults_hold(void **state)
{
    struct secret key;

    (void)state;
    assert_int_equal(conf_load(sets, SETS, STR(""), &conf, &problem), ERR_OK);
    assert_int_equal(conf_int(conf, "http.port"), 9999);
    assert_false(conf_bool(conf, "http.tls"));
    assert_int_equal(conf_int(conf, "http.idle"), 30000);
    assert_int_equal(conf_int(conf, "http.body_max"), 65536);
    assert_text(conf_text(conf, "http.address"), "127.0.0.1");
    assert_text(conf_text(conf, "http.note"), "");
    assert_int_equal(conf_int(conf, "store.level"), -5);
    key = conf_secret(conf, "store.key");
    assert_false(secret_is_set(&key));
}

static void the_file_overrides_the_defaults(void **state)
{
    struct secret key;

    (void)state;
    assert_loads("# a comment = no key\n\n  http.port=80  \r\nhttp.tls = true\n"
                 "http.idle = 2m\nhttp.body_max = 1m\nhttp.note = a = b # c\n"
                 "store.key = s3cret # 1\nstore.level = 7");
    assert_int_equal(conf_int(conf, "http.port"), 80);
    assert_true(conf_bool(conf, "http.tls"));
    assert_int_equal(conf_int(conf, "http.idle"), 120000);
    assert_int_equal(conf_int(conf, "http.body_max"), 1 << 20);
    assert_text(conf_text(conf, "http.note"), "a = b # c");
    assert_int_equal(conf_int(conf, "store.level"), 7);
    key = conf_secret(conf, "store.key");
    assert_text(secret_bytes(&key), "s3cret # 1");
}

static void durations_and_sizes_have_units(void **state)
{
    static const struct {
        const char *line;
        const char *key;
        int64_t value;
    } rows[] = {
        {"http.idle = 1500ms", "http.idle", 1500},
        {"http.idle = 5s", "http.idle", 5000},
        {"http.idle = 1h", "http.idle", 3600000},
        {"http.body_max = 600", "http.body_max", 600},
        {"http.body_max = 2k", "http.body_max", 2048},
        {"http.body_max = 16m", "http.body_max", 16 << 20},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_loads(rows[i].line);
        assert_int_equal(conf_int(conf, rows[i].key), rows[i].value);
    }
}

static void a_bad_value_is_refused_with_its_line_and_limits(void **state)
{
    static const char idle[] =
        ":1: http.idle: must be a duration (500ms, 5s, 2m, 1h) from 1s to 1h";
    static const char size[] =
        ":1: http.body_max: must be a size in bytes (512, 64k, 16m, 1g) from 512 to 16m";
    static const char port[] = ":3: http.port: must be an integer from 0 to 65535";

    (void)state;
    assert_refused("\n\nhttp.port = 65536", ERR_CONF_VALUE, port);
    assert_refused("\n#\nhttp.port = -1", ERR_CONF_VALUE, port);
    assert_refused("\n\nhttp.port = 80 # web", ERR_CONF_VALUE, port);
    assert_refused("\n\nhttp.port = 0x50", ERR_CONF_VALUE, port);
    assert_refused("\n\nhttp.port =", ERR_CONF_VALUE, port);
    assert_refused("\n\nhttp.port = 99999999999999999999", ERR_CONF_VALUE, port);
    assert_refused("http.tls = yes", ERR_CONF_VALUE, ":1: http.tls: must be true or false");
    assert_refused("http.idle = 5", ERR_CONF_VALUE, idle);
    assert_refused("http.idle = 5 s", ERR_CONF_VALUE, idle);
    assert_refused("http.idle = s", ERR_CONF_VALUE, idle);
    assert_refused("http.idle = 2h", ERR_CONF_VALUE, idle);
    assert_refused("http.idle = 1d", ERR_CONF_VALUE, idle);
    assert_refused("http.idle = 9223372036854775807h", ERR_CONF_VALUE, idle);
    assert_refused("http.body_max = 1kb", ERR_CONF_VALUE, size);
    assert_refused("http.body_max = 17m", ERR_CONF_VALUE, size);
    assert_refused("http.address =", ERR_CONF_VALUE,
                   ":1: http.address: must be text of 1 to 15 characters");
    assert_refused("http.note = a\x01", ERR_CONF_VALUE, ":1: http.note: must be text");
    assert_refused("store.level = -11", ERR_CONF_VALUE,
                   ":1: store.level: must be an integer of at least -10");
}

static void a_refusal_never_repeats_a_value(void **state)
{
    (void)state;
    assert_refused("store.key = swordfishes", ERR_CONF_VALUE,
                   ":1: store.key: must be a secret of 0 to 10 characters");
}

static void unknown_and_repeated_keys_are_refused(void **state)
{
    (void)state;
    assert_refused("http.prot = 80", ERR_CONF_KEY, ":1: http.prot: there is no such key");
    assert_refused("HTTP.port = 80", ERR_CONF_KEY, ":1: HTTP.port: there is no such key");
    assert_refused("= 80", ERR_CONF_KEY, ":1: : there is no such key");
    assert_refused("http.port = 80\nhttp.port = 80", ERR_CONF_KEY,
                   ":2: http.port: is set in line 1 already");
}

static void what_is_no_configuration_file_is_refused(void **state)
{
    struct conf_problem missing;

    (void)state;
    assert_refused("http.port 80", ERR_CONF_FILE, ":1: must be `key = value` or a comment");
    assert_refused("# \xFF", ERR_CONF_FILE, ": must be UTF-8 text");
    write_file((struct str){"a\0b", 3});
    assert_int_equal(conf_load(sets, SETS, str_of(path), &conf, &problem), ERR_CONF_FILE);
    assert_int_equal(conf_load(sets, SETS, STR("/tmp/no/such/file"), &conf, &missing),
                     ERR_CONF_FILE);
    assert_string_equal(missing.text, "/tmp/no/such/file: No such file or directory");
    assert_int_equal(conf_load(sets, SETS, STR("/tmp"), &conf, &missing), ERR_CONF_FILE);
    assert_string_equal(missing.text, "/tmp: Is a directory");
}

static void a_file_without_end_is_refused(void **state)
{
    struct conf_problem endless;

    (void)state;
    assert_int_equal(conf_load(sets, SETS, STR("/dev/zero"), &conf, &endless), ERR_CONF_FILE);
    assert_string_equal(endless.text, "/dev/zero: is larger than a configuration can be");
}

static void the_environment_overrides_the_file(void **state)
{
    (void)state;
    assert_int_equal(setenv("TOMATO_HTTP_BODY_MAX", "2k", 1), 0);
    assert_int_equal(setenv("TOMATO_DIRECTORY", "of a script", 1), 0);
    assert_loads("http.body_max = 1k");
    assert_int_equal(conf_int(conf, "http.body_max"), 2048);
    assert_int_equal(unsetenv("TOMATO_HTTP_BODY_MAX"), 0);
    assert_int_equal(unsetenv("TOMATO_DIRECTORY"), 0);
}

static void a_bad_variable_is_refused_by_name(void **state)
{
    (void)state;
    assert_int_equal(setenv("TOMATO_HTTP_PORT", "http", 1), 0);
    assert_int_equal(load_file(""), ERR_CONF_VALUE);
    assert_string_equal(problem.text, "TOMATO_HTTP_PORT: must be an integer from 0 to 65535");
    assert_int_equal(unsetenv("TOMATO_HTTP_PORT"), 0);
    assert_int_equal(setenv("TOMATO_HTTP_PROT", "80", 1), 0);
    assert_int_equal(load_file(""), ERR_CONF_KEY);
    assert_string_equal(problem.text, "TOMATO_HTTP_PROT: there is no such key");
    assert_int_equal(unsetenv("TOMATO_HTTP_PROT"), 0);
}

static void a_key_without_default_must_be_set(void **state)
{
    (void)state;
    assert_int_equal(conf_load(sets, SETS_WITH_NEEDED, STR(""), &conf, &problem), ERR_CONF_VALUE);
    assert_string_equal(problem.text,
                        "needed.name: must be set, in the file or as TOMATO_NEEDED_NAME");
    write_file(STR("needed.name = x"));
    assert_int_equal(conf_load(sets, SETS_WITH_NEEDED, str_of(path), &conf, &problem), ERR_OK);
    assert_text(conf_text(conf, "needed.name"), "x");
}

static char *print_conf(struct buf *buf)
{
    buf_init(buf, 65536);
    conf_print(buf, conf);
    buf_add_char(buf, '\0');
    assert_true(buf_ok(buf));
    return buf->ptr;
}

static void the_printed_configuration_explains_itself(void **state)
{
    static const struct conf_rows few[] = {{http_rows, 3}, {store_rows, 2}};
    char expected[2048];
    struct buf buf;

    (void)state;
    assert_int_equal(setenv("TOMATO_HTTP_TLS", "true", 1), 0);
    write_file(STR("\nhttp.port = 80\nstore.key = hunter2\n"
                   "store.url = mysql://tomato:hunter2@db:3306/tomato\n"));
    assert_int_equal(conf_load(few, 2, str_of(path), &conf, &problem), ERR_OK);
    assert_true(snprintf(expected, sizeof(expected),
                         "# Port of the front door.\n"
                         "# Value: an integer from 0 to 65535; default 9999.\n"
                         "# Set: %s:2.\n"
                         "http.port = 80\n"
                         "\n"
                         "# Whether to speak TLS.\n"
                         "# Value: true or false; default false.\n"
                         "# Set: environment, TOMATO_HTTP_TLS.\n"
                         "http.tls = true\n"
                         "\n"
                         "# Keep-alive without a request.\n"
                         "# Value: a duration (500ms, 5s, 2m, 1h) from 1s to 1h; default 30s.\n"
                         "# Set: by default.\n"
                         "http.idle = 30s\n"
                         "\n"
                         "# Key of the vault.\n"
                         "# Value: a secret of 0 to 10 characters; empty by default.\n"
                         "# Set: %s:3.\n"
                         "# store.key = ****\n"
                         "\n"
                         "# Where the data are.\n"
                         "# Value: text of 0 to 200 characters; default sqlite:tomato.db.\n"
                         "# Set: %s:4.\n"
                         "# store.url = mysql://tomato:****@db:3306/tomato\n",
                         path, path, path) > 0);
    assert_string_equal(print_conf(&buf), expected);
    buf_free(&buf);
    assert_int_equal(unsetenv("TOMATO_HTTP_TLS"), 0);
}

static void the_printed_configuration_loads_to_the_same(void **state)
{
    struct buf first;
    struct buf second;

    (void)state;
    assert_loads("http.idle = 90s\nhttp.body_max = 1536\nhttp.note = # x = y\nstore.level = 0\n"
                 "store.url = http://a:b/c@d\n");
    assert_loads(print_conf(&first));
    assert_loads(print_conf(&second));
    assert_int_equal(conf_int(conf, "http.idle"), 90000);
    assert_int_equal(conf_int(conf, "http.body_max"), 1536);
    assert_text(conf_text(conf, "http.note"), "# x = y");
    assert_text(conf_text(conf, "store.url"), "http://a:b/c@d");
    buf_free(&first);
    assert_string_equal(print_conf(&first), second.ptr);
    buf_free(&first);
    buf_free(&second);
}

#define CONF_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONF_TEST(without_a_file_the_defaults_hold),
        CONF_TEST(the_file_overrides_the_defaults),
        CONF_TEST(durations_and_sizes_have_units),
        CONF_TEST(a_bad_value_is_refused_with_its_line_and_limits),
        CONF_TEST(a_refusal_never_repeats_a_value),
        CONF_TEST(unknown_and_repeated_keys_are_refused),
        CONF_TEST(what_is_no_configuration_file_is_refused),
        CONF_TEST(a_file_without_end_is_refused),
        CONF_TEST(the_environment_overrides_the_file),
        CONF_TEST(a_bad_variable_is_refused_by_name),
        CONF_TEST(a_key_without_default_must_be_set),
        CONF_TEST(the_printed_configuration_explains_itself),
        CONF_TEST(the_printed_configuration_loads_to_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Any bytes as a configuration file: refused with a complete problem, or printed to a file that
 * loads to the same. */
#include "platform/conf/conf.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct conf_row rows[] = {
    {"a.int", CONF_INT, "0", -10, 1000, "An integer."},
    {"a.bool", CONF_BOOL, "false", 0, 0, "A switch."},
    {"a.text", CONF_TEXT, "", 0, 20, "A text."},
    {"b.secret", CONF_SECRET, "", 0, 20, "A secret."},
    {"b.duration", CONF_DURATION, "5s", 0, 0, "A duration."},
    {"b.size", CONF_SIZE, "64k", 0, 1 << 30, "A size."},
};
static const struct conf_rows sets[] = {{rows, ARRAY_LEN(rows)}};

static enum err load(struct str content, struct conf **conf)
{
    struct conf_problem problem = {.text = ""};
    int fd = memfd_create("conf", MFD_CLOEXEC);
    char path[64];
    enum err err;

    CHECK(fd >= 0 && write(fd, content.ptr, content.len) == (ssize_t)content.len);
    CHECK(snprintf(path, sizeof(path), "/proc/self/fd/%d", fd) > 0);
    err = conf_load(sets, ARRAY_LEN(sets), str_of(path), conf, &problem);
    CHECK(close(fd) == 0);
    CHECK((err == ERR_OK) == (problem.text[0] == '\0'));
    CHECK(memchr(problem.text, '\0', sizeof(problem.text)) != NULL);
    return err;
}

/* What was printed without the lines that tell where a value came from. */
static void print(struct buf *buf, const struct conf *conf)
{
    struct buf all;
    struct str rest;
    struct str line;

    buf_init(&all, 1 << 20);
    conf_print(&all, conf);
    CHECK(buf_ok(&all));
    rest = buf_str(&all);
    while (str_cut(&rest, '\n', &line)) {
        if (!str_starts(line, STR("# Set: "))) {
            buf_add(buf, line);
            buf_add_char(buf, '\n');
        }
    }
    buf_free(&all);
}

/* A masked value is not in the print, so it cannot come back. */
static bool is_masked(struct str print)
{
    size_t at;

    return str_find(print, STR("****"), &at);
}

static void check_reload(const struct conf *conf)
{
    struct conf *again;
    struct buf first;
    struct buf second;

    buf_init(&first, 1 << 20);
    buf_init(&second, 1 << 20);
    print(&first, conf);
    CHECK(load(buf_str(&first), &again) == ERR_OK);
    print(&second, again);
    CHECK(is_masked(buf_str(&first)) || str_eq(buf_str(&first), buf_str(&second)));
    buf_free(&first);
    buf_free(&second);
    conf_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct conf *conf;

    if (load((struct str){(const char *)data, size}, &conf) == ERR_OK) {
        check_reload(conf);
        conf_free(conf);
    }
    return 0;
}

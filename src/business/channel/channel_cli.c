/* `tomato channel …`: the operator's API for a terminal, in the same words. */
#include "business/channel/channel_int.h"

#include <stdio.h>

enum { FILE_MAX_BYTES = 64 * 1024 };

static const char usage[] =
    "usage: tomato channel create FILE | list | show ID | enable ID | disable ID | test ID\n"
    "\n"
    "  create FILE   the body of POST /v1/channel-accounts; - is standard input   新建渠道账户\n"
    "  list          every account, without its credentials                       列出渠道账户\n"
    "  show ID       one of them                                                  查看渠道账户\n"
    "  disable ID    take no new orders over it; open ones go on                  停用\n"
    "  enable ID     take orders over it again                                    启用\n"
    "  test ID       ask the channel for an order that does not exist             测试连通与签名\n";

static int fail(enum err err, const char *param, const char *detail)
{
    (void)fprintf(stderr, "%s: %s%s%s%s%s\n", err_code(err), err_text(err),
                  param[0] == '\0' ? "" : ": ", param, detail[0] == '\0' ? "" : ": ", detail);
    return 1;
}

static void print_fields(struct arena *arena, const struct field_set *set, const void *value)
{
    struct buf buf;

    buf_init_arena(&buf, arena, FILE_MAX_BYTES);
    json_print_fields(&buf, set, value);
    (void)printf(STR_FMT "\n", STR_ARG(buf_str(&buf)));
}

static void print_account(const struct app *app, struct arena *arena,
                          const struct channel_account *account)
{
    struct channel_view view;

    channel__view(app, arena, account, &view);
    print_fields(arena, &channel__view_set, &view);
}

static enum err read_whole(struct arena *arena, const char *path, struct str *out)
{
    FILE *file = str_eq(str_of(path), STR("-")) ? stdin : fopen(path, "r");
    char *text = arena_alloc(arena, FILE_MAX_BYTES);
    size_t len;
    bool ok;

    if (file == NULL) {
        return ERR_CONF_FILE;
    }
    len = fread(text, 1, FILE_MAX_BYTES, file);
    ok = ferror(file) == 0 && len < FILE_MAX_BYTES;
    if (file != stdin) {
        (void)fclose(file);
    }
    *out = (struct str){text, len};
    return ok ? ERR_OK : ERR_CONF_FILE;
}

static int create(struct app *app, struct arena *arena, const char *path)
{
    struct channel_create body = {.priority = 0};
    struct channel_account row, created;
    struct json_refusal refusal = {.err = ERR_OK};
    struct str text;
    enum err err = read_whole(arena, path, &text);

    if (err != ERR_OK) {
        return fail(err, path, "");
    }
    if (json_parse_fields(arena, text, &channel__create_set, &body, &refusal) != ERR_OK ||
        channel__prepare(app, arena, &body, &row, &refusal) != ERR_OK) {
        return fail(refusal.err, refusal.param, refusal.detail);
    }
    err = store_run(app->store, &channel__create_kind, &row, &created, arena);
    if (err != ERR_OK) {
        return fail(err, "", "");
    }
    print_account(app, arena, &created);
    return 0;
}

struct listing {
    struct arena *arena;
    int64_t only_id; /* 0: all */
    struct channel_account *rows;
    size_t count;
    enum err err;
};

static void list_run(void *ctx, struct reader *reader)
{
    struct listing *listing = ctx;

    if (listing->only_id != 0) {
        listing->rows = ARENA_NEW(listing->arena, struct channel_account);
        listing->count = 1;
        listing->err = reader_get(reader, &channel_account_table, listing->only_id, listing->arena,
                                  listing->rows);
    } else {
        const struct channel_page page = {.limit = 10000};

        listing->err =
            channel__read_accounts(reader, listing->arena, &page, &listing->rows, &listing->count);
    }
}

static int list(struct app *app, struct arena *arena, int64_t only_id)
{
    struct listing listing = {.arena = arena, .only_id = only_id};
    enum err err = store_read(app->store, list_run, &listing);

    err = err == ERR_OK ? listing.err : err;
    if (err != ERR_OK) {
        return fail(err == ERR_STORE_NOT_FOUND ? ERR_CHANNEL_NOT_FOUND : err, "", "");
    }
    for (size_t i = 0; i < listing.count; i++) {
        print_account(app, arena, &listing.rows[i]);
    }
    return 0;
}

static int set_status(struct app *app, struct arena *arena, int64_t id, enum channel_status status)
{
    const struct channel_set_status arg = {id, status};
    struct channel_account account;
    enum err err = store_run(app->store, &channel__set_status_kind, &arg, &account, arena);

    if (err != ERR_OK) {
        return fail(err, "", "");
    }
    print_account(app, arena, &account);
    return 0;
}

/* The call lives on a loop; the terminal waits for it. */
struct trial {
    struct channel_call call; /* first */
    struct app *app;
    struct task task;
    struct signal *done;
};

static void tried(struct channel_call *call)
{
    signal_set(((struct trial *)(void *)call)->done);
}

static void try_on_loop(struct task *task)
{
    struct trial *trial = (struct trial *)(void *)((char *)task - offsetof(struct trial, task));

    channel__try(trial->app, &trial->call);
}

static int try_out(struct app *app, struct arena *arena, int64_t id)
{
    struct trial *trial = ARENA_NEW(arena, struct trial);
    struct channel_trial result;

    *trial = (struct trial){
        .call = {.account_id = id, .arena = arena, .then = tried},
        .app = app,
        .task = {.run = try_on_loop},
        .done = signal_new(),
    };
    loop_post(app->loops[0], &trial->task);
    (void)signal_wait(trial->done, -1); /* the call's own deadlines end it */
    signal_free(trial->done);
    channel__trial(&trial->call, &result);
    print_fields(arena, &channel__trial_set, &result);
    return result.ok ? 0 : 1;
}

static int run(struct app *app, struct arena *arena, int argc, char **argv)
{
    struct str verb = argc > 0 ? str_of(argv[0]) : STR("");
    int64_t id = 0;

    if (argc == 1 && str_eq(verb, STR("--help"))) {
        (void)fputs(usage, stdout);
        return 0;
    }
    if (argc == 1 && str_eq(verb, STR("list"))) {
        return list(app, arena, 0);
    }
    if (argc == 2 && str_eq(verb, STR("create"))) {
        return create(app, arena, argv[1]);
    }
    if (argc != 2) {
        (void)fputs(usage, stderr);
        return 2;
    }
    if (id_parse(str_of(argv[1]), "cha", &id) != ERR_OK) {
        return fail(ERR_CHANNEL_NOT_FOUND, argv[1], "");
    }
    if (str_eq(verb, STR("show"))) {
        return list(app, arena, id);
    }
    if (str_eq(verb, STR("enable"))) {
        return set_status(app, arena, id, CHANNEL_ENABLED);
    }
    if (str_eq(verb, STR("disable"))) {
        return set_status(app, arena, id, CHANNEL_DISABLED);
    }
    if (str_eq(verb, STR("test"))) {
        return try_out(app, arena, id);
    }
    (void)fputs(usage, stderr);
    return 2;
}

int channel_cli(struct app *app, int argc, char **argv)
{
    struct arena *arena = arena_new();
    int status = run(app, arena, argc, argv);

    arena_free(arena);
    return status;
}

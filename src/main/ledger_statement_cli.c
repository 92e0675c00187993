/* tomato ledger statement ACCOUNT FROM TO --csv|--pdf FILE */
#include "base/time.h"
#include "main/ledger_cli.h"
#include "money/ledger/ledger_statement.h"

#include <stdio.h>

struct run {
    struct ledger_document document;
    bool done;
    enum err err;
};

static void step(void *ctx, struct reader *reader)
{
    struct run *run = ctx;

    run->err = ledger_document_step(reader, &run->document, &run->done);
}

static enum err date_of(const char *text, int32_t *date)
{
    int64_t number;

    TRY(str_parse_int(str_of(text), &number));
    if (number < 19700102 || number > 99991230 || !time_date_is_valid((int32_t)number)) {
        return ERR_FIELD_FORMAT;
    }
    *date = (int32_t)number;
    return ERR_OK;
}

static enum err ask_of(char **argv, struct ledger_document_ask *ask)
{
    int32_t from, to;

    if (id_parse(str_of(argv[0]), LEDGER_ACCOUNT_PREFIX, &ask->of.account_id) != ERR_OK) {
        return ERR_LEDGER_ACCOUNT;
    }
    TRY(date_of(argv[1], &from));
    TRY(date_of(argv[2], &to));
    if (to < from) {
        return ERR_FIELD_RANGE;
    }
    ask->of.owner_id = LEDGER_ANY_OWNER;
    ask->of.period = ledger_period_of(from, to);
    if (strcmp(argv[3], "--csv") == 0) {
        ask->kind = LEDGER_DOCUMENT_CSV;
    } else if (strcmp(argv[3], "--pdf") == 0) {
        ask->kind = LEDGER_DOCUMENT_PDF;
    } else {
        return ERR_FIELD_VALUE;
    }
    ask->language = LEDGER_CHINESE;
    return ERR_OK;
}

static enum err build(struct app *app, struct run *run)
{
    while (!run->done) {
        TRY(store_read(app->store, step, run));
        TRY(run->err);
    }
    return ERR_OK;
}

static enum err write_to(const char *path, struct str content)
{
    FILE *file = fopen(path, "wb");
    bool right;

    if (file == NULL) {
        return ERR_CONF_FILE;
    }
    right = fwrite(content.ptr, 1, content.len, file) == content.len;
    right = fclose(file) == 0 && right;
    return right ? ERR_OK : ERR_CONF_FILE;
}

enum err ledger_statement_cli(struct app *app, char **argv)
{
    struct arena *arena = arena_new();
    struct run *run = ARENA_NEW(arena, struct run);
    struct ledger_document_ask ask = {0};
    enum err err = ask_of(argv, &ask);

    if (err == ERR_OK) {
        ledger_document_init(&run->document, arena, &ask);
        err = build(app, run);
    }
    if (err == ERR_OK) {
        err = write_to(argv[4], run->document.content);
    }
    arena_free(arena);
    return err;
}

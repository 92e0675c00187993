/* tomato ledger statement ACCOUNT FROM TO --csv FILE | --pdf FILE */
#include "base/time.h"
#include "main/ledger_cli.h"

#include <errno.h>
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

static enum err ask_of(struct ledger_tool *tool, struct ledger_document_ask *ask)
{
    int32_t from, to;

    ledger_tool_account(tool, &ask->of);
    TRY(ledger_tool_date(tool, 1, &from));
    TRY(ledger_tool_date(tool, 2, &to));
    if (to < from) {
        return ledger_tool_misuse(tool, "止日早于起日", "is before the first date", tool->argv[2]);
    }
    ask->of.period = ledger_period_of(from, to);
    if (strcmp(tool->argv[3], "--csv") == 0) {
        ask->kind = LEDGER_DOCUMENT_CSV;
    } else if (strcmp(tool->argv[3], "--pdf") == 0) {
        ask->kind = LEDGER_DOCUMENT_PDF;
    } else {
        return ledger_tool_misuse(tool, "须为 --csv 或 --pdf", "must be --csv or --pdf",
                                  tool->argv[3]);
    }
    ask->language = tool->paper_language;
    return ERR_OK;
}

static enum err build(struct ledger_tool *tool, struct run *run)
{
    const struct ledger_walk *walk = &run->document.walk;

    while (!run->done) {
        TRY(store_read(tool->print.store, step, run));
        if (run->err == ERR_LEDGER_STATEMENT_LONG) {
            (void)snprintf(tool->problem, sizeof(tool->problem),
                           tool->print.language == LEDGER_CHINESE
                               ? "该期间有 %lld 笔分录,单份文件最多 %lld 笔,请缩短期间"
                               : "the period has %lld entries, a file holds at most %lld: ask for "
                                 "shorter periods",
                           (long long)(walk->last - walk->first + 1),
                           (long long)ledger_document_max(run->document.ask.kind));
        }
        TRY(run->err);
        ledger_tool_tell(tool, walk->next - walk->first, walk->last - walk->first + 1);
    }
    return ERR_OK;
}

static enum err write_to(struct ledger_tool *tool, const char *path, struct str content)
{
    FILE *file = fopen(path, "wb");
    bool written = file != NULL && fwrite(content.ptr, 1, content.len, file) == content.len;

    if (file != NULL) {
        written = fclose(file) == 0 && written;
    }
    if (!written) {
        (void)snprintf(tool->problem, sizeof(tool->problem), "%s: %s", path, strerror(errno));
    }
    return written ? ERR_OK : ERR_CONF_FILE;
}

enum err ledger_statement_cli(struct ledger_tool *tool)
{
    struct arena *arena = arena_new();
    struct run *run = ARENA_NEW(arena, struct run);
    struct ledger_document_ask ask = {0};
    enum err err = ask_of(tool, &ask);

    if (err == ERR_OK) {
        ledger_document_init(&run->document, arena, &ask);
        err = build(tool, run);
    }
    if (err == ERR_OK) {
        err = strcmp(tool->argv[4], "-") == 0
                  ? ledger_tool_print(tool, run->document.content)
                  : write_to(tool, tool->argv[4], run->document.content);
    }
    arena_free(arena);
    return err;
}

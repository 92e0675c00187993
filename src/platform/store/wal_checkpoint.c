#include "platform/store/wal_checkpoint.h"

#include "base/arena.h"
#include "base/check.h"
#include "platform/loop/thread.h"

#include <sqlite3.h>
#include <stdio.h>

struct wal_checkpoint {
    sqlite3 *handle;
    struct thread *thread;
    struct signal *go;
    struct signal *ended;
    bool runs; /* as the writer knows */
    bool stop;
    struct wal_checkpoint_outcome outcome;
};

static void run(struct wal_checkpoint *checkpoint)
{
    struct wal_checkpoint_outcome *outcome = &checkpoint->outcome;
    int in_wal = 0;
    int code = sqlite3_wal_checkpoint_v2(checkpoint->handle, NULL, SQLITE_CHECKPOINT_PASSIVE,
                                         &in_wal, &outcome->written_back);

    outcome->code = code == SQLITE_BUSY ? SQLITE_OK : code;
    (void)snprintf(outcome->problem, sizeof(outcome->problem), "%s (%d)",
                   sqlite3_errmsg(checkpoint->handle),
                   sqlite3_extended_errcode(checkpoint->handle));
}

static void run_all(void *ctx)
{
    struct wal_checkpoint *checkpoint = ctx;

    while (signal_wait(checkpoint->go, -1) && !checkpoint->stop) {
        run(checkpoint);
        signal_set(checkpoint->ended);
    }
}

struct wal_checkpoint *wal_checkpoint__new(const char *path, int *code)
{
    struct wal_checkpoint *checkpoint = mem_new(sizeof(*checkpoint));

    *code = sqlite3_open_v2(path, &checkpoint->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                            NULL);
    if (*code == SQLITE_OK) {
        /* Only a connection that has read knows of the WAL. */
        *code = sqlite3_exec(checkpoint->handle,
                             "PRAGMA synchronous = FULL; SELECT 1 FROM sqlite_schema LIMIT 1", NULL,
                             NULL, NULL);
    }
    if (*code == SQLITE_OK) {
        checkpoint->go = signal_new();
        checkpoint->ended = signal_new();
        checkpoint->thread = thread_start("store-wal", run_all, checkpoint);
    }
    return checkpoint;
}

void wal_checkpoint__free(struct wal_checkpoint *checkpoint)
{
    if (checkpoint == NULL) {
        return;
    }
    if (checkpoint->thread != NULL) {
        wal_checkpoint__wait(checkpoint);
        checkpoint->stop = true;
        signal_set(checkpoint->go);
        thread_join(checkpoint->thread);
        signal_free(checkpoint->go);
        signal_free(checkpoint->ended);
    }
    CHECK(sqlite3_close(checkpoint->handle) == SQLITE_OK);
    mem_free(checkpoint);
}

void wal_checkpoint__start(struct wal_checkpoint *checkpoint)
{
    CHECK(!checkpoint->runs);
    checkpoint->runs = true;
    signal_set(checkpoint->go);
}

bool wal_checkpoint__runs(struct wal_checkpoint *checkpoint)
{
    checkpoint->runs = checkpoint->runs && !signal_wait(checkpoint->ended, 0);
    return checkpoint->runs;
}

void wal_checkpoint__wait(struct wal_checkpoint *checkpoint)
{
    if (checkpoint->runs) {
        CHECK(signal_wait(checkpoint->ended, -1));
        checkpoint->runs = false;
    }
}

const struct wal_checkpoint_outcome *wal_checkpoint__outcome(struct wal_checkpoint *checkpoint)
{
    CHECK(!checkpoint->runs);
    return &checkpoint->outcome;
}

#include "platform/store/wal_file.h"

#include "base/arena.h"
#include "base/check.h"

#include <stdbool.h>
#include <string.h>

/* SQLite writes less than 128 KiB at a time to a file (os_unix.c masks the length). */
enum { WAITING_MAX = 96 << 10 };

/* SQLite keeps a pointer to the methods in each file: ours stand first in what they need. */
struct wal_file {
    sqlite3_io_methods methods;
    const sqlite3_io_methods *real;
    unsigned char *waiting;
    size_t len;
    sqlite3_int64 at; /* where in the file the waiting bytes begin */
};

static struct wal_file *wal_of(sqlite3_file *file)
{
    return (struct wal_file *)(void *)(uintptr_t)file->pMethods;
}

/* What could not be written is given up: SQLite is told, and takes the transaction back. */
static int write_waiting(sqlite3_file *file)
{
    struct wal_file *wal = wal_of(file);
    int code = SQLITE_OK;

    if (wal->len > 0) {
        code = wal->real->xWrite(file, wal->waiting, (int)wal->len, wal->at);
        wal->len = 0;
    }
    return code;
}

static int on_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
    struct wal_file *wal = wal_of(file);
    bool follows = at == wal->at + (sqlite3_int64)wal->len;

    if (!follows || wal->len + (size_t)len > WAITING_MAX) {
        int code = write_waiting(file);

        if (code != SQLITE_OK || len > WAITING_MAX) {
            return code != SQLITE_OK ? code : wal->real->xWrite(file, bytes, len, at);
        }
        wal->at = at;
    }
    memcpy(wal->waiting + wal->len, bytes, (size_t)len);
    wal->len += (size_t)len;
    return SQLITE_OK;
}

static int on_read(sqlite3_file *file, void *out, int len, sqlite3_int64 at)
{
    int code = write_waiting(file);

    return code == SQLITE_OK ? wal_of(file)->real->xRead(file, out, len, at) : code;
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int code = write_waiting(file);

    return code == SQLITE_OK ? wal_of(file)->real->xTruncate(file, size) : code;
}

static int on_sync(sqlite3_file *file, int flags)
{
    int code = write_waiting(file);

    return code == SQLITE_OK ? wal_of(file)->real->xSync(file, flags) : code;
}

static int on_size(sqlite3_file *file, sqlite3_int64 *out)
{
    int code = write_waiting(file);

    return code == SQLITE_OK ? wal_of(file)->real->xFileSize(file, out) : code;
}

static int on_close(sqlite3_file *file)
{
    const sqlite3_io_methods *real = wal_of(file)->real;
    int written = write_waiting(file);
    int closed;

    file->pMethods = real;
    closed = real->xClose(file);
    return written != SQLITE_OK ? written : closed;
}

struct wal_file *wal_file__take(sqlite3 *handle)
{
    struct wal_file *wal = mem_new(sizeof(*wal));
    sqlite3_file *file = NULL;

    CHECK(sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file) == SQLITE_OK);
    CHECK(file != NULL && file->pMethods != NULL);
    wal->real = file->pMethods;
    wal->methods = *file->pMethods;
    wal->methods.xWrite = on_write;
    wal->methods.xRead = on_read;
    wal->methods.xTruncate = on_truncate;
    wal->methods.xSync = on_sync;
    wal->methods.xFileSize = on_size;
    wal->methods.xClose = on_close;
    wal->waiting = mem_new(WAITING_MAX);
    file->pMethods = &wal->methods;
    return wal;
}

void wal_file__free(struct wal_file *wal)
{
    if (wal != NULL) {
        mem_free(wal->waiting);
        mem_free(wal);
    }
}

/* A disk in memory that can fail in every way a disk can, as the VFS SQLite uses by default.
 *
 * Every call that changes the disk is kept with its data, so that the disk as a crash at any of
 * them would leave it can be made afterwards: what was not synced is dropped, kept, or kept in
 * part, per sector of 512 bytes. One run gives all crash points.
 *
 * A disk lives in memory that processes share: a child that is stopped by a fault leaves it to its
 * parent. One program uses one disk at a time, and one database file on it: its name does not
 * matter, but for the ends -wal and -journal. */
#ifndef TEST_LIB_FAULT_VFS_H
#define TEST_LIB_FAULT_VFS_H

#include "base/err.h"

#include <stdint.h>

enum fault_file { FAULT_MAIN = 0, FAULT_WAL, FAULT_JOURNAL, FAULT_FILES };
enum fault_call { FAULT_READ = 0, FAULT_WRITE, FAULT_TRUNCATE, FAULT_SYNC, FAULT_DELETE };

/* What a crash does to what was not synced. */
enum fault_loss {
    FAULT_DROP = 1, /* all of it is lost */
    FAULT_KEEP,     /* all of it is there */
    FAULT_TEAR,     /* any subset of its sectors is there, by the seed */
};

struct fault_disk;
struct fault_disk *fault_disk_new(void); /* empty */
void fault_disk_free(struct fault_disk *disk);
/* SQLite opens its files on this disk from now on; NULL: on the real one again. Nothing is open
 * while disks are exchanged. */
void fault_disk_use(struct fault_disk *disk);

/* ---- crashes ---- */

/* Changing calls so far: writes, truncations, syncs, deletions. */
size_t fault_disk_calls(const struct fault_disk *disk);
/* A number that is kept with the calls that follow; 0 at first. */
void fault_disk_mark(struct fault_disk *disk, int64_t mark);
int64_t fault_disk_mark_at(const struct fault_disk *disk, size_t call); /* call: from 1 */

struct fault_crash {
    size_t call; /* the one that never returned, from 1; calls + 1: after the last */
    enum fault_loss loss;
    uint64_t seed;
};
/* Makes `to` what `from` is found to be after the crash. They may not be the same. */
void fault_disk_crash(const struct fault_disk *from, const struct fault_crash *crash,
                      struct fault_disk *to);

/* ---- failures ---- */

/* The n-th call of a kind from now on (1: the next) fails with an SQLite result code;
 * SQLITE_IOERR_SHORT_READ of a read gives half of what was asked for. A write that fails has been
 * done by half; a sync that fails has lost what it should have made durable, as on Linux. */
struct fault_plan {
    enum fault_call call;
    int64_t nth; /* 0: none from now on; what has failed stays counted */
    int code;
    bool lasting; /* and so do all that follow */
};
void fault_disk_fail(struct fault_disk *disk, const struct fault_plan *plan);
int64_t fault_disk_failed(const struct fault_disk *disk); /* calls the plan has failed */

int64_t fault_disk_size(const struct fault_disk *disk, enum fault_file file);
void fault_disk_flip(struct fault_disk *disk, enum fault_file file, int64_t byte, unsigned bit);
/* Where these bytes stand for the first time; -1: nowhere. */
int64_t fault_disk_find(const struct fault_disk *disk, enum fault_file file, const void *bytes,
                        size_t len);

#endif

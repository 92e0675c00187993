/* Checkpoints of SQLite's WAL on a thread and a connection of their own, while batches go on.
 *
 * One at a time, asked for by the writer. SQLite's locks keep it apart from the writer's
 * transactions; only the writer can begin the WAL anew, once all of it has been written back. */
#ifndef PLATFORM_STORE_WAL_CHECKPOINT_H
#define PLATFORM_STORE_WAL_CHECKPOINT_H

#include <stdbool.h>

struct wal_checkpoint;

/* code: SQLite's, of opening the database file; with any but SQLITE_OK there is no thread. */
struct wal_checkpoint *wal_checkpoint__new(const char *path, int *code);
/* Waits for one that runs; NULL is nothing. */
void wal_checkpoint__free(struct wal_checkpoint *checkpoint);

void wal_checkpoint__start(struct wal_checkpoint *checkpoint); /* none may run */
bool wal_checkpoint__runs(struct wal_checkpoint *checkpoint);
void wal_checkpoint__wait(struct wal_checkpoint *checkpoint); /* until none runs */

/* Of the one that has ended last. */
struct wal_checkpoint_outcome {
    int code;         /* SQLite's; a reader that was in the way is none */
    int written_back; /* pages of the WAL, from its beginning */
    char problem[128];
};
const struct wal_checkpoint_outcome *wal_checkpoint__outcome(struct wal_checkpoint *checkpoint);

#endif

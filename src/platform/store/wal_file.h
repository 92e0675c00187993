/* SQLite's WAL, written in large pieces.
 *
 * SQLite appends to the WAL frame by frame, with two writes and two seeks for each page, and syncs
 * it when the transaction is complete. What is appended here waits in memory until that sync, so a
 * batch costs a few large writes. SQLite itself must never see the difference: whatever else is
 * done to the file, what waits is written first.
 *
 * Only for a connection with synchronous = FULL, which syncs before it tells readers of new frames.
 */
#ifndef PLATFORM_STORE_WAL_FILE_H
#define PLATFORM_STORE_WAL_FILE_H

#include <sqlite3.h>

struct wal_file;

/* Takes over the WAL of an open connection in WAL mode that has read or written once. */
struct wal_file *wal_file__take(sqlite3 *handle);
/* After the connection is closed; NULL is nothing. */
void wal_file__free(struct wal_file *wal);

#endif

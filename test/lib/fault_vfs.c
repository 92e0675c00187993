#include "test/lib/fault_vfs.h"

#include "base/arena.h"
#include "base/check.h"
#include "platform/loop/thread.h"

#include <sqlite3.h>
#include <string.h>
#include <sys/mman.h>

enum {
    SECTOR = 512,
    FILE_MAX = 32 << 20,
    SECTORS_MAX = FILE_MAX / SECTOR,
    TAPE_MAX = 1 << 18, /* calls */
    DATA_MAX = 512 << 20,
    REGION_SIZE = 32768, /* of the shared memory beside the WAL */
    REGIONS_MAX = 64,
    HANDLES_MAX = 16,
};

struct image {
    bool exists;
    bool fresh; /* made since its folder was last synced */
    int64_t size;
    unsigned char bytes[FILE_MAX];
};

struct taped {
    enum fault_call call;
    enum fault_file file;
    bool failed;
    int64_t offset; /* or the size to truncate to */
    size_t len, data;
    int64_t mark;
};

struct fault_disk {
    struct image base[FAULT_FILES]; /* what was there before the tape began; synced */
    struct image now[FAULT_FILES];
    bool dirty[FAULT_FILES][SECTORS_MAX]; /* sectors in which now and base may differ */
    struct fault_plan plan;
    int64_t planned, failed; /* calls of the plan's kind since it was made, and failed ones */
    int64_t mark;
    size_t tape_count, data_used;
    struct taped tape[TAPE_MAX];
    unsigned char data[DATA_MAX];
};

/* ---- images ---- */

static void copy_image(struct image *to, const struct image *from)
{
    to->exists = from->exists;
    to->size = from->size;
    memcpy(to->bytes, from->bytes, (size_t)from->size);
}

static void mark_dirty(bool *dirty, int64_t offset, int64_t len)
{
    for (int64_t i = offset / SECTOR; len > 0 && i <= (offset + len - 1) / SECTOR; i++) {
        dirty[i] = true;
    }
}

static void write_image(struct image *image, bool *dirty, int64_t offset, const void *bytes,
                        size_t len)
{
    int64_t end = offset + (int64_t)len;

    CHECK(end <= FILE_MAX);
    if (offset > image->size) {
        memset(image->bytes + image->size, 0, (size_t)(offset - image->size));
        mark_dirty(dirty, image->size, offset - image->size);
    }
    memcpy(image->bytes + offset, bytes, len);
    mark_dirty(dirty, offset, (int64_t)len);
    image->exists = true;
    image->size = end > image->size ? end : image->size;
}

/* What a file has becomes durable. */
static void sync_image(struct image *durable, const struct image *now, bool *dirty)
{
    int64_t sectors = (now->size + SECTOR - 1) / SECTOR;

    for (int64_t i = 0; i < sectors; i++) {
        if (dirty[i]) {
            memcpy(durable->bytes + i * SECTOR, now->bytes + i * SECTOR, SECTOR);
            dirty[i] = false;
        }
    }
    durable->exists = true;
    durable->size = now->size;
}

/* As SQLite's own VFS: the first sync of a new journal or WAL syncs the folder too, and with it
 * what was deleted before. */
static void sync_folder(struct fault_disk *disk)
{
    for (size_t i = 0; i < FAULT_FILES; i++) {
        disk->now[i].fresh = false;
        if (!disk->now[i].exists) {
            disk->base[i].exists = false;
            disk->base[i].size = 0;
        }
    }
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state >> 11;
}

/* Any subset of the unsynced sectors, any size between the two. */
static void tear_image(struct image *durable, struct image *now, const bool *dirty,
                       uint64_t *random)
{
    int64_t low, high, size;

    if (durable->exists && (!now->exists || now->fresh)) { /* deleted, perhaps made anew */
        if (next_random(random) % 2 == 0) {
            copy_image(now, durable); /* or not deleted: never in part */
            return;
        }
        durable->exists = false;
        durable->size = 0;
    }
    if (!durable->exists && now->exists) {
        now->exists = next_random(random) % 2 == 0;
    }
    low = durable->size < now->size ? durable->size : now->size;
    high = durable->size < now->size ? now->size : durable->size;
    size = low + (int64_t)(next_random(random) % (uint64_t)(high - low + 1));
    size = size == high ? high : size / SECTOR * SECTOR;
    size = size < low ? low : size;
    for (int64_t i = 0; i * SECTOR < size; i++) {
        if (!dirty[i] || next_random(random) % 2 == 0) {
            continue;
        }
        if (i * SECTOR < durable->size) {
            memcpy(now->bytes + i * SECTOR, durable->bytes + i * SECTOR, SECTOR);
        } else {
            memset(now->bytes + i * SECTOR, 0, SECTOR);
        }
    }
    now->size = now->exists ? size : 0;
}

/* ---- the tape ---- */

static void replay(struct fault_disk *disk, const struct taped *taped, const unsigned char *data,
                   bool in_flight)
{
    struct image *now = &disk->now[taped->file];
    struct image *durable = &disk->base[taped->file];
    bool *dirty = disk->dirty[taped->file];

    switch (taped->call) {
    case FAULT_READ:
        break;
    case FAULT_WRITE:
        write_image(now, dirty, taped->offset, data + taped->data, taped->len);
        break;
    case FAULT_TRUNCATE:
        now->fresh = now->fresh || !now->exists;
        now->exists = true;
        now->size = taped->offset;
        break;
    case FAULT_SYNC:
        if (taped->failed) {
            memset(dirty, 0, sizeof(disk->dirty[0]));
        } else if (!in_flight) {
            sync_image(durable, now, dirty);
            if (now->fresh && taped->file != FAULT_MAIN) {
                sync_folder(disk);
            }
        }
        break;
    case FAULT_DELETE:
        now->exists = false;
        now->fresh = false;
        now->size = 0;
        if (!in_flight && taped->len != 0) { /* with its folder synced */
            durable->exists = false;
            durable->size = 0;
        }
        break;
    }
}

void fault_disk_crash(const struct fault_disk *from, const struct fault_crash *crash,
                      struct fault_disk *to)
{
    uint64_t random = crash->seed * 2654435761U + crash->call + 1;

    CHECK(from != to && crash->call >= 1 && crash->call <= from->tape_count + 1);
    memset(to->dirty, 0, sizeof(to->dirty));
    for (size_t i = 0; i < FAULT_FILES; i++) {
        copy_image(&to->base[i], &from->base[i]);
        copy_image(&to->now[i], &from->base[i]);
        to->now[i].fresh = false;
    }
    for (size_t i = 0; i < crash->call && i < from->tape_count; i++) {
        replay(to, &from->tape[i], from->data, i + 1 == crash->call);
    }
    for (size_t i = 0; i < FAULT_FILES; i++) {
        if (crash->loss == FAULT_DROP) {
            copy_image(&to->now[i], &to->base[i]);
        } else if (crash->loss == FAULT_TEAR) {
            tear_image(&to->base[i], &to->now[i], to->dirty[i], &random);
        }
        to->now[i].fresh = false;
        copy_image(&to->base[i], &to->now[i]);
    }
    memset(to->dirty, 0, sizeof(to->dirty));
    to->plan = (struct fault_plan){.nth = 0};
    to->tape_count = 0;
    to->data_used = 0;
    to->mark = 0;
    to->failed = 0;
}

/* ---- SQLite's side ---- */

struct handle {
    sqlite3_file file; /* first */
    enum fault_file which;
    int level; /* SQLITE_LOCK_… */
    unsigned shared, exclusive;
    bool mapped;
};

/* Of this process alone. */
static struct {
    struct fault_disk *disk;
    struct mutex *mutex; /* guards everything below and the disk */
    sqlite3_vfs *real;
    struct handle *handles[HANDLES_MAX];
    void *regions[REGIONS_MAX];
} site;

static struct handle *handle_of(sqlite3_file *file)
{
    return (struct handle *)(void *)file;
}

/* Whether this call is one to fail. */
static int struck(enum fault_call call)
{
    struct fault_disk *disk = site.disk;
    struct fault_plan *plan = &disk->plan;

    if (plan->nth == 0 || plan->call != call || ++disk->planned < plan->nth ||
        (disk->planned > plan->nth && !plan->lasting)) {
        return SQLITE_OK;
    }
    disk->failed++;
    return plan->code;
}

/* Keeps a call and does it. */
static void tape(struct taped taped, const void *bytes)
{
    struct fault_disk *disk = site.disk;
    struct taped *place = &disk->tape[disk->tape_count++];

    CHECK(disk->tape_count < TAPE_MAX && disk->data_used + taped.len < DATA_MAX);
    *place = taped;
    place->mark = disk->mark;
    if (bytes != NULL) {
        place->data = disk->data_used;
        memcpy(disk->data + disk->data_used, bytes, taped.len);
        disk->data_used += taped.len;
    }
    /* base stays what the tape began with */
    if (taped.call == FAULT_WRITE || taped.call == FAULT_TRUNCATE) {
        replay(disk, place, disk->data, false);
    } else if (taped.call == FAULT_DELETE) {
        replay(disk, place, disk->data, true);
    }
}

static int on_close(sqlite3_file *file)
{
    mutex_lock(site.mutex);
    for (size_t i = 0; i < HANDLES_MAX; i++) {
        if (site.handles[i] == handle_of(file)) {
            site.handles[i] = NULL;
        }
    }
    mutex_unlock(site.mutex);
    return SQLITE_OK;
}

static int on_read(sqlite3_file *file, void *out, int len, sqlite3_int64 offset)
{
    struct image *image;
    int64_t there;
    int code;

    mutex_lock(site.mutex);
    image = &site.disk->now[handle_of(file)->which];
    there = offset < image->size ? image->size - offset : 0;
    code = struck(FAULT_READ);
    if (code == SQLITE_IOERR_SHORT_READ && there > len / 2) {
        there = len / 2;
    }
    if (code == SQLITE_OK || code == SQLITE_IOERR_SHORT_READ) {
        int64_t count = there < len ? there : len;

        memcpy(out, image->bytes + offset, (size_t)count);
        memset((unsigned char *)out + count, 0, (size_t)(len - count));
        code = count < len ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
    }
    mutex_unlock(site.mutex);
    return code;
}

static int on_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 offset)
{
    int code;

    mutex_lock(site.mutex);
    code = struck(FAULT_WRITE);
    tape((struct taped){.call = FAULT_WRITE,
                        .file = handle_of(file)->which,
                        .offset = offset,
                        .len = (size_t)(code == SQLITE_OK ? len : len / 2)},
         bytes);
    mutex_unlock(site.mutex);
    return code;
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int code;

    mutex_lock(site.mutex);
    code = struck(FAULT_TRUNCATE);
    if (code == SQLITE_OK) {
        tape((struct taped){.call = FAULT_TRUNCATE, .file = handle_of(file)->which, .offset = size},
             NULL);
    }
    mutex_unlock(site.mutex);
    return code;
}

static int on_sync(sqlite3_file *file, int flags)
{
    int code;

    (void)flags;
    mutex_lock(site.mutex);
    code = struck(FAULT_SYNC);
    tape((struct taped){.call = FAULT_SYNC,
                        .file = handle_of(file)->which,
                        .failed = code != SQLITE_OK},
         NULL);
    mutex_unlock(site.mutex);
    return code;
}

static int on_file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    mutex_lock(site.mutex);
    *size = site.disk->now[handle_of(file)->which].size;
    mutex_unlock(site.mutex);
    return SQLITE_OK;
}

/* The greatest level another handle of the file has. */
static int other_level(const struct handle *handle)
{
    int level = SQLITE_LOCK_NONE;

    for (size_t i = 0; i < HANDLES_MAX; i++) {
        const struct handle *other = site.handles[i];

        if (other != NULL && other != handle && other->which == handle->which &&
            other->level > level) {
            level = other->level;
        }
    }
    return level;
}

static int on_lock(sqlite3_file *file, int level)
{
    struct handle *handle = handle_of(file);
    int code = SQLITE_OK;
    int other;

    mutex_lock(site.mutex);
    other = other_level(handle);
    if ((level == SQLITE_LOCK_SHARED && other >= SQLITE_LOCK_PENDING) ||
        (level == SQLITE_LOCK_RESERVED && other >= SQLITE_LOCK_RESERVED) ||
        (level == SQLITE_LOCK_EXCLUSIVE && other >= SQLITE_LOCK_SHARED)) {
        code = SQLITE_BUSY;
    } else if (level > handle->level) {
        handle->level = level;
    }
    mutex_unlock(site.mutex);
    return code;
}

static int on_unlock(sqlite3_file *file, int level)
{
    mutex_lock(site.mutex);
    handle_of(file)->level = level;
    mutex_unlock(site.mutex);
    return SQLITE_OK;
}

static int on_check_reserved(sqlite3_file *file, int *reserved)
{
    mutex_lock(site.mutex);
    *reserved = handle_of(file)->level >= SQLITE_LOCK_RESERVED ||
                other_level(handle_of(file)) >= SQLITE_LOCK_RESERVED;
    mutex_unlock(site.mutex);
    return SQLITE_OK;
}

static int on_control(sqlite3_file *file, int what, void *arg)
{
    (void)file;
    (void)what;
    (void)arg;
    return SQLITE_NOTFOUND;
}

/* What SQLite's own VFS says of a Linux disk. */
static int on_sector_size(sqlite3_file *file)
{
    (void)file;
    return 4096;
}

static int on_characteristics(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int on_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **out)
{
    CHECK(size == REGION_SIZE && region < REGIONS_MAX);
    mutex_lock(site.mutex);
    handle_of(file)->mapped = true;
    if (site.regions[region] == NULL && extend != 0) {
        site.regions[region] = mem_new(REGION_SIZE);
    }
    *out = site.regions[region];
    mutex_unlock(site.mutex);
    return SQLITE_OK;
}

static int on_shm_lock(sqlite3_file *file, int first, int count, int flags)
{
    struct handle *handle = handle_of(file);
    unsigned mask = ((1U << count) - 1) << first;
    int code = SQLITE_OK;

    mutex_lock(site.mutex);
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
        handle->shared &= ~mask;
        handle->exclusive &= ~mask;
    } else {
        for (size_t i = 0; i < HANDLES_MAX; i++) {
            const struct handle *other = site.handles[i];

            if (other != NULL && other != handle &&
                ((other->exclusive & mask) != 0 ||
                 ((flags & SQLITE_SHM_EXCLUSIVE) != 0 && (other->shared & mask) != 0))) {
                code = SQLITE_BUSY;
            }
        }
        if (code == SQLITE_OK) {
            handle->shared |= (flags & SQLITE_SHM_SHARED) != 0 ? mask : 0;
            handle->exclusive |= (flags & SQLITE_SHM_EXCLUSIVE) != 0 ? mask : 0;
        }
    }
    mutex_unlock(site.mutex);
    return code;
}

static void on_shm_barrier(sqlite3_file *file)
{
    (void)file;
    mutex_lock(site.mutex);
    mutex_unlock(site.mutex);
}

/* The last one to go takes it along. */
static int on_shm_unmap(sqlite3_file *file, int remove)
{
    bool used = false;

    (void)remove;
    mutex_lock(site.mutex);
    handle_of(file)->mapped = false;
    handle_of(file)->shared = 0;
    handle_of(file)->exclusive = 0;
    for (size_t i = 0; i < HANDLES_MAX; i++) {
        used = used || (site.handles[i] != NULL && site.handles[i]->mapped);
    }
    for (size_t i = 0; i < REGIONS_MAX && !used; i++) {
        mem_free(site.regions[i]);
        site.regions[i] = NULL;
    }
    mutex_unlock(site.mutex);
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = on_close,
    .xRead = on_read,
    .xWrite = on_write,
    .xTruncate = on_truncate,
    .xSync = on_sync,
    .xFileSize = on_file_size,
    .xLock = on_lock,
    .xUnlock = on_unlock,
    .xCheckReservedLock = on_check_reserved,
    .xFileControl = on_control,
    .xSectorSize = on_sector_size,
    .xDeviceCharacteristics = on_characteristics,
    .xShmMap = on_shm_map,
    .xShmLock = on_shm_lock,
    .xShmBarrier = on_shm_barrier,
    .xShmUnmap = on_shm_unmap,
};

/* ---- the VFS ---- */

static enum fault_file file_of(const char *name)
{
    size_t len = strlen(name);

    if (len > 4 && strcmp(name + len - 4, "-wal") == 0) {
        return FAULT_WAL;
    }
    return len > 8 && strcmp(name + len - 8, "-journal") == 0 ? FAULT_JOURNAL : FAULT_MAIN;
}

static int on_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags,
                   int *out_flags)
{
    struct handle *handle = handle_of(file);
    struct image *image;
    int code = SQLITE_OK;
    size_t at = 0;

    (void)vfs;
    if (name == NULL) { /* temporary files stay in memory */
        return SQLITE_CANTOPEN;
    }
    mutex_lock(site.mutex);
    *handle = (struct handle){.which = file_of(name)};
    image = &site.disk->now[handle->which];
    if (!image->exists && (flags & SQLITE_OPEN_CREATE) == 0) {
        code = SQLITE_CANTOPEN;
    } else {
        while (site.handles[at] != NULL) {
            CHECK(++at < HANDLES_MAX);
        }
        site.handles[at] = handle;
        handle->file.pMethods = &methods;
        if (!image->exists) { /* made, but not durable before its first sync */
            tape((struct taped){.call = FAULT_TRUNCATE, .file = handle->which}, NULL);
        }
    }
    if (out_flags != NULL) {
        *out_flags = flags;
    }
    mutex_unlock(site.mutex);
    return code;
}

static int on_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    int code;

    (void)vfs;
    mutex_lock(site.mutex);
    code = struck(FAULT_DELETE);
    if (code == SQLITE_OK && site.disk->now[file_of(name)].exists) {
        tape((struct taped){.call = FAULT_DELETE, .file = file_of(name), .len = sync != 0}, NULL);
    }
    mutex_unlock(site.mutex);
    return code;
}

static int on_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    (void)vfs;
    mutex_lock(site.mutex);
    *out = site.disk->now[file_of(name)].exists;
    if (flags == SQLITE_ACCESS_EXISTS && site.disk->now[file_of(name)].size == 0) {
        *out = 0; /* as SQLite's own VFS: an empty one counts as none */
    }
    mutex_unlock(site.mutex);
    return SQLITE_OK;
}

static int on_full_path(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    (void)vfs;
    CHECK(strlen(name) < (size_t)size);
    memcpy(out, name, strlen(name) + 1);
    return SQLITE_OK;
}

static int on_randomness(sqlite3_vfs *vfs, int count, char *out)
{
    (void)vfs;
    return site.real->xRandomness(site.real, count, out);
}

static int on_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return site.real->xSleep(site.real, us);
}

static int on_time(sqlite3_vfs *vfs, double *out)
{
    (void)vfs;
    return site.real->xCurrentTime(site.real, out);
}

static int on_time_ms(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
    (void)vfs;
    return site.real->xCurrentTimeInt64(site.real, out);
}

static int on_last_error(sqlite3_vfs *vfs, int size, char *out)
{
    (void)vfs;
    (void)size;
    (void)out;
    return 0;
}

static sqlite3_vfs fault_vfs = {
    .iVersion = 2,
    .szOsFile = sizeof(struct handle),
    .mxPathname = 512,
    .zName = "fault",
    .xOpen = on_open,
    .xDelete = on_delete,
    .xAccess = on_access,
    .xFullPathname = on_full_path,
    .xRandomness = on_randomness,
    .xSleep = on_sleep,
    .xCurrentTime = on_time,
    .xCurrentTimeInt64 = on_time_ms,
    .xGetLastError = on_last_error,
};

/* ---- the test's side ---- */

struct fault_disk *fault_disk_new(void)
{
    struct fault_disk *disk = mmap(NULL, sizeof(*disk), PROT_READ | PROT_WRITE,
                                   MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    CHECK(disk != MAP_FAILED);
    return disk;
}

void fault_disk_free(struct fault_disk *disk)
{
    if (site.disk == disk) {
        fault_disk_use(NULL);
    }
    CHECK(munmap(disk, sizeof(*disk)) == 0);
}

void fault_disk_use(struct fault_disk *disk)
{
    if (site.mutex == NULL) {
        site.mutex = mutex_new();
        site.real = sqlite3_vfs_find(NULL);
    }
    for (size_t i = 0; i < HANDLES_MAX; i++) {
        CHECK(site.handles[i] == NULL);
    }
    CHECK(sqlite3_vfs_register(disk != NULL ? &fault_vfs : site.real, 1) == SQLITE_OK);
    site.disk = disk;
}

void fault_disk_fail(struct fault_disk *disk, const struct fault_plan *plan)
{
    mutex_lock(site.mutex);
    disk->plan = *plan;
    if (plan->nth > 0) {
        disk->planned = 0;
        disk->failed = 0;
    }
    mutex_unlock(site.mutex);
}

/* Reads a number of a disk that a store may be using. */
static int64_t read_guarded(const int64_t *number)
{
    int64_t value;

    mutex_lock(site.mutex);
    value = *number;
    mutex_unlock(site.mutex);
    return value;
}

int64_t fault_disk_failed(const struct fault_disk *disk)
{
    return read_guarded(&disk->failed);
}

int64_t fault_disk_size(const struct fault_disk *disk, enum fault_file file)
{
    return read_guarded(&disk->now[file].size);
}

size_t fault_disk_calls(const struct fault_disk *disk)
{
    size_t calls;

    mutex_lock(site.mutex);
    calls = disk->tape_count;
    mutex_unlock(site.mutex);
    return calls;
}

void fault_disk_mark(struct fault_disk *disk, int64_t mark)
{
    mutex_lock(site.mutex);
    disk->mark = mark;
    mutex_unlock(site.mutex);
}

int64_t fault_disk_mark_at(const struct fault_disk *disk, size_t call)
{
    return call > disk->tape_count ? disk->mark : disk->tape[call - 1].mark;
}

void fault_disk_flip(struct fault_disk *disk, enum fault_file file, int64_t byte, unsigned bit)
{
    CHECK(byte >= 0 && byte < disk->now[file].size);
    disk->now[file].bytes[byte] ^= (unsigned char)(1U << bit);
    disk->base[file].bytes[byte] ^= (unsigned char)(1U << bit);
}

int64_t fault_disk_find(const struct fault_disk *disk, enum fault_file file, const void *bytes,
                        size_t len)
{
    const unsigned char *at =
        memmem(disk->now[file].bytes, (size_t)disk->now[file].size, bytes, len);

    return at == NULL ? -1 : at - disk->now[file].bytes;
}

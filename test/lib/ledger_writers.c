#include "test/lib/ledger_writers.h"

#include "money/ledger/ledger.h"
#include "platform/timer/timer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS = 8, TRANSFERS_MAX = 1 << 18, LOG_MAX = 16384, OPEN_MS = 60000 };

struct writer {
    pid_t pid; /* 0: has ended */
    int log;   /* what it logs as errors */
    char text[LOG_MAX];
    struct counter sent;            /* numbers given out */
    struct counter answered;        /* how many */
    int64_t answers[TRANSFERS_MAX]; /* the batch of each number; 0: not answered */
};

struct writers {
    int64_t lease_ms;
    int count;
    int64_t accounts[2];
    struct writer writers[WRITERS_MAX];
};

struct slot {
    struct command command; /* first */
    struct writers *writers;
    struct store *store;
    int writer;
    int64_t number;
    struct ledger_leg legs[2];
    struct ledger_post post;
    struct ledger_posted posted;
};

NORETURN static void give_up(const char *what, int64_t number)
{
    (void)fprintf(stderr, "writers: %s (%lld)\n", what, (long long)number);
    abort();
}

static int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct writers *writers_new(int64_t lease_ms)
{
    struct writers *writers = mmap(NULL, sizeof(*writers), PROT_READ | PROT_WRITE,
                                   MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    CHECK(writers != MAP_FAILED);
    writers->lease_ms = lease_ms;
    return writers;
}

/* ---- the writer's process ---- */

static enum err open_books(const struct writers *writers, const char *url, unsigned node,
                           struct store **store)
{
    const struct store_part parts[] = {ledger_part, timer_part};
    const struct store_options options = {
        .url = str_of(url),
        .lease_ms = writers->lease_ms,
        .node = node,
        .parts = parts,
        .part_count = ARRAY_LEN(parts),
        .migrate = true,
    };
    char detail[256];
    int64_t until = now_ms() + OPEN_MS;
    enum err err;

    while ((err = store_open(&options, store, detail)) != ERR_OK && now_ms() < until) {
        (void)usleep(20000);
    }
    if (err != ERR_OK) {
        (void)fprintf(stderr, "store_open: %s\n", detail);
    }
    return err;
}

static void open_accounts(struct store *store, int64_t accounts[2])
{
    for (int64_t i = 0; i < 2; i++) {
        const struct ledger_account_key key = {i + 1, LEDGER_CODE_CHANNEL_RECEIVABLE, CURRENCY_CNY};

        while (store_run(store, &ledger_account_kind, &key, &accounts[i], NULL) != ERR_OK) {
            (void)usleep(20000);
        }
    }
}

static void fill(struct slot *slot)
{
    slot->legs[0] = (struct ledger_leg){
        .account_id = slot->writers->accounts[0], .side = LEDGER_DEBIT, .amount = AMOUNT(1)};
    slot->legs[1] = (struct ledger_leg){
        .account_id = slot->writers->accounts[1], .side = LEDGER_CREDIT, .amount = AMOUNT(1)};
    slot->post = (struct ledger_post){
        .reference = {LEDGER_SOURCE_OPERATOR, LEDGER_OPERATION_TRANSFER,
                      1 + slot->number + (int64_t)slot->writer * TRANSFERS_MAX},
        .legs = slot->legs,
        .leg_count = 2,
    };
}

static void submit(struct slot *slot);

/* On the writer's thread, which alone gives out numbers after the start. */
static void slot_done(struct command *command)
{
    struct slot *slot = (struct slot *)(void *)command;
    struct writer *writer = &slot->writers->writers[slot->writer];

    if (command->err == ERR_OK) {
        writer->answers[slot->number] = command->commit_no;
        counter_add(&writer->answered, 1);
        slot->number = counter_get(&writer->sent);
        if (slot->number == TRANSFERS_MAX) {
            give_up("a writer has used up its numbers", slot->number);
        }
        counter_add(&writer->sent, 1);
    } else if (command->err != ERR_STORE_DATABASE && command->err != ERR_STORE_CONFLICT) {
        give_up(err_code(command->err), slot->number);
    }
    submit(slot); /* what was not done is sent again */
}

static void submit(struct slot *slot)
{
    fill(slot);
    slot->command = (struct command){.kind = &ledger_transfer_kind,
                                     .arg = &slot->post,
                                     .result = &slot->posted,
                                     .done = slot_done};
    CHECK(store_submit(slot->store, &slot->command) == ERR_OK);
}

NORETURN static void write_books(struct writers *writers, const char *url, int number)
{
    struct slot *slots = mem_new(SLOTS * sizeof(*slots));
    struct store *store;

    if (open_books(writers, url, (unsigned)number + 1, &store) != ERR_OK) {
        _exit(1);
    }
    open_accounts(store, writers->accounts);
    ledger_watch(store);
    counter_set(&writers->writers[number].sent, SLOTS);
    for (int i = 0; i < SLOTS; i++) {
        slots[i] = (struct slot){.writers = writers, .store = store, .writer = number, .number = i};
        submit(&slots[i]);
    }
    for (;;) {
        (void)pause();
    }
}

int writers_start(struct writers *writers, const char *url)
{
    int number = writers->count++;
    struct writer *writer = &writers->writers[number];
    pid_t parent = getpid();
    pid_t pid;
    int ends[2];

    CHECK(number < WRITERS_MAX && pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
    writer->log = ends[0];
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) {
            _exit(1);
        }
        log_configure(LOG_ERROR, ends[1]);
        write_books(writers, url, number);
    }
    (void)close(ends[1]);
    writer->pid = pid; /* in shared memory: not the child's to write */
    return number;
}

/* ---- the test's process ---- */

void writers_freeze(struct writers *writers, int writer)
{
    CHECK(kill(writers->writers[writer].pid, SIGSTOP) == 0);
}

void writers_thaw(struct writers *writers, int writer)
{
    CHECK(kill(writers->writers[writer].pid, SIGCONT) == 0);
}

void writers_kill(struct writers *writers, int writer)
{
    struct writer *w = &writers->writers[writer];

    if (w->pid != 0) {
        (void)kill(w->pid, SIGKILL);
        (void)waitpid(w->pid, NULL, 0);
        (void)close(w->log);
        w->pid = 0;
    }
}

const char *writers_ended(struct writers *writers, int writer, int64_t within_ms)
{
    struct writer *w = &writers->writers[writer];
    int64_t until = now_ms() + within_ms;
    int status = 0;
    ssize_t len;
    pid_t ended;

    if (w->pid == 0) {
        return w->text;
    }
    while ((ended = waitpid(w->pid, &status, WNOHANG)) == 0 && now_ms() < until) {
        (void)usleep(10000);
    }
    if (ended == 0) {
        return NULL;
    }
    len = read(w->log, w->text, LOG_MAX - 1);
    w->text[len < 0 ? 0 : len] = '\0';
    (void)close(w->log);
    w->pid = 0;
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT) {
        give_up("a writer ended in another way", status);
    }
    return w->text;
}

int64_t writers_answered(const struct writers *writers, int writer)
{
    return counter_get(&writers->writers[writer].answered);
}

int64_t writers_await(struct writers *writers, int writer, int64_t more, int64_t within_ms)
{
    int64_t begun = now_ms();
    int64_t wanted = writers_answered(writers, writer) + more;

    while (writers_answered(writers, writer) < wanted) {
        const char *ended = writers_ended(writers, writer, 0);

        if (ended != NULL || now_ms() - begun > within_ms) {
            (void)fprintf(stderr, "writer %d %s, %lld more are wanted\n%s", writer,
                          ended == NULL ? "is running" : "has ended",
                          (long long)(wanted - writers_answered(writers, writer)),
                          ended == NULL ? "" : ended);
            return -1;
        }
        (void)usleep(5000);
    }
    return now_ms() - begun;
}

/* ---- the audit ---- */

/* A batch belongs to one writer. */
static void audit_batches(const struct writers *writers)
{
    int64_t last[WRITERS_MAX] = {0};
    int64_t first[WRITERS_MAX] = {0};

    for (int i = 0; i < writers->count; i++) {
        const struct writer *writer = &writers->writers[i];

        for (int64_t n = 0; n < counter_get(&writer->sent); n++) {
            int64_t batch = writer->answers[n];

            first[i] = batch != 0 && (first[i] == 0 || batch < first[i]) ? batch : first[i];
            last[i] = batch > last[i] ? batch : last[i];
        }
        for (int j = 0; j < i; j++) {
            if (first[i] != 0 && first[j] != 0 && first[i] <= last[j] && first[j] <= last[i]) {
                give_up("two writers have answered from the same batches", first[i]);
            }
        }
    }
}

static int64_t send_again(struct writers *writers, struct store *store)
{
    int64_t count = 0;

    for (int i = 0; i < writers->count; i++) {
        const struct writer *writer = &writers->writers[i];

        for (int64_t n = 0; n < counter_get(&writer->sent); n++) {
            struct slot slot = {.writers = writers, .writer = i, .number = n};
            enum err err;

            fill(&slot);
            err = store_run(store, &ledger_transfer_kind, &slot.post, &slot.posted, NULL);
            if (err != ERR_OK) {
                give_up(err_code(err), n);
            }
            if (writer->answers[n] != 0 && !slot.posted.exists) {
                give_up("an answered transfer is gone", n);
            }
            count++;
        }
    }
    return count;
}

struct sums {
    struct writers *writers;
    struct ledger_account account[2];
    struct arena *arena;
};

static void read_sums(void *ctx, struct reader *reader)
{
    struct sums *sums = ctx;

    for (int i = 0; i < 2; i++) {
        CHECK(ledger_read_account(reader, sums->writers->accounts[i], sums->arena,
                                  &sums->account[i]) == ERR_OK);
    }
}

int64_t writers_audit(struct writers *writers, const char *url)
{
    struct sums sums = {.writers = writers, .arena = arena_new()};
    struct ledger_proof proof;
    struct store *store;
    int64_t count;

    for (int i = 0; i < writers->count; i++) {
        writers_kill(writers, i);
    }
    audit_batches(writers);
    CHECK(open_books(writers, url, WRITERS_MAX + 1, &store) == ERR_OK);
    CHECK(ledger_prove(store, NULL, NULL, &proof) == ERR_OK);
    if (!proof.holds_true) {
        give_up(proof.wrong, 0);
    }
    count = send_again(writers, store);
    CHECK(store_read(store, read_sums, &sums) == ERR_OK);
    CHECK(ledger_prove(store, NULL, NULL, &proof) == ERR_OK);
    if (!proof.holds_true || proof.journals != count || sums.account[0].posted.minor != count ||
        sums.account[1].posted.minor != -count || sums.account[0].sequence != count) {
        give_up("transfers sent and transfers booked differ", proof.journals - count);
    }
    store_close(store);
    arena_free(sums.arena);
    return count;
}

void writers_free(struct writers *writers)
{
    for (int i = 0; i < writers->count; i++) {
        writers_kill(writers, i);
    }
    CHECK(munmap(writers, sizeof(*writers)) == 0);
}

/* A disk that forgets or changes bits: the books are found wrong, or cannot be read, or the damage
 * has touched no balance; never is a wrong balance believed. */
#include "test/lib/ledger_kit_test.h"

#include "test/lib/fault_vfs.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ACCOUNTS = 4,
    TRANSFERS = 60,
    FLIPS = 300,
    SHORT_READS = 60,
    RIGHT = 0, /* exit codes of a look: proof and balances are right */
    FOUND = 1,
    BELIEVED = 2, /* the proof holds and a balance is wrong */
};

#define AMOUNT_SEEN INT64_C(0x0123456789ab)

struct site {
    struct books *books;
    struct fault_disk *disk, *damaged;
    int64_t ids[ACCOUNTS];
    struct ledger_account accounts[ACCOUNTS];
};

static void site_open(struct site *site)
{
    site->disk = fault_disk_new();
    site->damaged = fault_disk_new();
    fault_disk_use(site->disk);
    site->books = books_open("sqlite");
    for (size_t i = 0; i < ACCOUNTS; i++) {
        site->ids[i] = books_account(site->books, (int64_t)i + 1, LEDGER_CODE_CHANNEL_RECEIVABLE,
                                     CURRENCY_CNY);
    }
    for (int64_t i = 0; i < TRANSFERS; i++) {
        size_t from = (size_t)i % ACCOUNTS;

        assert_ok(books_transfer(site->books, site->ids[from], site->ids[(from + 1) % ACCOUNTS],
                                 AMOUNT_SEEN + i * 7));
    }
    books_assert_right(site->books);
    for (size_t i = 0; i < ACCOUNTS; i++) {
        site->accounts[i] = books_get(site->books, site->ids[i]);
    }
    store_close(site->books->store); /* which writes the WAL back */
    site->books->store = NULL;
}

static void site_close(struct site *site)
{
    books_close(site->books);
    fault_disk_free(site->disk);
    fault_disk_free(site->damaged);
}

struct look {
    struct site *site;
    int code;
};

static void look_accounts(struct books *books, struct reader *reader, void *ctx)
{
    struct look *look = ctx;

    for (size_t i = 0; i < ACCOUNTS; i++) {
        struct ledger_account account;

        if (ledger_read_account(reader, look->site->ids[i], books->arena, &account) != ERR_OK) {
            look->code = look->code == RIGHT ? FOUND : look->code;
        } else if (account.posted.minor != look->site->accounts[i].posted.minor) {
            look->code = BELIEVED;
        }
    }
}

/* In a process of its own, for damage may stop it. */
static int look_at(struct site *site, const struct fault_plan *plan)
{
    struct look look = {site, RIGHT};
    struct ledger_proof proof = {0};
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        (void)signal(SIGABRT, SIG_DFL);
        log_configure(LOG_ERROR, open("/dev/null", O_WRONLY | O_CLOEXEC));
        if (freopen("/dev/null", "w", stderr) == NULL ||
            store_open(&site->books->options, &site->books->store, NULL) != ERR_OK) {
            _exit(FOUND);
        }
        fault_disk_fail(site->damaged, plan);
        books_read(site->books, look_accounts, &look);
        if (ledger_prove(site->books->store, NULL, NULL, &proof) != ERR_OK || !proof.holds_true) {
            _exit(FOUND);
        }
        _exit(look.code);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status)) {
        assert_int_equal(WTERMSIG(status), SIGABRT);
        return FOUND;
    }
    return WEXITSTATUS(status);
}

static void damage(struct site *site)
{
    fault_disk_crash(
        site->disk,
        &(struct fault_crash){.call = fault_disk_calls(site->disk) + 1, .loss = FAULT_KEEP},
        site->damaged);
    fault_disk_use(site->damaged);
}

/* As SQLite stores it: six bytes, the greatest first. */
static int64_t place_of(const struct site *site, int64_t amount)
{
    unsigned char bytes[6];

    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (unsigned char)(amount >> (8 * (5 - i)));
    }
    return fault_disk_find(site->damaged, FAULT_MAIN, bytes, sizeof(bytes));
}

static void a_flipped_bit_of_a_journal_row_is_found(void **state)
{
    struct site site;

    (void)state;
    site_open(&site);
    for (int64_t i = 1; i < TRANSFERS; i += 7) {
        int64_t at;

        damage(&site);
        at = place_of(&site, AMOUNT_SEEN + i * 7);
        assert_true(at > 0);
        assert_int_equal(look_at(&site, &(struct fault_plan){.nth = 0}), RIGHT);
        fault_disk_flip(site.damaged, FAULT_MAIN, at + i % 6, (unsigned)i % 8);
        assert_int_equal(look_at(&site, &(struct fault_plan){.nth = 0}), FOUND);
    }
    site_close(&site);
}

static void no_flipped_bit_makes_a_wrong_balance_believed(void **state)
{
    struct site site;
    uint64_t random = 88172645463325252U;
    int found = 0;

    (void)state;
    site_open(&site);
    for (int i = 0; i < FLIPS; i++) {
        int64_t bit;
        int code;

        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        damage(&site);
        bit = (int64_t)((random >> 11) % ((uint64_t)fault_disk_size(site.damaged, FAULT_MAIN) * 8));
        fault_disk_flip(site.damaged, FAULT_MAIN, bit / 8, (unsigned)(bit % 8));
        code = look_at(&site, &(struct fault_plan){.nth = 0});
        if (code != RIGHT && code != FOUND) {
            print_error("bit %lld\n", (long long)bit);
        }
        assert_true(code == RIGHT || code == FOUND);
        found += code == FOUND ? 1 : 0;
    }
    assert_true(found > 0);
    site_close(&site);
}

static void no_short_read_makes_a_wrong_balance_believed(void **state)
{
    struct site site;
    int found = 0;

    (void)state;
    site_open(&site);
    for (int64_t nth = 1; nth <= SHORT_READS; nth++) {
        int code;

        damage(&site);
        code = look_at(&site, &(struct fault_plan){FAULT_READ, nth, SQLITE_IOERR_SHORT_READ, 0});
        assert_true(code == RIGHT || code == FOUND);
        found += code == FOUND ? 1 : 0;
    }
    assert_true(found > 0);
    site_close(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flipped_bit_of_a_journal_row_is_found),
        cmocka_unit_test(no_flipped_bit_makes_a_wrong_balance_believed),
        cmocka_unit_test(no_short_read_makes_a_wrong_balance_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

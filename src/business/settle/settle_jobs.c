/* AccountSettleTimer: goes over the accounts that are due, page by page in the order of their ids.
 *
 * The job keeps nothing but its place. Which accounts are left is in their rules, so a job that was
 * killed begins at the first again and finds only those that were not dealt with. */
#include "business/settle/settle_int.h"

enum { SETTLE_TIMER = 220, SETTLE_RETRY_MS = 5000, SETTLE_PAGE = 200 };

struct job;

struct turn {
    struct command command;
    struct settle_turn arg;
    enum settle_outcome_kind kind;
    struct job *job;
};

struct job {
    struct app *app;
    struct loop *loop;
    struct arena *arena; /* of the page */
    struct query query;
    struct command command;
    struct settle_run run;
    bool more_rules;
    struct settle_page page;
    size_t in_flight;
    bool over;   /* the timer stands at the next day */
    bool failed; /* something of this pass has to be done again */
    bool done;   /* the run has ended; no other day has overtaken it */
};

static void job_end(struct job *job)
{
    timer_done(job->app->timers, &settle__timer, SETTLE_CLOCK_ID, job->over ? 0 : SETTLE_RETRY_MS);
    if (job->arena != NULL) {
        arena_free(job->arena);
    }
    mem_free(job);
}

static void submit(struct job *job, const struct command_kind *kind, void *result,
                   void (*done)(struct command *command))
{
    job->command = (struct command){
        .kind = kind,
        .arg = &job->run.id,
        .result = result,
        .done = done,
        .loop = job->loop,
        .ctx = job,
    };
    if (store_submit(job->app->store, &job->command) != ERR_OK) {
        job_end(job);
    }
}

static void ended(struct command *command)
{
    struct job *job = command->ctx;

    job->over = command->err == ERR_OK;
    if (job->over && job->done) {
        log_info("settle", "settle.run_done", NULL, LOG_INT("date", job->run.id), LOG_END);
    }
    job_end(job);
}

/* ---- a page ---- */

static void next_page(struct job *job);

static void turn_over(struct job *job)
{
    if (--job->in_flight == 0) {
        next_page(job);
    }
}

static void turn_done(struct command *command)
{
    struct turn *turn = command->ctx;

    if (command->err != ERR_OK) {
        log_warn("settle", "settle.account_failed", NULL,
                 LOG_ID("account", LEDGER_ACCOUNT_PREFIX, turn->arg.account_id),
                 LOG_ERR(command->err), LOG_END);
        turn->job->failed = true;
    }
    turn_over(turn->job);
}

static void take_turn(struct job *job, int64_t account_id)
{
    struct turn *turn = ARENA_NEW(job->arena, struct turn);

    turn->job = job;
    turn->arg = (struct settle_turn){account_id, job->run.id};
    turn->command = (struct command){
        .kind = &settle__turn_kind,
        .arg = &turn->arg,
        .result = &turn->kind,
        .done = turn_done,
        .loop = job->loop,
        .ctx = turn,
    };
    if (store_submit(job->app->store, &turn->command) != ERR_OK) {
        job->failed = true;
        turn_over(job);
    }
}

static void page_read(struct query *query)
{
    struct job *job = query->ctx;

    if (query->err != ERR_OK || (job->page.over && job->failed)) {
        job_end(job);
        return;
    }
    if (job->page.over) {
        submit(job, &settle__end_kind, &job->done, ended);
        return;
    }
    job->in_flight = job->page.count + 1; /* one for this loop: the page cannot end within it */
    for (size_t i = 0; i < job->page.count; i++) {
        take_turn(job, job->page.rules[i].id);
    }
    turn_over(job);
}

static void read_page(struct query *query, struct reader *reader)
{
    struct job *job = query->ctx;

    query->err = settle__read_page(reader, job->arena, &job->page);
}

static void next_page(struct job *job)
{
    if (job->arena != NULL) {
        arena_free(job->arena);
    }
    job->arena = arena_new();
    job->query = (struct query){
        .run = read_page,
        .done = page_read,
        .loop = job->loop,
        .arena = job->arena,
        .min_commit_no = store_commit_no(job->app->store), /* what is due: none is passed over */
        .ctx = job,
    };
    if (store_query(job->app->store, &job->query) != ERR_OK) {
        job_end(job);
    }
}

/* ---- the run ---- */

static void ruled(struct command *command)
{
    struct job *job = command->ctx;

    if (command->err != ERR_OK) {
        job_end(job);
    } else if (job->more_rules) {
        submit(job, &settle__rules_kind, &job->more_rules, ruled);
    } else {
        job->page = (struct settle_page){.date = job->run.id, .limit = SETTLE_PAGE};
        next_page(job);
    }
}

static void opened(struct command *command)
{
    struct job *job = command->ctx;

    job->over = command->err == ERR_OK && job->run.status != SETTLE_RUN_RUNNING;
    if (command->err != ERR_OK || job->over) {
        job_end(job);
        return;
    }
    submit(job, &settle__rules_kind, &job->more_rules, ruled);
}

static void fire(struct app *app, int64_t object_id, int64_t due_at_ms)
{
    struct job *job = mem_new(sizeof(*job));

    (void)object_id;
    (void)due_at_ms;
    job->app = app;
    job->loop = loop_current();
    submit(job, &settle__open_kind, &job->run, opened);
}

const struct timer_kind settle__timer = {
    .number = SETTLE_TIMER,
    .name = "settle.run",
    .fire = fire,
};

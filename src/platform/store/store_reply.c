#include "platform/store/store_reply.h"

/* A command on behalf of a request; both end when the reply is handed over. */
struct request_command {
    struct command command;
    struct request *req;
    struct reply *(*then)(struct request *req, struct command *command);
};

static struct reply *refusal(struct request *req, const struct command *command)
{
    return reply_error_at(req, command->err, command->param[0] == '\0' ? NULL : command->param,
                          NULL);
}

/* then() may have asked for something more, which replies by itself. */
static void answer(struct request *req, struct reply *reply)
{
    if (!reply_is_later(reply)) {
        request_reply(req, reply);
    }
}

static void command_done(struct command *command)
{
    struct request_command *rc = (struct request_command *)(void *)command;

    answer(rc->req,
           command->err == ERR_OK ? rc->then(rc->req, command) : refusal(rc->req, command));
}

struct reply *reply_command(struct request *req, const struct command_kind *kind, const void *arg,
                            struct reply *(*then)(struct request *req, struct command *command))
{
    struct request_command *rc = ARENA_NEW(req->arena, struct request_command);
    enum err err;

    rc->req = req;
    rc->then = then;
    rc->command = (struct command){
        .kind = kind,
        .arg = arg,
        .result = kind->result_size == 0 ? NULL : arena_alloc(req->arena, kind->result_size),
        .arena = req->arena,
        .trace = &req->trace,
        .done = command_done,
        .loop = req->loop,
    };
    /* The answer is posted to this very loop: it cannot come before this function has returned. */
    err = store_submit(app_store(req->app), &rc->command);
    return err == ERR_OK ? reply_later(req) : reply_error(req, err);
}

struct request_query {
    struct query query;
    struct request *req;
    const void *arg;
    void *result;
    enum err (*run)(struct reader *reader, struct request *req, const void *arg, void *result);
    struct reply *(*then)(struct request *req, void *result);
};

static void query_run(struct query *query, struct reader *reader)
{
    struct request_query *rq = (struct request_query *)(void *)query;

    query->err = rq->run(reader, rq->req, rq->arg, rq->result);
}

static void query_done(struct query *query)
{
    struct request_query *rq = (struct request_query *)(void *)query;

    answer(rq->req,
           query->err == ERR_OK ? rq->then(rq->req, rq->result) : reply_error(rq->req, query->err));
}

struct reply *reply_query_after(struct request *req, int64_t commit_no, const void *arg,
                                size_t result_size,
                                enum err (*run)(struct reader *reader, struct request *req,
                                                const void *arg, void *result),
                                struct reply *(*then)(struct request *req, void *result))
{
    struct request_query *rq = ARENA_NEW(req->arena, struct request_query);
    enum err err;

    rq->req = req;
    rq->arg = arg;
    rq->result = arena_alloc(req->arena, result_size);
    rq->run = run;
    rq->then = then;
    rq->query = (struct query){.run = query_run,
                               .done = query_done,
                               .loop = req->loop,
                               .arena = req->arena,
                               .min_commit_no = commit_no};
    err = store_query(app_store(req->app), &rq->query);
    return err == ERR_OK ? reply_later(req) : reply_error(req, err);
}

struct reply *reply_query(struct request *req, const void *arg, size_t result_size,
                          enum err (*run)(struct reader *reader, struct request *req,
                                          const void *arg, void *result),
                          struct reply *(*then)(struct request *req, void *result))
{
    return reply_query_after(req, 0, arg, result_size, run, then);
}

struct request_steps {
    struct query query;
    struct request *req;
    void *job;
    bool done;
    enum err (*step)(struct reader *reader, void *job, bool *done);
    struct reply *(*then)(struct request *req, void *job, enum err err);
};

static void steps_run(struct query *query, struct reader *reader)
{
    struct request_steps *steps = (struct request_steps *)(void *)query;

    query->err = steps->step(reader, steps->job, &steps->done);
}

static void steps_done(struct query *query)
{
    struct request_steps *steps = (struct request_steps *)(void *)query;
    enum err err = query->err;

    if (err == ERR_OK && !steps->done) {
        err = store_query(app_store(steps->req->app), &steps->query);
        if (err == ERR_OK) {
            return;
        }
    }
    request_reply(steps->req, steps->then(steps->req, steps->job, err));
}

struct reply *reply_query_steps(struct request *req, void *job,
                                enum err (*step)(struct reader *reader, void *job, bool *done),
                                struct reply *(*then)(struct request *req, void *job, enum err err))
{
    struct request_steps *steps = ARENA_NEW(req->arena, struct request_steps);
    enum err err;

    *steps = (struct request_steps){
        .query = {.run = steps_run, .done = steps_done, .loop = req->loop, .arena = req->arena},
        .req = req,
        .job = job,
        .step = step,
        .then = then,
    };
    err = store_query(app_store(req->app), &steps->query);
    return err == ERR_OK ? reply_later(req) : reply_error(req, err);
}

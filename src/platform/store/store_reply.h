/* Answering an HTTP request from a command or a query: suspends the request and answers it on its
 * loop when the batch has committed or the query has run. */
#ifndef PLATFORM_STORE_STORE_REPLY_H
#define PLATFORM_STORE_STORE_REPLY_H

#include "platform/http/http.h"
#include "platform/store/store.h"

/* The store of the program; platform/module, which knows struct app, defines it. */
struct store *app_store(const struct app *app);

/* then() makes the reply from command->result; it is called on the request's loop with err ERR_OK.
 * A refusal is answered with its error and param without calling then. It may answer by reading
 * back what was changed: reply_query_after. */
struct reply *reply_command(struct request *req, const struct command_kind *kind, const void *arg,
                            struct reply *(*then)(struct request *req, struct command *command));

/* run() fills query->ctx (result_size zeroed bytes from the arena) on a reader's thread. then() may
 * answer by a command that was made of what was read: reply_command. */
struct reply *reply_query(struct request *req, const void *arg, size_t result_size,
                          enum err (*run)(struct reader *reader, struct request *req,
                                          const void *arg, void *result),
                          struct reply *(*then)(struct request *req, void *result));

/* The same, seeing at least that commit: command->commit_no of the change. */
struct reply *reply_query_after(struct request *req, int64_t commit_no, const void *arg,
                                size_t result_size,
                                enum err (*run)(struct reader *reader, struct request *req,
                                                const void *arg, void *result),
                                struct reply *(*then)(struct request *req, void *result));

/* For long work: step() is called on readers' threads again and again, each time as a query of its
 * own so that others get their turn, until it sets *done; then then() makes the reply. Its first
 * error ends the work; then() is called with that too. job must live in the request's arena. */
struct reply *reply_query_steps(struct request *req, void *job,
                                enum err (*step)(struct reader *reader, void *job, bool *done),
                                struct reply *(*then)(struct request *req, void *job,
                                                      enum err err));

#endif

/* The one list of errors of the program.
 *
 * A row of err.def makes the enum value, the public code (the name in lower case), the HTTP
 * status, whether the same request may be repeated, the advice to the caller, and the text in
 * English and Chinese. Functions that can fail return enum err, are MUST_USE, and write their
 * out parameters only on ERR_OK. Codes are public and never renamed; the enum's numbers are
 * private to one build and never stored. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/check.h"

#include <stdbool.h>

enum err {
    ERR_OK = 0,
#define ERR(name, status, retry, advice, text, text_zh) ERR_##name,
#include "base/err.def"
#undef ERR
    ERR_COUNT
};

/* RETRY: the same request, sent again with a new signature, may succeed. */
enum err_retry { ERR_NO_RETRY = 1, ERR_RETRY };

/* Returns from the calling function with the error of the expression, if it is one. */
#define TRY(expr)                                                                                  \
    do {                                                                                           \
        enum err try_err_ = (expr);                                                                \
        if (try_err_ != ERR_OK) {                                                                  \
            return try_err_;                                                                       \
        }                                                                                          \
    } while (0)

const char *err_code(enum err err);    /* "ledger_insufficient" */
const char *err_type(enum err err);    /* "invalid_request", "conflict", …, from the status */
int err_status(enum err err);          /* HTTP status */
bool err_retryable(enum err err);      /* what the answer's `retryable` says */
const char *err_advice(enum err err);  /* "do_not_retry", "retry_later", … */
const char *err_text(enum err err);    /* one English sentence, no full stop */
const char *err_text_zh(enum err err); /* the same in Chinese */

#endif

#include "base/err.h"

#include <ctype.h>

struct row {
    const char *name;
    int status;
    enum err_retry retry;
    const char *advice;
    const char *text;
    const char *text_zh;
};

static const struct row rows[ERR_COUNT] = {
    [ERR_OK] = {"OK", 200, ERR_NO_RETRY, "none", "no error", "成功"},
#define ERR(name, status, retry, advice, text, text_zh)                                            \
    [ERR_##name] = {#name, status, ERR_##retry, advice, text, text_zh},
#include "base/err.def"
#undef ERR
};

static const struct row *row_of(enum err err)
{
    CHECK((unsigned)err < ERR_COUNT);
    return &rows[err];
}

/* The public code is the name in lower case; each thread keeps its own copy of a code it used,
 * so that err.def needs each name only once. */
const char *err_code(enum err err)
{
    static _Thread_local char codes[ERR_COUNT][48];
    const char *name = row_of(err)->name;
    char *code = codes[err];

    if (code[0] == '\0') {
        for (size_t i = 0; name[i] != '\0'; i++) {
            CHECK(i + 1 < sizeof(codes[0]));
            code[i] = (char)tolower((unsigned char)name[i]);
        }
    }
    return code;
}

const char *err_type(enum err err)
{
    switch (row_of(err)->status) {
    case 401:
        return "authentication";
    case 402:
        return "channel";
    case 403:
        return "permission";
    case 404:
        return "not_found";
    case 409:
    case 422:
        return "conflict";
    case 429:
        return "rate_limit";
    case 502:
    case 504:
        return "channel";
    default: /* every other status: by its hundred */
        return row_of(err)->status < 500 ? "invalid_request" : "api";
    }
}

int err_status(enum err err)
{
    return row_of(err)->status;
}

bool err_retryable(enum err err)
{
    return row_of(err)->retry == ERR_RETRY;
}

const char *err_advice(enum err err)
{
    return row_of(err)->advice;
}

const char *err_text(enum err err)
{
    return row_of(err)->text;
}

const char *err_text_zh(enum err err)
{
    return row_of(err)->text_zh;
}

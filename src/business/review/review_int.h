/* Shared inside business/review. */
#ifndef BUSINESS_REVIEW_REVIEW_INT_H
#define BUSINESS_REVIEW_REVIEW_INT_H

#include "business/auth/auth.h"
#include "business/review/review.h"
#include "platform/store/store_reply.h"

enum { REVIEW__MIGRATIONS = 7 };
extern const struct migration review__migrations[REVIEW__MIGRATIONS];
extern const struct route review__routes[];
extern const struct timer_kind review__timer;
extern const struct enum_name review__status_names[];

/* arg int64_t review id; nothing happens when it is no longer pending. */
extern const struct command_kind review__expire_kind;

struct review_filter {
    enum review_status status; /* 0: any */
    struct str kind;           /* empty: any */
    int64_t before_id;         /* 0: from the newest */
    int64_t limit;
};
MUST_USE enum err review__read_list(struct reader *reader, const struct review_filter *filter,
                                    struct arena *arena, struct review_item **rows, size_t *count);

#endif

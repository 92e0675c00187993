/* Faults on demand: what a channel does on a bad day.
 *
 * A fault belongs to an operation of a personality and strikes either the next `count` times or
 * at random with a rate. The first fault of the list that strikes is used, one per operation. */
#ifndef SIM_SIM_FAULT_H
#define SIM_SIM_FAULT_H

#include "sim/sim_merchant.h"

enum sim_operation {
    SIM_CREATE = 1, /* mock */
    SIM_NATIVE,     /* WeChat */
    SIM_QUERY,
    SIM_CLOSE,
    SIM_CERTIFICATES,
    SIM_BILL,
    SIM_CALLBACK,
};
extern const struct enum_name sim_operation_names[];

enum sim_fault_kind {
    /* of an answer */
    SIM_FAULT_ERROR_500 = 1,   /* nothing was done */
    SIM_FAULT_ERROR_429,       /* nothing was done */
    SIM_FAULT_ANSWER_LOST,     /* done, and no usable answer within delay_ms (12 s) */
    SIM_FAULT_ERROR_500_AFTER, /* done, and 500 */
    SIM_FAULT_SLOW,            /* done, answered after delay_ms (3 s) */
    /* of an answer or a callback */
    SIM_FAULT_BAD_SIGNATURE,
    SIM_FAULT_UNKNOWN_SERIAL,
    SIM_FAULT_WRONG_AMOUNT,
    SIM_FAULT_WRONG_CURRENCY,
    SIM_FAULT_WRONG_MERCHANT,
    /* of a callback */
    SIM_FAULT_DUPLICATE,    /* sent twice at the same time */
    SIM_FAULT_LATE,         /* the first one delay_ms (60 s of the schedule's clock) later */
    SIM_FAULT_OUT_OF_ORDER, /* held until another order's callback has gone, or delay_ms (5 s) */
    SIM_FAULT_NEVER,
};
extern const struct enum_name sim_fault_kind_names[];

/* Sets of kinds, as bits. */
#define SIM_FAULT_BIT(kind) (1U << (kind))
#define SIM_FAULTS_ALL (~0U)
/* Decided when a callback is first planned; the other kinds when it is sent. */
#define SIM_FAULTS_OF_PLAN                                                                         \
    (SIM_FAULT_BIT(SIM_FAULT_LATE) | SIM_FAULT_BIT(SIM_FAULT_OUT_OF_ORDER) |                       \
     SIM_FAULT_BIT(SIM_FAULT_NEVER))

struct sim_fault_setup {
    enum sim_personality personality;
    struct str operation; /* "query", or with its personality "mock.query" */
    enum sim_fault_kind kind;
    struct str merchant; /* empty: any */
    int64_t count;
    int64_t rate_millionths;
    int64_t delay_ms;
};
extern const struct field_set sim_fault_setup_set;

struct sim_fault {
    enum sim_fault_kind kind; /* 0: none */
    int64_t delay_ms;
};

struct sim_faults;
struct sim_faults *sim_faults_new(uint64_t seed);
void sim_faults_free(struct sim_faults *faults);
MUST_USE enum err sim_fault_add(struct sim_faults *faults, const struct sim_fault_setup *setup,
                                struct json_refusal *refusal);
void sim_faults_clear(struct sim_faults *faults);
void sim_faults_print(struct buf *buf, const struct sim_faults *faults); /* a JSON array */
/* The fault that strikes now, if any of the given kinds does. */
struct sim_fault sim_fault_take(struct sim_faults *faults, const struct sim_merchant *merchant,
                                enum sim_operation operation, unsigned kinds);

#endif

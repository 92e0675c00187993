#include "sim/sim_fault.h"

enum { FAULTS_MAX = 64, MILLION = 1000000 };

const struct enum_name sim_operation_names[] = {{SIM_CREATE, "create"},
                                                {SIM_NATIVE, "native"},
                                                {SIM_QUERY, "query"},
                                                {SIM_CLOSE, "close"},
                                                {SIM_CERTIFICATES, "certificates"},
                                                {SIM_BILL, "bill"},
                                                {SIM_CALLBACK, "callback"},
                                                {0, NULL}};

const struct enum_name sim_fault_kind_names[] = {{SIM_FAULT_ERROR_500, "error_500"},
                                                 {SIM_FAULT_ERROR_429, "error_429"},
                                                 {SIM_FAULT_ANSWER_LOST, "answer_lost"},
                                                 {SIM_FAULT_ERROR_500_AFTER, "error_500_after"},
                                                 {SIM_FAULT_SLOW, "slow"},
                                                 {SIM_FAULT_BAD_SIGNATURE, "bad_signature"},
                                                 {SIM_FAULT_UNKNOWN_SERIAL, "unknown_serial"},
                                                 {SIM_FAULT_WRONG_AMOUNT, "wrong_amount"},
                                                 {SIM_FAULT_WRONG_CURRENCY, "wrong_currency"},
                                                 {SIM_FAULT_WRONG_MERCHANT, "wrong_merchant"},
                                                 {SIM_FAULT_DUPLICATE, "duplicate"},
                                                 {SIM_FAULT_LATE, "late"},
                                                 {SIM_FAULT_OUT_OF_ORDER, "out_of_order"},
                                                 {SIM_FAULT_NEVER, "never"},
                                                 {0, NULL}};

#define SETUP(member, ...) FIELD(struct sim_fault_setup, member, __VA_ARGS__)

static const struct field setup_fields[] = {
    SETUP(personality, FIELD_ENUM, .names = sim_personality_names),
    SETUP(operation, FIELD_TEXT, .required = true, .min = 1, .max = 32, .charset = FIELD_CODE),
    SETUP(kind, FIELD_ENUM, .required = true, .names = sim_fault_kind_names),
    SETUP(merchant, FIELD_TEXT, .min = 1, .max = 32, .charset = FIELD_ORDER_NO),
    SETUP(count, FIELD_INT, .min = 1, .max = 1000000000),
    SETUP(rate_millionths, FIELD_INT, .min = 1, .max = MILLION),
    SETUP(delay_ms, FIELD_INT, .min = 1, .max = 86400000),
};
const struct field_set sim_fault_setup_set = FIELD_SET("fault", setup_fields);

struct active {
    enum sim_personality personality;
    enum sim_operation operation;
    enum sim_fault_kind kind;
    char merchant[33];
    int64_t left; /* how often it may still strike; -1: without end */
    int64_t rate_millionths;
    int64_t delay_ms;
    int64_t struck;
};

struct sim_faults {
    struct active list[FAULTS_MAX];
    size_t count;
    uint64_t random;
};

struct sim_faults *sim_faults_new(uint64_t seed)
{
    struct sim_faults *faults = mem_new(sizeof(*faults));

    faults->random = seed * 2 + 1; /* xorshift must not start at zero */
    return faults;
}

void sim_faults_free(struct sim_faults *faults)
{
    mem_free(faults);
}

/* Repeatable, which a generator for keys must not be. */
static int64_t next_random(struct sim_faults *faults)
{
    faults->random ^= faults->random << 13;
    faults->random ^= faults->random >> 7;
    faults->random ^= faults->random << 17;
    return (int64_t)((faults->random >> 11) % MILLION);
}

static enum err refuse(struct json_refusal *refusal, const char *param, const char *detail)
{
    refusal->err = ERR_FIELD_VALUE;
    (void)snprintf(refusal->param, sizeof(refusal->param), "%s", param);
    (void)snprintf(refusal->detail, sizeof(refusal->detail), "%s", detail);
    return ERR_FIELD_VALUE;
}

static int value_of(const struct enum_name *names, struct str name)
{
    while (names->name != NULL && !str_eq(name, str_of(names->name))) {
        names++;
    }
    return names->value;
}

static bool has_operation(enum sim_personality personality, enum sim_operation operation)
{
    switch (operation) {
    case SIM_CREATE:
        return personality == SIM_MOCK;
    case SIM_NATIVE:
    case SIM_CERTIFICATES:
    case SIM_BILL:
        return personality == SIM_WECHAT;
    case SIM_QUERY:
    case SIM_CLOSE:
    case SIM_CALLBACK:
        return true;
    }
    return false;
}

static bool makes_sense(enum sim_personality personality, enum sim_operation operation,
                        enum sim_fault_kind kind)
{
    bool callback = operation == SIM_CALLBACK;

    switch (kind) {
    case SIM_FAULT_ERROR_500:
    case SIM_FAULT_ERROR_429:
    case SIM_FAULT_ANSWER_LOST:
    case SIM_FAULT_ERROR_500_AFTER:
    case SIM_FAULT_SLOW:
        return !callback;
    case SIM_FAULT_BAD_SIGNATURE:
        return true;
    case SIM_FAULT_UNKNOWN_SERIAL:
        return personality == SIM_WECHAT;
    case SIM_FAULT_WRONG_AMOUNT:
    case SIM_FAULT_WRONG_CURRENCY:
    case SIM_FAULT_WRONG_MERCHANT:
        return callback || operation == SIM_QUERY;
    case SIM_FAULT_DUPLICATE:
    case SIM_FAULT_LATE:
    case SIM_FAULT_OUT_OF_ORDER:
    case SIM_FAULT_NEVER:
        return callback;
    }
    return false;
}

static int64_t default_delay(enum sim_fault_kind kind)
{
    return kind == SIM_FAULT_ANSWER_LOST    ? 12000
           : kind == SIM_FAULT_LATE         ? 60000
           : kind == SIM_FAULT_OUT_OF_ORDER ? 5000
                                            : 3000;
}

/* Forgets the oldest fault that is used up when the list is full. */
static bool make_room(struct sim_faults *faults)
{
    size_t at = 0;

    if (faults->count < FAULTS_MAX) {
        return true;
    }
    while (at < faults->count && faults->list[at].left != 0) {
        at++;
    }
    if (at == faults->count) {
        return false;
    }
    faults->count--;
    memmove(&faults->list[at], &faults->list[at + 1],
            (faults->count - at) * sizeof(faults->list[0]));
    return true;
}

enum err sim_fault_add(struct sim_faults *faults, const struct sim_fault_setup *setup,
                       struct json_refusal *refusal)
{
    struct str operation = setup->operation;
    struct str head = {NULL, 0};
    struct active active = {.personality = setup->personality, .kind = setup->kind};

    if (str_find(operation, STR("."), &(size_t){0})) {
        (void)str_cut(&operation, '.', &head);
        active.personality = (enum sim_personality)value_of(sim_personality_names, head);
    }
    active.operation = (enum sim_operation)value_of(sim_operation_names, operation);
    if (active.personality == 0) {
        return refuse(refusal, "personality", "must be mock or wechat");
    }
    if (active.operation == 0 || !has_operation(active.personality, active.operation)) {
        return refuse(refusal, "operation", "is none of this personality's");
    }
    if (!makes_sense(active.personality, active.operation, active.kind)) {
        return refuse(refusal, "kind", "cannot happen to this operation");
    }
    if (setup->count > 0 && setup->rate_millionths > 0) {
        return refuse(refusal, "count", "either a count or a rate");
    }
    if (!make_room(faults)) {
        return refuse(refusal, "", "there are too many faults");
    }
    (void)snprintf(active.merchant, sizeof(active.merchant), STR_FMT, STR_ARG(setup->merchant));
    active.left = setup->rate_millionths > 0 ? -1 : setup->count > 0 ? setup->count : 1;
    active.rate_millionths = setup->rate_millionths > 0 ? setup->rate_millionths : MILLION;
    active.delay_ms = setup->delay_ms > 0 ? setup->delay_ms : default_delay(setup->kind);
    faults->list[faults->count++] = active;
    return ERR_OK;
}

void sim_faults_clear(struct sim_faults *faults)
{
    faults->count = 0;
}

void sim_faults_print(struct buf *buf, const struct sim_faults *faults)
{
    buf_add_char(buf, '[');
    for (size_t i = 0; i < faults->count; i++) {
        const struct active *fault = &faults->list[i];

        buf_printf(buf, "%s{\"personality\":\"%s\",\"operation\":\"%s\",\"kind\":\"%s\"",
                   i > 0 ? "," : "", enum_name_of(sim_personality_names, (int)fault->personality),
                   enum_name_of(sim_operation_names, (int)fault->operation),
                   enum_name_of(sim_fault_kind_names, (int)fault->kind));
        if (fault->merchant[0] != '\0') {
            buf_printf(buf, ",\"merchant\":\"%s\"", fault->merchant);
        }
        buf_printf(buf, fault->left < 0 ? ",\"rate_millionths\":%lld" : ",\"count\":%lld",
                   (long long)(fault->left < 0 ? fault->rate_millionths : fault->left));
        buf_printf(buf, ",\"delay_ms\":%lld,\"struck\":%lld}", (long long)fault->delay_ms,
                   (long long)fault->struck);
    }
    buf_add_char(buf, ']');
}

static bool strikes(struct sim_faults *faults, struct active *fault)
{
    if (fault->left == 0 ||
        (fault->rate_millionths < MILLION && next_random(faults) >= fault->rate_millionths)) {
        return false;
    }
    if (fault->left > 0) {
        fault->left--;
    }
    fault->struck++;
    return true;
}

/* Faults whose count is used up stay in the list, so that it can be asked how often each struck. */
struct sim_fault sim_fault_take(struct sim_faults *faults, const struct sim_merchant *merchant,
                                enum sim_operation operation, unsigned kinds)
{
    for (size_t i = 0; i < faults->count; i++) {
        struct active *fault = &faults->list[i];

        if (fault->personality == merchant->personality && fault->operation == operation &&
            (SIM_FAULT_BIT(fault->kind) & kinds) != 0 &&
            (fault->merchant[0] == '\0' || str_eq(str_of(fault->merchant), merchant->number)) &&
            strikes(faults, fault)) {
            return (struct sim_fault){fault->kind, fault->delay_ms};
        }
    }
    return (struct sim_fault){0};
}

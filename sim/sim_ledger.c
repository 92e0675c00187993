#include "sim/sim_ledger_int.h"

#include "base/time.h"

enum { TABLE_FIRST = 1024, ORDERS_FIRST = 1024 };

const struct enum_name sim_status_names[] = {
    {SIM_PENDING, "pending"}, {SIM_SUCCEEDED, "succeeded"}, {SIM_CLOSED, "closed"}, {0, NULL}};

enum err sim_ledger_open(const struct sim_ledger_options *options, char problem[256],
                         struct sim_ledger **out)
{
    struct sim_ledger *ledger = mem_new(sizeof(*ledger));
    enum err err;

    ledger->sim = options->sim;
    ledger->merchants = options->merchants;
    ledger->orders_max = options->orders_max;
    ledger->table_size = TABLE_FIRST;
    ledger->table = mem_new(TABLE_FIRST * sizeof(struct sim_order *));
    ledger->journal = -1;
    err = sim_journal__open(ledger, options->directory, problem);
    if (err != ERR_OK) {
        sim_ledger_free(ledger);
        return err;
    }
    *out = ledger;
    return ERR_OK;
}

void sim_ledger_free(struct sim_ledger *ledger)
{
    if (ledger == NULL) {
        return;
    }
    sim_journal__close(ledger);
    for (size_t i = 0; i < ledger->count; i++) {
        mem_free(ledger->orders[i]);
    }
    mem_free(ledger->orders);
    mem_free(ledger->table);
    mem_free(ledger);
}

void sim_ledger_keep_merchant(struct sim_ledger *ledger, const struct sim_merchant *merchant)
{
    sim_journal__merchant(ledger, merchant);
}

/* ---- finding ---- */

static uint64_t hash_of(const struct sim_merchant *merchant, struct str order_no)
{
    return str_hash(order_no) ^ (uint64_t)(uintptr_t)merchant * UINT64_C(0x9E3779B97F4A7C15);
}

static struct sim_order **slot_of(const struct sim_ledger *ledger,
                                  const struct sim_merchant *merchant, struct str order_no)
{
    return &ledger->table[hash_of(merchant, order_no) & (ledger->table_size - 1)];
}

struct sim_order *sim_order_find(const struct sim_ledger *ledger,
                                 const struct sim_merchant *merchant, struct str order_no)
{
    struct sim_order *order = *slot_of(ledger, merchant, order_no);

    while (order != NULL && (order->merchant != merchant || !str_eq(order->order_no, order_no))) {
        order = order->next_of_no;
    }
    return order;
}

uint64_t sim_ledger_count(const struct sim_ledger *ledger)
{
    return ledger->count;
}

struct sim_order *sim_ledger_order(const struct sim_ledger *ledger, uint64_t number)
{
    return number >= 1 && number <= ledger->count ? ledger->orders[number - 1] : NULL;
}

/* Four digits that cannot be guessed from the number, and the number in base 36. */
void sim_order_token(const struct sim_order *order, char out[SIM_TOKEN_LEN + 1])
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    uint64_t rest = order->number;

    for (size_t i = 0; i < 4; i++) {
        out[i] = digits[order->content[i] % 36];
    }
    for (size_t i = SIM_TOKEN_LEN; i > 4; i--) {
        out[i - 1] = digits[rest % 36];
        rest /= 36;
    }
    out[SIM_TOKEN_LEN] = '\0';
}

struct sim_order *sim_order_by_token(const struct sim_ledger *ledger, struct str token)
{
    char expected[SIM_TOKEN_LEN + 1];
    struct sim_order *order;
    uint64_t number = 0;

    if (token.len != SIM_TOKEN_LEN) {
        return NULL;
    }
    for (size_t i = 4; i < token.len; i++) {
        char c = token.ptr[i];

        if ((c < '0' || c > '9') && (c < 'a' || c > 'z')) {
            return NULL;
        }
        number = number * 36 + (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    order = sim_ledger_order(ledger, number);
    if (order == NULL) {
        return NULL;
    }
    sim_order_token(order, expected);
    return str_eq(token, str_of(expected)) ? order : NULL;
}

/* 28 digits for WeChat, as it writes them; the date of the payment, then the order's number. */
void sim_order_transaction(const struct sim_order *order, char out[SIM_TRANSACTION_MAX])
{
    int date = time_business_date(order->paid_ms);

    switch (order->merchant->personality) {
    case SIM_MOCK:
        (void)snprintf(out, SIM_TRANSACTION_MAX, "M%08d%010llu", date,
                       (unsigned long long)order->number);
        break;
    case SIM_WECHAT:
        (void)snprintf(out, SIM_TRANSACTION_MAX, "4200002%03u%08d%010llu",
                       (unsigned)order->content[0], date, (unsigned long long)order->number);
        break;
    }
}

struct sim_order *sim_order_by_transaction(const struct sim_ledger *ledger, struct str text)
{
    char expected[SIM_TRANSACTION_MAX];
    struct sim_order *order;
    int64_t number;

    if (text.len < 10 ||
        str_parse_int(str_slice(text, text.len - 10, text.len), &number) != ERR_OK || number < 1) {
        return NULL;
    }
    order = sim_ledger_order(ledger, (uint64_t)number);
    if (order == NULL || order->status != SIM_SUCCEEDED) {
        return NULL;
    }
    sim_order_transaction(order, expected);
    return str_eq(text, str_of(expected)) ? order : NULL;
}

/* ---- changing ---- */

static void grow_table(struct sim_ledger *ledger)
{
    mem_free(ledger->table);
    ledger->table_size *= 2;
    ledger->table = mem_new(ledger->table_size * sizeof(struct sim_order *));
    for (size_t i = 0; i < ledger->count; i++) {
        struct sim_order *order = ledger->orders[i];
        struct sim_order **slot = slot_of(ledger, order->merchant, order->order_no);

        order->next_of_no = *slot;
        *slot = order;
    }
}

static void append(struct sim_ledger *ledger, struct sim_order *order)
{
    struct sim_order **slot;

    if (ledger->count == ledger->size) {
        size_t size = ledger->size == 0 ? ORDERS_FIRST : ledger->size * 2;

        ledger->orders = mem_grow(ledger->orders, ledger->size * sizeof(struct sim_order *),
                                  size * sizeof(struct sim_order *));
        ledger->size = size;
    }
    ledger->orders[ledger->count] = order;
    ledger->count++;
    order->number = ledger->count;
    slot = slot_of(ledger, order->merchant, order->order_no);
    order->next_of_no = *slot;
    *slot = order;
    if (ledger->count > ledger->table_size) {
        grow_table(ledger);
    }
}

static struct str keep(char **at, struct str text)
{
    struct str kept = {*at, text.len};

    if (text.len > 0) {
        memcpy(*at, text.ptr, text.len);
    }
    *at += text.len;
    return kept;
}

/* One block of memory: the order, and its texts behind it. */
struct sim_order *sim_ledger__insert(struct sim_ledger *ledger,
                                     const struct sim_order_create *create)
{
    size_t texts =
        create->order_no.len + create->subject.len + create->notify_url.len + create->attach.len;
    struct sim_order *order = mem_new(sizeof(*order) + texts);
    char *at = (char *)(order + 1);

    order->sim = ledger->sim;
    order->merchant = create->merchant;
    order->status = SIM_PENDING;
    order->amount = create->amount;
    order->currency = create->currency;
    order->created_ms = create->now_ms;
    order->expires_ms = create->expires_ms;
    order->order_no = keep(&at, create->order_no);
    order->subject = keep(&at, create->subject);
    order->notify_url = keep(&at, create->notify_url);
    order->attach = keep(&at, create->attach);
    memcpy(order->content, create->content, sizeof(order->content));
    append(ledger, order);
    return order;
}

enum err sim_order_create(struct sim_ledger *ledger, const struct sim_order_create *create,
                          struct sim_order **out)
{
    if (ledger->count >= ledger->orders_max) {
        return ERR_QUEUE_FULL;
    }
    *out = sim_ledger__insert(ledger, create);
    sim_journal__order(ledger, *out);
    return ERR_OK;
}

void sim_order_paid(struct sim_ledger *ledger, struct sim_order *order, int64_t now_ms)
{
    CHECK(order->status == SIM_PENDING);
    order->status = SIM_SUCCEEDED;
    order->paid_ms = now_ms;
    sim_journal__change(ledger, "paid", order, now_ms);
}

void sim_order_closed(struct sim_ledger *ledger, struct sim_order *order, int64_t now_ms)
{
    CHECK(order->status == SIM_PENDING);
    order->status = SIM_CLOSED;
    order->closed_ms = now_ms;
    sim_journal__change(ledger, "closed", order, now_ms);
}

void sim_order_acknowledged(struct sim_ledger *ledger, struct sim_order *order, int64_t now_ms)
{
    CHECK(order->status == SIM_SUCCEEDED && order->acknowledged_ms == 0);
    order->acknowledged_ms = now_ms;
    sim_journal__change(ledger, "acknowledged", order, now_ms);
}

/* The journal: one JSON line per change, written as it happens and read back at the start. It has
 * the keys of the merchants in it, so only its owner may read it. */
#include "sim/sim_ledger_int.h"

#include "base/encode.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 32 * 1024, PATH_BYTES = 4096 };

struct order_record {
    int64_t number;
    enum sim_personality personality;
    struct str merchant;
    struct str order_no;
    struct amount amount;
    enum currency currency;
    struct str subject;
    struct str notify_url;
    struct str attach;
    int64_t created_ms;
    int64_t expires_ms;
    struct str content;
};

struct change_record {
    int64_t number;
    int64_t at_ms;
};

struct line {
    struct sim_merchant_setup merchant;
    struct order_record order;
    struct change_record paid;
    struct change_record closed;
    struct change_record acknowledged;
};

#define ORDER(member, ...) FIELD(struct order_record, member, __VA_ARGS__)

static const struct field order_fields[] = {
    ORDER(number, FIELD_INT, .required = true, .min = 1),
    ORDER(personality, FIELD_ENUM, .required = true, .names = sim_personality_names),
    ORDER(merchant, FIELD_TEXT, .required = true, .max = 64),
    ORDER(order_no, FIELD_TEXT, .required = true, .max = 128),
    ORDER(amount, FIELD_AMOUNT, .required = true),
    ORDER(currency, FIELD_CURRENCY, .required = true),
    ORDER(subject, FIELD_TEXT, .max = 1024),
    ORDER(notify_url, FIELD_TEXT, .max = 2048),
    ORDER(attach, FIELD_TEXT, .max = 1024),
    ORDER(created_ms, FIELD_INT, .required = true),
    ORDER(expires_ms, FIELD_INT),
    ORDER(content, FIELD_TEXT, .required = true, .min = 2 * SIM_CONTENT_LEN,
          .max = 2 * SIM_CONTENT_LEN),
};
static const struct field_set order_set = FIELD_SET("order", order_fields);

static const struct field change_fields[] = {
    FIELD(struct change_record, number, FIELD_INT, .required = true, .min = 1),
    FIELD(struct change_record, at_ms, FIELD_INT, .required = true),
};

static const struct field line_fields[] = {
    FIELD(struct line, merchant, FIELD_OBJECT, .sub = sim_merchant_setup_fields,
          .sub_count = SIM_MERCHANT_SETUP_FIELDS),
    FIELD(struct line, order, FIELD_OBJECT, .sub = order_fields,
          .sub_count = ARRAY_LEN(order_fields)),
    FIELD(struct line, paid, FIELD_OBJECT, .sub = change_fields,
          .sub_count = ARRAY_LEN(change_fields)),
    FIELD(struct line, closed, FIELD_OBJECT, .sub = change_fields,
          .sub_count = ARRAY_LEN(change_fields)),
    FIELD(struct line, acknowledged, FIELD_OBJECT, .sub = change_fields,
          .sub_count = ARRAY_LEN(change_fields)),
};
static const struct field_set line_set = FIELD_SET("line", line_fields);

/* ---- writing ---- */

static void begin(struct sim_ledger *ledger, const char *what)
{
    buf_reset(&ledger->line);
    buf_printf(&ledger->line, "{\"%s\":", what);
}

/* One write per line, so that a kill leaves at most the last line torn. A disk that is full costs
 * the history, not the service. */
static void end(struct sim_ledger *ledger)
{
    struct str text;
    ssize_t written;

    buf_add(&ledger->line, STR("}\n"));
    CHECK(buf_ok(&ledger->line));
    text = buf_str(&ledger->line);
    written = write(ledger->journal, text.ptr, text.len);
    if (written < 0 || (size_t)written != text.len) {
        (void)fprintf(stderr, "tomato-sim: the journal cannot be written\n");
    }
}

void sim_journal__merchant(struct sim_ledger *ledger, const struct sim_merchant *merchant)
{
    begin(ledger, "merchant");
    json_print_fields(&ledger->line, &sim_merchant_setup_set, &merchant->setup);
    end(ledger);
}

void sim_journal__order(struct sim_ledger *ledger, const struct sim_order *order)
{
    char content[2 * SIM_CONTENT_LEN];
    struct buf hex = {.ptr = content, .size = sizeof(content), .cap = sizeof(content)};
    struct order_record record = {.number = (int64_t)order->number,
                                  .personality = order->merchant->personality,
                                  .merchant = order->merchant->number,
                                  .order_no = order->order_no,
                                  .amount = order->amount,
                                  .currency = order->currency,
                                  .subject = order->subject,
                                  .notify_url = order->notify_url,
                                  .attach = order->attach,
                                  .created_ms = order->created_ms,
                                  .expires_ms = order->expires_ms};

    hex_encode(&hex, (struct str){(const char *)order->content, SIM_CONTENT_LEN});
    record.content = buf_str(&hex);
    begin(ledger, "order");
    json_print_fields(&ledger->line, &order_set, &record);
    end(ledger);
}

void sim_journal__change(struct sim_ledger *ledger, const char *what, const struct sim_order *order,
                         int64_t at_ms)
{
    begin(ledger, what);
    buf_printf(&ledger->line, "{\"number\":%llu,\"at_ms\":%lld}", (unsigned long long)order->number,
               (long long)at_ms);
    end(ledger);
}

/* ---- reading ---- */

static enum err read_order(struct sim_ledger *ledger, struct arena *arena,
                           const struct order_record *record)
{
    struct sim_order_create create = {
        .merchant = sim_merchant_find(ledger->merchants, record->personality, record->merchant),
        .order_no = record->order_no,
        .amount = record->amount,
        .currency = record->currency,
        .subject = record->subject,
        .notify_url = record->notify_url,
        .attach = record->attach,
        .now_ms = record->created_ms,
        .expires_ms = record->expires_ms};
    struct str content;

    if (create.merchant == NULL || record->number != (int64_t)ledger->count + 1) {
        return ERR_FIELD_VALUE;
    }
    TRY(hex_decode(arena, record->content, &content));
    memcpy(create.content, content.ptr, SIM_CONTENT_LEN);
    (void)sim_ledger__insert(ledger, &create);
    return ERR_OK;
}

static enum err read_change(struct sim_ledger *ledger, const struct line *line)
{
    const struct change_record *change = line->paid.number != 0     ? &line->paid
                                         : line->closed.number != 0 ? &line->closed
                                                                    : &line->acknowledged;
    struct sim_order *order = sim_ledger_order(ledger, (uint64_t)change->number);

    if (order == NULL) {
        return ERR_FIELD_VALUE;
    }
    if (change == &line->acknowledged) {
        order->acknowledged_ms = change->at_ms;
        return ERR_OK;
    }
    if (order->status != SIM_PENDING) {
        return ERR_FIELD_VALUE;
    }
    if (change == &line->paid) {
        order->status = SIM_SUCCEEDED;
        order->paid_ms = change->at_ms;
    } else {
        order->status = SIM_CLOSED;
        order->closed_ms = change->at_ms;
    }
    return ERR_OK;
}

static enum err read_line(struct sim_ledger *ledger, struct arena *arena, struct str text)
{
    struct line *line = ARENA_NEW(arena, struct line);
    struct json_refusal refusal;
    struct sim_merchant *merchant;

    TRY(json_parse_fields(arena, text, &line_set, line, &refusal));
    if (line->merchant.merchant_no.len > 0 || line->merchant.mchid.len > 0) {
        return sim_merchant_set(ledger->merchants, &line->merchant, &refusal, &merchant);
    }
    return line->order.number != 0 ? read_order(ledger, arena, &line->order)
                                   : read_change(ledger, line);
}

/* A last line without an end was torn by a kill: it is cut off. */
static enum err read_all(struct sim_ledger *ledger, FILE *file, char problem[256])
{
    struct arena *arena = arena_new();
    char *text = mem_new(LINE_MAX_BYTES);
    long good = 0;
    int number = 0;
    enum err err = ERR_OK;

    while (err == ERR_OK && fgets(text, LINE_MAX_BYTES, file) != NULL) {
        struct str line = str_of(text);

        number++;
        if (!str_ends(line, STR("\n"))) {
            break;
        }
        arena_reset(arena);
        err = read_line(ledger, arena, str_slice(line, 0, line.len - 1));
        good += (long)line.len;
    }
    if (err != ERR_OK) {
        (void)snprintf(problem, 256, "journal.jsonl:%d: %s", number, err_text(err));
    } else if (ftruncate(fileno(file), good) != 0) {
        err = ERR_CONF_FILE;
        (void)snprintf(problem, 256, "journal.jsonl: %s", strerror(errno));
    }
    mem_free(text);
    arena_free(arena);
    return err;
}

enum err sim_journal__open(struct sim_ledger *ledger, struct str directory, char problem[256])
{
    char path[PATH_BYTES];
    FILE *file;
    enum err err;

    (void)snprintf(path, sizeof(path), STR_FMT, STR_ARG(directory));
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        (void)snprintf(problem, 256, "%.200s: %s", path, strerror(errno));
        return ERR_CONF_FILE;
    }
    (void)snprintf(path, sizeof(path), STR_FMT "/journal.jsonl", STR_ARG(directory));
    ledger->journal = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    file = ledger->journal < 0 ? NULL : fopen(path, "r+e");
    if (file == NULL) {
        (void)snprintf(problem, 256, "%.200s: %s", path, strerror(errno));
        return ERR_CONF_FILE;
    }
    buf_init(&ledger->line, LINE_MAX_BYTES);
    err = read_all(ledger, file, problem);
    (void)fclose(file);
    return err;
}

void sim_journal__close(struct sim_ledger *ledger)
{
    if (ledger->journal >= 0) {
        (void)close(ledger->journal);
    }
    buf_free(&ledger->line);
}

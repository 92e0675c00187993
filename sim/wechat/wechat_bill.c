/* The trade bill of a day: GET /v3/bill/tradebill says where it is, a second signed GET fetches it.
 *
 * CSV in UTF-8 with a byte order mark, every cell behind a back-tick, amounts in yuan, a summary
 * of two lines at the end. The real channel makes it on the next morning; here the day may still
 * be running: the token then remembers how far the books were. */
#include "base/encode.h"
#include "base/time.h"
#include "sim/wechat/wechat_int.h"

#include <zlib.h>

enum { BILL_MAX = 512 << 20, DAY_TEXT_MAX = 10, FEE_MILLIONTHS = 6000 };

enum bill_type { BILL_ALL = 1, BILL_SUCCESS, BILL_REFUND };
static const struct enum_name bill_type_names[] = {
    {BILL_ALL, "ALL"}, {BILL_SUCCESS, "SUCCESS"}, {BILL_REFUND, "REFUND"}, {0, NULL}};
enum tar_type { TAR_GZIP = 1 };
static const struct enum_name tar_type_names[] = {{TAR_GZIP, "GZIP"}, {0, NULL}};

struct bill_query {
    struct str bill_date;
    enum bill_type bill_type;
    enum tar_type tar_type;
};
static const struct field bill_fields[] = {
    FIELD(struct bill_query, bill_date, FIELD_TEXT, .required = true, .min = 10,
          .max = DAY_TEXT_MAX),
    FIELD(struct bill_query, bill_type, FIELD_ENUM, .names = bill_type_names),
    FIELD(struct bill_query, tar_type, FIELD_ENUM, .names = tar_type_names),
};
static const struct field_set bill_set = FIELD_SET("tradebill", bill_fields);

/* What a bill is made of; the token is its text. */
struct bill {
    int64_t date; /* yyyymmdd */
    int64_t type;
    int64_t gzip;
    int64_t orders; /* the first so many of the books */
    int64_t until_ms;
};

/* ---- the file ---- */

struct totals {
    int64_t count;
    struct amount amount;
    struct amount fee;
};

static void add_total(struct amount *total, struct amount amount)
{
    CHECK(amount_add(*total, amount, total) == ERR_OK);
}

static struct amount fee_of(const struct sim_order *order)
{
    const struct amount_rate rate = {.rate_millionths = FEE_MILLIONTHS};
    struct amount fee;

    CHECK(amount_fee(order->amount, &rate, &fee) == ERR_OK);
    return fee;
}

/* Line ends would make two lines of one. */
static void add_cell(struct buf *file, struct str text)
{
    buf_add(file, STR("`"));
    for (size_t i = 0; i < text.len; i++) {
        buf_add_char(file, text.ptr[i] == '\n' || text.ptr[i] == '\r' ? ' ' : text.ptr[i]);
    }
    buf_add_char(file, ',');
}

static void add_amount(struct buf *file, struct amount amount)
{
    buf_add_char(file, '`');
    amount_print(file, amount, CURRENCY_CNY);
    buf_add_char(file, ',');
}

static void end_line(struct buf *file)
{
    file->len--; /* the last comma */
    buf_add(file, STR("\r\n"));
}

/* "2026-11-22 18:00:00" in Shanghai. */
static struct str day_time(struct arena *arena, int64_t at_ms)
{
    struct buf text;
    char *copy;

    buf_init_arena(&text, arena, 64);
    time_print_shanghai(&text, at_ms);
    copy = str_cstr(arena, buf_str(&text));
    copy[10] = ' ';
    return (struct str){copy, 19};
}

static void add_order(struct buf *file, struct arena *arena, const struct sim_order *order,
                      bool refund_columns)
{
    char transaction[SIM_TRANSACTION_MAX];

    sim_order_transaction(order, transaction);
    add_cell(file, day_time(arena, order->paid_ms));
    add_cell(file, order->merchant->appid);
    add_cell(file, order->merchant->number);
    add_cell(file, STR("0"));
    add_cell(file, STR(""));
    add_cell(file, str_of(transaction));
    add_cell(file, order->order_no);
    add_cell(file, wechat__openid(arena, order));
    add_cell(file, STR("NATIVE"));
    add_cell(file, STR("SUCCESS"));
    add_cell(file, STR("OTHERS"));
    add_cell(file, STR("CNY"));
    add_amount(file, order->amount);
    add_amount(file, AMOUNT_ZERO);
    if (refund_columns) {
        add_cell(file, STR("0"));
        add_cell(file, STR("0"));
        add_amount(file, AMOUNT_ZERO);
        add_amount(file, AMOUNT_ZERO);
        add_cell(file, STR(""));
        add_cell(file, STR(""));
    }
    add_cell(file, order->subject);
    add_cell(file, order->attach);
    add_amount(file, fee_of(order));
    add_cell(file, STR("0.60%"));
    add_amount(file, order->amount);
    if (refund_columns) {
        add_amount(file, AMOUNT_ZERO);
    }
    add_cell(file, STR(""));
    end_line(file);
}

static void add_header(struct buf *file, bool refund_columns)
{
    buf_add(file, STR("\xEF\xBB\xBF"
                      "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,"
                      "交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,"));
    if (refund_columns) {
        buf_add(file, STR("微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,"));
    }
    buf_add(file, STR("商品名称,商户数据包,手续费,费率,订单金额,"));
    if (refund_columns) {
        buf_add(file, STR("申请退款金额,"));
    }
    buf_add(file, STR("费率备注\r\n"));
}

static void add_summary(struct buf *file, const struct totals *totals)
{
    buf_add(file, STR("总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,"
                      "订单总金额,申请退款总金额\r\n"));
    buf_printf(file, "`%lld,", (long long)totals->count);
    add_amount(file, totals->amount);
    add_amount(file, AMOUNT_ZERO);
    add_amount(file, AMOUNT_ZERO);
    add_amount(file, totals->fee);
    add_amount(file, totals->amount);
    add_amount(file, AMOUNT_ZERO);
    end_line(file);
}

static bool belongs(const struct sim_order *order, const struct sim_merchant *merchant,
                    const struct bill *bill)
{
    return order->merchant == merchant && order->status == SIM_SUCCEEDED &&
           bill->type != BILL_REFUND && order->paid_ms <= bill->until_ms &&
           time_business_date(order->paid_ms) == bill->date;
}

/* Returns how many trades the bill has. */
static int64_t print_bill(const struct wechat_call *call, const struct bill *bill, struct buf *file)
{
    const struct sim_ledger *ledger = call->sim->ledger;
    bool refund_columns = bill->type == BILL_ALL;
    struct totals totals = {.count = 0};
    struct arena *line = arena_new();

    add_header(file, refund_columns);
    for (int64_t number = 1; number <= bill->orders; number++) {
        const struct sim_order *order = sim_ledger_order(ledger, (uint64_t)number);

        if (order != NULL && belongs(order, call->merchant, bill)) {
            arena_reset(line);
            add_order(file, line, order, refund_columns);
            totals.count++;
            add_total(&totals.amount, order->amount);
            add_total(&totals.fee, fee_of(order));
        }
    }
    arena_free(line);
    add_summary(file, &totals);
    CHECK(buf_ok(file));
    return totals.count;
}

/* ---- where it is ---- */

static bool read_date(struct str text, int64_t *date)
{
    struct str year;
    struct str month;
    int64_t parts[3];

    if (!str_cut(&text, '-', &year) || !str_cut(&text, '-', &month) || year.len != 4 ||
        month.len != 2 || text.len != 2 || str_parse_int(year, &parts[0]) != ERR_OK ||
        str_parse_int(month, &parts[1]) != ERR_OK || str_parse_int(text, &parts[2]) != ERR_OK) {
        return false;
    }
    *date = parts[0] * 10000 + parts[1] * 100 + parts[2];
    return time_date_is_valid((int32_t)*date);
}

static struct reply *url_reply(const struct wechat_call *call, const struct bill *bill,
                               struct str file)
{
    struct arena *arena = call->req->arena;
    unsigned char sha1[SIM_SHA1_LEN];
    struct buf hash;

    sim_sha1(file, sha1);
    buf_init_arena(&hash, arena, 2 * SIM_SHA1_LEN);
    hex_encode(&hash, (struct str){(const char *)sha1, sizeof(sha1)});
    return reply_json(
        call->req, 200,
        str_printf(arena,
                   "{\"hash_type\":\"SHA1\",\"hash_value\":\"" STR_FMT "\",\"download_url\":"
                   "\"http://" STR_FMT "%s/v3/billdownload/file?token=%lld-%lld-%lld-%lld-%lld\"}",
                   STR_ARG(buf_str(&hash)), STR_ARG(request_header(call->req, "Host")),
                   str_starts(call->req->path, STR("/wechat/")) ? "/wechat" : "",
                   (long long)bill->date, (long long)bill->type, (long long)bill->gzip,
                   (long long)bill->orders, (long long)bill->until_ms));
}

struct reply *wechat__tradebill(const struct wechat_call *call)
{
    struct bill_query query = {.bill_type = BILL_ALL};
    struct bill bill = {.orders = (int64_t)sim_ledger_count(call->sim->ledger),
                        .until_ms = call->req->received_ms};
    struct buf file;

    if (request_query(call->req, &bill_set, &query) != ERR_OK) {
        return wechat__bad_field(call, "query", &call->req->refusal);
    }
    if (!read_date(query.bill_date, &bill.date) ||
        bill.date > time_business_date(call->req->received_ms)) {
        return wechat__bad_field(call, "query",
                                 &(struct json_refusal){.param = "bill_date",
                                                        .detail = "must be a day that was, as "
                                                                  "yyyy-MM-dd"});
    }
    bill.type = query.bill_type;
    bill.gzip = query.tar_type == TAR_GZIP;
    buf_init_arena(&file, call->req->arena, BILL_MAX);
    if (print_bill(call, &bill, &file) == 0) {
        return wechat__error(call, 400, "NO_STATEMENT_EXIST", "账单文件不存在");
    }
    return url_reply(call, &bill, buf_str(&file));
}

/* ---- fetching it ---- */

struct token_query {
    struct str token;
};
static const struct field token_fields[] = {
    FIELD(struct token_query, token, FIELD_TEXT, .required = true, .min = 1, .max = 128),
};
static const struct field_set token_set = FIELD_SET("file", token_fields);

static bool read_token(struct str token, struct bill *bill)
{
    int64_t *const members[] = {&bill->date, &bill->type, &bill->gzip, &bill->orders,
                                &bill->until_ms};

    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        struct str part;

        if (str_cut(&token, '-', &part) == (i + 1 == ARRAY_LEN(members)) ||
            str_parse_int(part, members[i]) != ERR_OK) {
            return false;
        }
    }
    return true;
}

static struct str gzipped(struct arena *arena, struct str plain)
{
    z_stream stream = {.next_in = (unsigned char *)(uintptr_t)plain.ptr,
                       .avail_in = (uInt)plain.len};
    uLong bound;
    unsigned char *out;

    /* 15 bits of window, and 16 for the gzip wrapper. */
    CHECK(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8,
                       Z_DEFAULT_STRATEGY) == Z_OK);
    bound = deflateBound(&stream, plain.len);
    out = arena_alloc(arena, bound);
    stream.next_out = out;
    stream.avail_out = (uInt)bound;
    CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    CHECK(deflateEnd(&stream) == Z_OK);
    return (struct str){(const char *)out, stream.total_out};
}

struct reply *wechat__download(const struct wechat_call *call)
{
    struct token_query query = {{NULL, 0}};
    struct bill bill;
    struct buf file;

    if (request_query(call->req, &token_set, &query) != ERR_OK) {
        return wechat__bad_field(call, "query", &call->req->refusal);
    }
    if (!read_token(query.token, &bill)) {
        return wechat__error(call, 400, "INVALID_REQUEST", "token无效");
    }
    buf_init_arena(&file, call->req->arena, BILL_MAX);
    if (print_bill(call, &bill, &file) == 0) {
        return wechat__error(call, 403, "NO_AUTH", "商户号与申请账单的商户号不一致");
    }
    return reply_text(call->req, 200, bill.gzip ? "application/gzip" : "text/csv; charset=utf-8",
                      bill.gzip ? gzipped(call->req->arena, buf_str(&file)) : buf_str(&file));
}

/* The mock channel: the plainest there can be, and the template a new adapter starts from.
 *
 * It signs with one shared key. Our requests carry Mock-Merchant, Mock-Timestamp (Unix seconds),
 * Mock-Nonce and Mock-Signature = hex(HMAC-SHA256(key,
 * METHOD\nPATH?QUERY\nTIMESTAMP\nNONCE\nBODY\n)); its answers and callbacks the last three over
 * TIMESTAMP\nNONCE\nBODY\n, believed for 300 s. Orders are placed, queried and closed under
 * /mock/v1/orders; the payer scans a QR code. */
#include "base/encode.h"
#include "base/time.h"
#include "business/channel/channel_adapter.h"

/* ---- 1. settings: what an account is given, and what it is opened into ---- */

struct mock_credentials {
    struct str key;
};

static const struct field credentials_fields[] = {
    FIELD(struct mock_credentials, key, FIELD_TEXT, .required = true, .min = 16, .max = 128,
          .help = "The shared signing key."),
};
static const struct field_set credentials_set = FIELD_SET("mock_credentials", credentials_fields);

/* The keys object owns all it needs in an arena of its own, and never changes. */
struct mock_keys {
    struct arena *arena;
    struct str merchant_no;
    struct str base_url;
    struct secret key;
};

static enum err mock_open(const struct channel_open *in, void **opened,
                          struct json_refusal *refusal)
{
    const struct mock_credentials *credentials = in->credentials;
    struct arena *arena = arena_new();
    struct mock_keys *keys = ARENA_NEW(arena, struct mock_keys);

    (void)refusal; /* the field table has refused all there is to refuse */
    keys->arena = arena;
    keys->merchant_no = str_dup(arena, in->account_no);
    keys->base_url = str_dup(arena, in->base_url);
    keys->key = secret_of(arena, credentials->key);
    *opened = keys;
    return ERR_OK;
}

static void mock_close(void *opened)
{
    struct mock_keys *keys = opened;

    secret_wipe(&keys->key);
    arena_free(keys->arena);
}

/* ---- 2. requests: text from an order ---- */

struct mock_order {
    struct str merchant_no;
    struct str order_no;
    struct amount amount;
    enum currency currency;
    struct str subject;
    struct str notify_url;
    int64_t expires_at;
};

static const struct field order_fields[] = {
    FIELD(struct mock_order, merchant_no, FIELD_TEXT, .max = 64),
    FIELD(struct mock_order, order_no, FIELD_TEXT, .max = 32),
    FIELD(struct mock_order, amount, FIELD_AMOUNT),
    FIELD(struct mock_order, currency, FIELD_CURRENCY),
    FIELD(struct mock_order, subject, FIELD_TEXT, .max = 127),
    FIELD(struct mock_order, notify_url, FIELD_TEXT, .max = 256),
    FIELD(struct mock_order, expires_at, FIELD_TIME),
};
static const struct field_set order_set = FIELD_SET("mock_order", order_fields);

static struct str sign(struct arena *arena, const struct mock_keys *keys, struct str text)
{
    unsigned char mac[CRYPTO_SHA256_LEN];
    struct buf hex;

    crypto_hmac_sha256(&keys->key, text, mac);
    buf_init_arena(&hex, arena, sizeof(mac) * 2);
    hex_encode(&hex, (struct str){(const char *)mac, sizeof(mac)});
    return buf_str(&hex);
}

static void sign_request(struct arena *arena, const struct mock_keys *keys,
                         const struct channel_ask *ask, struct str path, struct http_call *out)
{
    struct str timestamp = str_printf(arena, "%lld", (long long)(ask->now_ms / TIME_SECOND_MS));
    struct str sent_path, text;

    out->url = channel_url(arena, keys->base_url, path, &sent_path);
    text = str_printf(arena, STR_FMT "\n" STR_FMT "\n" STR_FMT "\n" STR_FMT "\n" STR_FMT "\n",
                      STR_ARG(out->method), STR_ARG(sent_path), STR_ARG(timestamp),
                      STR_ARG(ask->nonce), STR_ARG(out->body));
    http_call_header(out, STR("Mock-Merchant"), keys->merchant_no);
    http_call_header(out, STR("Mock-Timestamp"), timestamp);
    http_call_header(out, STR("Mock-Nonce"), ask->nonce);
    http_call_header(out, STR("Mock-Signature"), sign(arena, keys, text));
    if (out->body.len > 0) {
        http_call_header(out, STR("Content-Type"), STR("application/json"));
    }
}

static void mock_request(struct arena *arena, const void *opened, const struct channel_ask *ask,
                         struct http_call *out)
{
    const struct mock_keys *keys = opened;
    const struct channel_order *order = ask->order;
    struct mock_order body = {.merchant_no = keys->merchant_no};
    struct str path = STR("");

    out->method = STR("POST");
    switch (ask->op) {
    case CHANNEL_OP_CREATE:
        body.order_no = order->order_no;
        body.amount = order->amount;
        body.currency = order->currency;
        body.subject = order->subject;
        body.notify_url = order->notify_url;
        body.expires_at = order->expires_at_ms;
        out->body = channel_fields_text(arena, &order_set, &body);
        path = STR("/mock/v1/orders");
        break;
    case CHANNEL_OP_QUERY:
        out->method = STR("GET");
        path = str_printf(arena, "/mock/v1/orders/" STR_FMT "?merchant_no=" STR_FMT,
                          STR_ARG(order->order_no),
                          STR_ARG(channel_url_part(arena, keys->merchant_no)));
        break;
    case CHANNEL_OP_CLOSE:
        out->body = channel_fields_text(arena, &order_set, &body); /* empty fields are left out */
        path = str_printf(arena, "/mock/v1/orders/" STR_FMT "/close", STR_ARG(order->order_no));
        break;
    }
    sign_request(arena, keys, ask, path, out);
}

/* ---- 3. verification: before anything is read ---- */

enum { MOCK_WINDOW_S = 300 };

/* An answer or a callback: what the channel has signed. A callback has this form already. */
static enum channel_trust verify(struct arena *arena, const struct mock_keys *keys,
                                 const struct channel_callback *in, struct channel_result *out)
{
    struct str timestamp = channel_header(in->headers, in->header_count, "Mock-Timestamp");
    struct str nonce = channel_header(in->headers, in->header_count, "Mock-Nonce");
    struct str signature = channel_header(in->headers, in->header_count, "Mock-Signature");
    int64_t at_s, now_s = in->now_ms / TIME_SECOND_MS;
    struct str text;

    if (str_parse_int(timestamp, &at_s) != ERR_OK || nonce.len == 0 || signature.len == 0) {
        out->detail = STR("it is not signed");
        return CHANNEL_UNTRUSTED;
    }
    if (at_s <= now_s - MOCK_WINDOW_S || at_s >= now_s + MOCK_WINDOW_S) {
        out->detail = STR("its timestamp is outside the window");
        return CHANNEL_UNTRUSTED;
    }
    text = str_printf(arena, STR_FMT "\n" STR_FMT "\n" STR_FMT "\n", STR_ARG(timestamp),
                      STR_ARG(nonce), STR_ARG(in->body));
    if (!crypto_equal(sign(arena, keys, text), signature)) {
        out->detail = STR("its signature does not match");
        return CHANNEL_UNTRUSTED;
    }
    out->evidence = channel_evidence(arena, text);
    return CHANNEL_TRUSTED;
}

/* ---- 4. meaning: from the channel's words to ours, by tables ---- */

static const struct state_row {
    const char *status;
    enum channel_outcome outcome;
} states[] = {
    {"pending", CHANNEL_PENDING},
    {"succeeded", CHANNEL_SUCCEEDED},
    {"closed", CHANNEL_CLOSED},
};

/* Refusals that settle something. A code that is not listed leaves the outcome unknown. */
static const struct code_row {
    const char *code;
    enum channel_op op;
    enum channel_outcome outcome;
    enum channel_decline decline;
} codes[] = {
    {"PARAM_ERROR", CHANNEL_OP_CREATE, CHANNEL_FAILED, DECLINE_CHANNEL_CONFIG_ERROR},
    {"SIGN_ERROR", CHANNEL_OP_CREATE, CHANNEL_FAILED, DECLINE_CHANNEL_SIGNATURE_ERROR},
    {"ORDER_CONFLICT", CHANNEL_OP_CREATE, CHANNEL_UNKNOWN, DECLINE_DUPLICATE_ORDER},
    {"ORDER_NOT_FOUND", CHANNEL_OP_QUERY, CHANNEL_NOT_FOUND, DECLINE_ORDER_NOT_FOUND},
    {"ORDER_NOT_FOUND", CHANNEL_OP_CLOSE, CHANNEL_NOT_FOUND, DECLINE_ORDER_NOT_FOUND},
    {"ORDER_PAID", CHANNEL_OP_CLOSE, CHANNEL_UNKNOWN, DECLINE_ORDER_PAID},
};

static void read_refusal(struct arena *arena, const json_t *body, enum channel_op op,
                         struct channel_result *out)
{
    out->outcome = CHANNEL_UNKNOWN;
    out->decline = DECLINE_UNMAPPED;
    out->code = channel_json_text(arena, body, "code");
    out->message = channel_json_text(arena, body, "message");
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        if (codes[i].op == op && str_eq(out->code, str_of(codes[i].code))) {
            out->outcome = codes[i].outcome;
            out->decline = codes[i].decline;
        }
    }
}

/* The order as the channel shows it, in answers and in callbacks. */
static enum channel_trust read_order(struct arena *arena, const json_t *body,
                                     struct channel_result *out)
{
    struct str status = channel_json_text(arena, body, "status");
    struct str paid_at = channel_json_text(arena, body, "paid_at");

    out->outcome = CHANNEL_UNKNOWN;
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        if (str_eq(status, str_of(states[i].status))) {
            out->outcome = states[i].outcome;
        }
    }
    out->order_no = channel_json_text(arena, body, "order_no");
    out->qr = channel_json_text(arena, body, "qr");
    out->account_no = channel_json_text(arena, body, "merchant_no");
    out->transaction_no = channel_json_text(arena, body, "transaction_no");
    out->amount = AMOUNT(channel_json_int(body, "amount"));
    if (currency_parse(channel_json_text(arena, body, "currency"), &out->currency) != ERR_OK) {
        out->currency = CURRENCY_NONE;
    }
    if (out->outcome == CHANNEL_SUCCEEDED &&
        (time_parse(paid_at, &out->paid_at_ms) != ERR_OK || out->transaction_no.len == 0 ||
         out->amount.minor <= 0 || out->currency == CURRENCY_NONE || out->account_no.len == 0)) {
        out->detail = STR("a success without number, amount, merchant or time");
        return CHANNEL_UNTRUSTED;
    }
    return CHANNEL_TRUSTED;
}

static enum channel_trust mock_answer(struct arena *arena, const void *opened,
                                      const struct channel_ask *ask, const struct http_call *in,
                                      struct channel_result *out)
{
    const struct channel_callback answer = {
        .headers = in->answer_headers,
        .header_count = in->answer_header_count,
        .body = in->answer,
        .now_ms = ask->now_ms,
    };
    enum channel_trust trust = verify(arena, opened, &answer, out);
    struct json_refusal refusal;
    json_t *body;

    if (trust != CHANNEL_TRUSTED) {
        return trust;
    }
    if (json_parse(in->answer, &body, &refusal) != ERR_OK) {
        out->detail = STR("it is not JSON");
        return CHANNEL_UNTRUSTED;
    }
    if (in->status == 200) {
        trust = read_order(arena, body, out);
    } else {
        read_refusal(arena, body, ask->op, out);
    }
    json_decref(body);
    if (trust == CHANNEL_TRUSTED && ask->op == CHANNEL_OP_CREATE &&
        out->outcome == CHANNEL_PENDING && out->qr.len == 0) {
        out->detail = STR("an order without a QR code");
        return CHANNEL_UNTRUSTED;
    }
    return trust;
}

/* ---- 5. callbacks ---- */

static const char *const callback_headers[] = {"Mock-Timestamp", "Mock-Nonce", "Mock-Signature",
                                               NULL};

static enum channel_trust mock_callback(struct arena *arena, const void *opened,
                                        const struct channel_callback *in,
                                        struct channel_result *out)
{
    enum channel_trust trust = verify(arena, opened, in, out);
    struct json_refusal refusal;
    json_t *body;

    if (trust != CHANNEL_TRUSTED) {
        return trust;
    }
    if (json_parse(in->body, &body, &refusal) != ERR_OK) {
        out->detail = STR("it is not JSON");
        return CHANNEL_UNTRUSTED;
    }
    trust = read_order(arena, body, out);
    json_decref(body);
    return trust;
}

static void mock_callback_reply(struct arena *arena, enum err err,
                                struct channel_callback_reply *out)
{
    (void)arena;
    out->status = err == ERR_OK ? 204 : err_status(err);
}

/* ---- 6. the table: what the channel can do, and where it is done ---- */

static const struct channel_method methods[] = {{"mock_qr", "qr_code"}, {NULL, NULL}};
static const enum currency currencies[] = {CURRENCY_CNY, CURRENCY_USD, CURRENCY_NONE};

const struct channel_adapter channel_mock_adapter = {
    .name = "mock",
    .methods = methods,
    .operations = CHANNEL_OP_CREATE | CHANNEL_OP_QUERY | CHANNEL_OP_CLOSE,
    .currencies = currencies,
    .amount_min = {1},
    .amount_max = {INT64_C(100000000000)},
    .order_no_min = 1,
    .order_no_max = 32,
    .expiry_max_ms = TIME_DAY_MS,
    .base_url = NULL,
    .credentials = &credentials_set,
    .credentials_size = sizeof(struct mock_credentials),
    .callback_headers = callback_headers,
    .open = mock_open,
    .close = mock_close,
    .request = mock_request,
    .answer = mock_answer,
    .callback = mock_callback,
    .callback_reply = mock_callback_reply,
};

/* The list of adapters, what can be told from their tables, and the helpers they share. */
#include "business/channel/channel_int.h"

#include "base/encode.h"

const struct channel_adapter *const channel__adapters[] = {
    &channel_wechat_adapter,
    &channel_mock_adapter,
    NULL,
};

const struct channel_adapter *channel__adapter(struct str name)
{
    for (const struct channel_adapter *const *a = channel__adapters; *a != NULL; a++) {
        if (str_eq(str_of((*a)->name), name)) {
            return *a;
        }
    }
    return NULL;
}

const struct channel_method *channel__method(const struct channel_adapter *adapter, struct str name)
{
    for (const struct channel_method *m = adapter->methods; m->name != NULL; m++) {
        if (str_eq(str_of(m->name), name)) {
            return m;
        }
    }
    return NULL;
}

bool channel__takes_currency(const struct channel_adapter *adapter, enum currency currency)
{
    for (const enum currency *c = adapter->currencies; *c != CURRENCY_NONE; c++) {
        if (*c == currency) {
            return true;
        }
    }
    return false;
}

bool channel__takes_amount(const struct channel_adapter *adapter, struct amount amount)
{
    return amount_cmp(amount, adapter->amount_min) >= 0 &&
           amount_cmp(amount, adapter->amount_max) <= 0;
}

enum err channel_limits(struct str method, struct channel_limits *out)
{
    for (const struct channel_adapter *const *a = channel__adapters; *a != NULL; a++) {
        const struct channel_method *m = channel__method(*a, method);

        if (m != NULL) {
            *out = (struct channel_limits){(*a)->amount_min, (*a)->amount_max, (*a)->expiry_max_ms,
                                           m->next_action};
            return ERR_OK;
        }
    }
    return ERR_CHANNEL_METHOD;
}

const char *channel_decline_code(enum channel_decline decline)
{
    switch (decline) {
    case DECLINE_NONE:
        return NULL;
#define CHANNEL_DECLINE_CODE(number, name, code, advice)                                           \
    case DECLINE_##name:                                                                           \
        return code;
        CHANNEL_DECLINES(CHANNEL_DECLINE_CODE)
#undef CHANNEL_DECLINE_CODE
    }
    return NULL;
}

const char *channel_decline_advice(enum channel_decline decline)
{
    switch (decline) {
    case DECLINE_NONE:
        return NULL;
#define CHANNEL_DECLINE_ADVICE(number, name, code, advice)                                         \
    case DECLINE_##name:                                                                           \
        return advice;
        CHANNEL_DECLINES(CHANNEL_DECLINE_ADVICE)
#undef CHANNEL_DECLINE_ADVICE
    }
    return NULL;
}

enum err channel_refuse(struct json_refusal *refusal, enum err err, const char *param,
                        const char *detail)
{
    refusal->err = err;
    (void)snprintf(refusal->param, sizeof(refusal->param), "%s", param);
    (void)snprintf(refusal->detail, sizeof(refusal->detail), "%s", detail);
    return err;
}

struct str channel_header(const struct http_header *headers, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq_nocase(headers[i].name, str_of(name))) {
            return headers[i].value;
        }
    }
    return STR("");
}

struct str channel_evidence(struct arena *arena, struct str signed_text)
{
    return crypto_sha256_hex(arena, signed_text);
}

struct str channel_url(struct arena *arena, struct str base_url, struct str path,
                       struct str *sent_path)
{
    struct str rest = base_url, authority = STR("");
    size_t at = 0;

    if (str_find(rest, STR("://"), &at)) {
        rest = str_slice(rest, at + 3, rest.len);
    }
    /* rest is now authority[/prefix]; the prefix is part of what is sent and signed. */
    struct str prefix = rest;
    bool has_prefix = str_cut(&prefix, '/', &authority);

    prefix = has_prefix ? str_slice(rest, authority.len, rest.len) : STR("");
    while (str_ends(prefix, STR("/"))) {
        prefix.len--;
    }
    while (str_ends(base_url, STR("/"))) {
        base_url.len--;
    }
    *sent_path = str_printf(arena, STR_FMT STR_FMT, STR_ARG(prefix), STR_ARG(path));
    return str_printf(arena, STR_FMT STR_FMT, STR_ARG(base_url), STR_ARG(path));
}

struct str channel_url_part(struct arena *arena, struct str text)
{
    struct buf buf;

    buf_init_arena(&buf, arena, 3 * text.len + 1);
    url_encode(&buf, text);
    return buf_str(&buf);
}

struct str channel_json_text(struct arena *arena, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    if (!json_is_string(value)) {
        return STR("");
    }
    return str_dup(arena, (struct str){json_string_value(value), json_string_length(value)});
}

int64_t channel_json_int(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

struct str channel_fields_text(struct arena *arena, const struct field_set *set, const void *value)
{
    struct buf buf;

    buf_init_arena(&buf, arena, CHANNEL_BODY_MAX);
    json_print_fields(&buf, set, value);
    CHECK(buf_ok(&buf));
    return buf_str(&buf);
}

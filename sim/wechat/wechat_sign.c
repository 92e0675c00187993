/* WECHATPAY2-SHA256-RSA2048 in both directions. */
#include "sim/wechat/wechat_int.h"

enum { WINDOW_S = 300, NONCE_LEN = 32, NONCE_MAX = 64 };

#define SCHEME "WECHATPAY2-SHA256-RSA2048 "
#define PROBE "WECHATPAY/SIGNTEST/"

static struct str joined(struct arena *arena, const struct str *lines, size_t count)
{
    struct buf text;

    buf_init_arena(&text, arena, WECHAT_SIGNED_MAX);
    for (size_t i = 0; i < count; i++) {
        buf_add(&text, lines[i]);
        buf_add_char(&text, '\n');
    }
    CHECK(buf_ok(&text));
    return buf_str(&text);
}

/* ---- requests ---- */

struct authorization {
    struct str mchid;
    struct str nonce_str;
    struct str signature;
    struct str timestamp;
    struct str serial_no;
};

static struct str *member_named(struct authorization *out, struct str name)
{
    return str_eq(name, STR("mchid"))       ? &out->mchid
           : str_eq(name, STR("nonce_str")) ? &out->nonce_str
           : str_eq(name, STR("signature")) ? &out->signature
           : str_eq(name, STR("timestamp")) ? &out->timestamp
           : str_eq(name, STR("serial_no")) ? &out->serial_no
                                            : NULL;
}

/* Five key="value" parts in any order, separated by single commas, each once and not empty. */
static bool read_authorization(struct str header, struct authorization *out)
{
    struct str part;
    int count = 0;
    bool more;

    if (!str_starts(header, STR(SCHEME))) {
        return false;
    }
    header = str_slice(header, sizeof(SCHEME) - 1, header.len);
    do {
        struct str name;
        struct str *member;

        more = str_cut(&header, ',', &part);
        if (!str_cut(&part, '=', &name) || part.len < 3 || part.ptr[0] != '"' ||
            part.ptr[part.len - 1] != '"') {
            return false;
        }
        member = member_named(out, name);
        if (member == NULL || member->len > 0) {
            return false;
        }
        *member = str_slice(part, 1, part.len - 1);
        count++;
    } while (more);
    return count == 5;
}

static bool is_timely(struct str timestamp, int64_t now_ms)
{
    int64_t at;

    return str_parse_int(timestamp, &at) == ERR_OK && at >= now_ms / 1000 - WINDOW_S &&
           at <= now_ms / 1000 + WINDOW_S;
}

const char *wechat__authenticate(struct wechat_call *call)
{
    struct request *req = call->req;
    struct authorization given = {.mchid = {NULL, 0}};
    struct sim_merchant *merchant;
    struct str message;

    if (!read_authorization(request_header(req, "Authorization"), &given) ||
        given.nonce_str.len > NONCE_MAX) {
        return "Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》";
    }
    if (!is_timely(given.timestamp, req->received_ms)) {
        return "Http头Authorization中的timestamp与发起请求的时间不得超过5分钟";
    }
    merchant = sim_merchant_find(&call->sim->merchants, SIM_WECHAT, given.mchid);
    if (merchant == NULL) {
        return "签名错误";
    }
    if (!str_eq(merchant->serial, given.serial_no)) {
        return "商户证书序列号有误";
    }
    message = joined(
        req->arena,
        (struct str[]){req->method, req->target, given.timestamp, given.nonce_str, req->body}, 5);
    if (!sim_verify(req->arena, merchant->public_key, message, given.signature)) {
        return "签名错误";
    }
    call->merchant = merchant;
    return NULL;
}

/* ---- answers and callbacks ---- */

const struct wechat_key *wechat__key(const struct sim *sim, const struct sim_merchant *merchant,
                                     struct str asked)
{
    const struct wechat_keys *keys = sim->wechat_keys;

    return merchant->mode == SIM_MODE_PUBLIC_KEY || str_eq(asked, str_of(keys->public_key.name))
               ? &keys->public_key
               : wechat_keys_signing(keys);
}

/* What WeChat sends now and then to see whether it is verified at all: base64 of the right length
 * with a fixed beginning. */
static struct str spoiled(struct arena *arena, struct str signature)
{
    char *copy = str_cstr(arena, signature);

    memcpy(copy, PROBE, sizeof(PROBE) - 1);
    return (struct str){copy, signature.len};
}

struct wechat_signature wechat__sign(struct arena *arena, const struct wechat_key *key,
                                     int64_t now_ms, struct str body, const struct sim_fault *fault)
{
    char nonce[NONCE_LEN + 1];
    struct wechat_signature signature = {.timestamp =
                                             str_printf(arena, "%lld", (long long)now_ms / 1000),
                                         .serial = str_of(key->name)};

    sim_random_hex(nonce, NONCE_LEN);
    signature.nonce = str_dup(arena, str_of(nonce));
    signature.value =
        sim_sign(arena, key->key,
                 joined(arena, (struct str[]){signature.timestamp, signature.nonce, body}, 3));
    if (fault->kind == SIM_FAULT_BAD_SIGNATURE) {
        signature.value = spoiled(arena, signature.value);
    }
    if (fault->kind == SIM_FAULT_UNKNOWN_SERIAL) {
        signature.serial = STR("5A00000000000000000000000000000000000BAD");
    }
    return signature;
}

#include "sim/sim_merchant.h"

const struct enum_name sim_personality_names[] = {
    {SIM_MOCK, "mock"}, {SIM_WECHAT, "wechat"}, {0, NULL}};

const struct enum_name sim_mode_names[] = {
    {SIM_MODE_CERTIFICATE, "certificate"}, {SIM_MODE_PUBLIC_KEY, "public_key"}, {0, NULL}};

#define SETUP(member, ...) FIELD(struct sim_merchant_setup, member, __VA_ARGS__)

const struct field sim_merchant_setup_fields[SIM_MERCHANT_SETUP_FIELDS] = {
    SETUP(merchant_no, FIELD_TEXT, .min = 1, .max = 32, .charset = FIELD_ORDER_NO),
    SETUP(key, FIELD_TEXT, .min = 16, .max = 128),
    SETUP(mchid, FIELD_TEXT, .min = 1, .max = 32, .charset = FIELD_ALNUM),
    SETUP(appid, FIELD_TEXT, .min = 1, .max = 32, .charset = FIELD_ALNUM),
    SETUP(api_v3_key, FIELD_TEXT, .min = SIM_GCM_KEY_LEN, .max = SIM_GCM_KEY_LEN,
          .charset = FIELD_ORDER_NO),
    SETUP(merchant_serial, FIELD_TEXT, .min = 8, .max = SIM_SERIAL_LEN, .charset = FIELD_ALNUM),
    SETUP(merchant_public_key_pem, FIELD_TEXT, .min = 1, .max = 8192),
    SETUP(mode, FIELD_ENUM, .names = sim_mode_names),
    SETUP(auto_pay, FIELD_BOOL),
    SETUP(auto_pay_after_ms, FIELD_INT, .max = 86400000),
};
const struct field_set sim_merchant_setup_set = FIELD_SET("merchant", sim_merchant_setup_fields);

static enum err refuse(struct json_refusal *refusal, enum err err, const char *param,
                       const char *detail)
{
    refusal->err = err;
    (void)snprintf(refusal->param, sizeof(refusal->param), "%s", param);
    (void)snprintf(refusal->detail, sizeof(refusal->detail), "%s", detail);
    return err;
}

static enum err check_setup(const struct sim_merchant_setup *setup, struct json_refusal *refusal,
                            struct sim_key **public_key)
{
    const struct {
        const char *name;
        struct str value;
    } required[] = {{"appid", setup->appid},
                    {"api_v3_key", setup->api_v3_key},
                    {"merchant_serial", setup->merchant_serial},
                    {"merchant_public_key_pem", setup->merchant_public_key_pem}};

    if (setup->merchant_no.len > 0) {
        return setup->key.len > 0
                   ? ERR_OK
                   : refuse(refusal, ERR_FIELD_REQUIRED, "key", "a mock merchant needs a key");
    }
    if (setup->mchid.len == 0) {
        return refuse(refusal, ERR_FIELD_REQUIRED, "mchid",
                      "mchid makes a WeChat merchant, merchant_no a mock one");
    }
    for (size_t i = 0; i < ARRAY_LEN(required); i++) {
        if (required[i].value.len == 0) {
            return refuse(refusal, ERR_FIELD_REQUIRED, required[i].name,
                          "a WeChat merchant needs this field");
        }
    }
    if (sim_key_public(setup->merchant_public_key_pem, public_key) != ERR_OK) {
        return refuse(refusal, ERR_FIELD_FORMAT, "merchant_public_key_pem",
                      "must be an RSA public key or certificate of 2048 bits or more in PEM");
    }
    return ERR_OK;
}

static struct str upper(struct arena *arena, struct str s)
{
    char *copy = arena_copy(arena, s.ptr, s.len);

    for (size_t i = 0; i < s.len; i++) {
        copy[i] = (char)(copy[i] >= 'a' && copy[i] <= 'z' ? copy[i] - 'a' + 'A' : copy[i]);
    }
    return (struct str){copy, s.len};
}

/* The texts live in an arena of their own, so that setting a merchant up again replaces them. */
static void fill(struct sim_merchant *merchant, const struct sim_merchant_setup *setup,
                 struct sim_key *public_key)
{
    struct arena *arena = arena_new();
    struct sim_merchant_setup copy = *setup;
    bool mock = setup->merchant_no.len > 0;

    copy.merchant_no = str_dup(arena, setup->merchant_no);
    copy.key = str_dup(arena, setup->key);
    copy.mchid = str_dup(arena, setup->mchid);
    copy.appid = str_dup(arena, setup->appid);
    copy.api_v3_key = str_dup(arena, setup->api_v3_key);
    copy.merchant_serial = upper(arena, setup->merchant_serial);
    copy.merchant_public_key_pem = str_dup(arena, setup->merchant_public_key_pem);
    if (copy.mode == 0) {
        copy.mode = SIM_MODE_CERTIFICATE;
    }
    merchant->setup = copy;
    merchant->personality = mock ? SIM_MOCK : SIM_WECHAT;
    merchant->number = mock ? copy.merchant_no : copy.mchid;
    merchant->key = secret_of(arena, mock ? copy.key : copy.api_v3_key);
    merchant->mac = mock ? sim_mac_new(copy.key) : NULL;
    merchant->appid = copy.appid;
    merchant->serial = copy.merchant_serial;
    merchant->public_key = public_key;
    merchant->mode = copy.mode;
    merchant->auto_pay = copy.auto_pay;
    merchant->auto_pay_after_ms = copy.auto_pay_after_ms;
    merchant->arena = arena;
}

static void empty(struct sim_merchant *merchant)
{
    secret_wipe(&merchant->key);
    sim_mac_free(merchant->mac);
    sim_key_free(merchant->public_key);
    arena_free(merchant->arena);
}

static struct sim_merchant *append(struct sim_merchants *merchants)
{
    struct sim_merchant *merchant = mem_new(sizeof(*merchant));

    if (merchants->last == NULL) {
        merchants->first = merchant;
    } else {
        merchants->last->next = merchant;
    }
    merchants->last = merchant;
    merchants->count++;
    return merchant;
}

enum err sim_merchant_set(struct sim_merchants *merchants, const struct sim_merchant_setup *setup,
                          struct json_refusal *refusal, struct sim_merchant **out)
{
    bool mock = setup->merchant_no.len > 0;
    struct sim_key *public_key = NULL;
    struct sim_merchant *merchant;

    TRY(check_setup(setup, refusal, &public_key));
    merchant = sim_merchant_find(merchants, mock ? SIM_MOCK : SIM_WECHAT,
                                 mock ? setup->merchant_no : setup->mchid);
    if (merchant == NULL && merchants->count == SIM_MERCHANTS_MAX) {
        sim_key_free(public_key);
        return refuse(refusal, ERR_QUEUE_FULL, "", "there are too many merchants");
    }
    if (merchant == NULL) {
        merchant = append(merchants);
    } else {
        empty(merchant);
    }
    fill(merchant, setup, public_key);
    *out = merchant;
    return ERR_OK;
}

struct sim_merchant *sim_merchant_find(const struct sim_merchants *merchants,
                                       enum sim_personality personality, struct str number)
{
    struct sim_merchant *merchant = merchants->first;

    while (merchant != NULL &&
           (merchant->personality != personality || !str_eq(merchant->number, number))) {
        merchant = merchant->next;
    }
    return merchant;
}

void sim_merchants_free(struct sim_merchants *merchants)
{
    while (merchants->first != NULL) {
        struct sim_merchant *merchant = merchants->first;

        merchants->first = merchant->next;
        empty(merchant);
        mem_free(merchant);
    }
    *merchants = (struct sim_merchants){0};
}

/* Merchants of the simulator: who may call, with which keys.
 *
 * A merchant is set up by the admin API or a file of the same JSON objects, one a line; setting it
 * up again replaces its keys and keeps its orders. Kept in the journal. */
#ifndef SIM_SIM_MERCHANT_H
#define SIM_SIM_MERCHANT_H

#include "base/json.h"
#include "sim/sim_crypto.h"

enum sim_personality { SIM_MOCK = 1, SIM_WECHAT };
extern const struct enum_name sim_personality_names[];

/* What a WeChat merchant verifies our signatures with. */
enum sim_mode { SIM_MODE_CERTIFICATE = 1, SIM_MODE_PUBLIC_KEY };
extern const struct enum_name sim_mode_names[];

/* The body of POST /admin/merchants; either merchant_no and key, or the WeChat fields. */
struct sim_merchant_setup {
    struct str merchant_no;
    struct str key;
    struct str mchid;
    struct str appid;
    struct str api_v3_key;
    struct str merchant_serial;
    struct str merchant_public_key_pem;
    enum sim_mode mode;
    bool auto_pay;
    int64_t auto_pay_after_ms;
};
enum { SIM_MERCHANT_SETUP_FIELDS = 10 };
extern const struct field sim_merchant_setup_fields[SIM_MERCHANT_SETUP_FIELDS];
extern const struct field_set sim_merchant_setup_set;

struct sim_merchant {
    enum sim_personality personality;
    struct str number; /* merchant_no or mchid */
    struct secret key; /* HMAC key of mock, APIv3 key of WeChat */
    struct sim_mac *mac;
    struct str appid;
    struct str serial; /* of the merchant's certificate, upper-case hex */
    struct sim_key *public_key;
    enum sim_mode mode;
    bool auto_pay;
    int64_t auto_pay_after_ms;
    struct sim_merchant_setup setup; /* as given */
    struct arena *arena;             /* of all texts above */
    struct sim_merchant *next;
};

enum { SIM_MERCHANTS_MAX = 1000 };

struct sim_merchants {
    struct sim_merchant *first; /* in order of setting up */
    struct sim_merchant *last;
    size_t count;
};

/* Refusals name the field. ERR_QUEUE_FULL when there are SIM_MERCHANTS_MAX. */
MUST_USE enum err sim_merchant_set(struct sim_merchants *merchants,
                                   const struct sim_merchant_setup *setup,
                                   struct json_refusal *refusal, struct sim_merchant **out);
struct sim_merchant *sim_merchant_find(const struct sim_merchants *merchants,
                                       enum sim_personality personality, struct str number);
void sim_merchants_free(struct sim_merchants *merchants);

#endif

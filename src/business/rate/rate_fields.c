/* Owners, tiers and terms as text, and the field tables both are printed and parsed by. */
#include "business/rate/rate_int.h"

enum { RATE_FLAT_MAX = 100000000 };
#define RATE_AMOUNT_MAX INT64_C(10000000000)

const struct enum_name rate__kinds[] = {
    {RATE_TRADE, "trade"},
    {RATE_SETTLEMENT, "settlement"},
    {RATE_CASH, "cash"},
    {RATE_REFUND, "refund"},
    {0, NULL},
};
const struct enum_name rate__tier_modes[] = {
    {RATE_TIERS_WHOLE, "whole"},
    {RATE_TIERS_MARGINAL, "marginal"},
    {0, NULL},
};
const struct enum_name rate__refund_policies[] = {
    {RATE_REFUND_KEEP, "keep"},
    {RATE_REFUND_PROPORTIONAL, "return_proportional"},
    {RATE_REFUND_FULL, "return_full_on_full"},
    {0, NULL},
};

const struct field rate__tier_fields[3] = {
    FIELD(struct rate_tier, from, FIELD_AMOUNT, .min = 0, .max = RATE_AMOUNT_MAX, .always = true,
          .help = "The tier is reached by this amount and those above; 0 in the first"),
    FIELD(struct rate_tier, rate_millionths, FIELD_INT, .min = 0, .max = 1000000, .always = true,
          .help = "3800 is 0.38 %"),
    FIELD(struct rate_tier, flat, FIELD_AMOUNT, .min = 0, .max = RATE_FLAT_MAX, .always = true),
};

/* The change comes first in struct rate_set, and so do its fields: what is reviewed is the body
 * without what is said to the reviewers. */
enum { SAID_FIELDS = 2 };
_Static_assert(offsetof(struct rate_set, change) == 0, "the change's fields are the body's");

#define TERMS_FIELDS                                                                               \
    FIELD(struct rate_change, currency, FIELD_CURRENCY, .required = true, .example = "CNY"),       \
        FIELD(struct rate_change, rate_millionths, FIELD_INT, .min = 0, .max = 1000000,            \
              .help = "3800 is 0.38 %", .example = "3800"),                                        \
        FIELD(struct rate_change, flat, FIELD_AMOUNT, .min = 0, .max = RATE_FLAT_MAX,              \
              .help = "Added to what the rate gives"),                                             \
        FIELD(struct rate_change, fee_min, FIELD_AMOUNT, .min = 0, .max = RATE_FLAT_MAX),          \
        FIELD(struct rate_change, fee_max, FIELD_AMOUNT, .min = 0, .max = RATE_AMOUNT_MAX,         \
              .help = "0 or absent: no maximum"),                                                  \
        FIELD(struct rate_change, tier_mode, FIELD_ENUM, .names = rate__tier_modes,                \
              .help =                                                                              \
                  "whole: the last tier reached prices the whole amount; marginal: each tier its " \
                  "own part of it"),                                                               \
        FIELD(struct rate_change, tiers, FIELD_LIST, .min = 1, .max = RATE_TIERS_MAX,              \
              .sub = rate__tier_fields, .sub_count = ARRAY_LEN(rate__tier_fields),                 \
              .sub_size = sizeof(struct rate_tier),                                                \
              .help = "In place of rate_millionths and flat; rising, the first from 0"),           \
        FIELD(struct rate_change, effective_from, FIELD_TIME,                                      \
              .help = "Never in the past; absent: at once, or when the review has approved it")

#define SAID_TO_REVIEWERS                                                                          \
    FIELD(struct rate_set, reason, FIELD_TEXT, .max = REVIEW_REASON_MAX,                           \
          .help = "For the reviewers; required but for what changes nobody's price"),              \
        FIELD(struct rate_set, evidence, FIELD_TEXT, .max = REVIEW_EVIDENCE_MAX,                   \
              .help = "A document's number, address or hash")

static const struct field set_fields[] = {
    FIELD(struct rate_change, owner, FIELD_TEXT, .required = true, .min = 1, .max = 32,
          .help =
              "A merchant's id, or \"platform\": the default of all; of kind trade a contract's",
          .example = "platform"),
    FIELD(struct rate_change, kind, FIELD_ENUM, .names = rate__kinds, .required = true,
          .help = "trade: what payments under a contract are charged", .example = "cash"),
    TERMS_FIELDS,
    FIELD(struct rate_change, refund_policy, FIELD_ENUM, .names = rate__refund_policies,
          .help = "Kind refund alone: what becomes of the trade fee; keep when absent"),
    SAID_TO_REVIEWERS,
};
const struct field_set rate__set_set = FIELD_SET("rate_set", set_fields);
const struct field_set rate__change_set = {
    .name = "rate_change",
    .fields = set_fields,
    .count = ARRAY_LEN(set_fields) - SAID_FIELDS,
};

_Static_assert(offsetof(struct rate_contract_create, set) == 0, "the terms' fields are the rate's");

static const struct field contract_create_fields[] = {
    FIELD(struct rate_contract_create, method, FIELD_TEXT, .max = 32, .charset = FIELD_CODE,
          .help = "Absent: every method without a contract of its own", .example = "wechat_native"),
    TERMS_FIELDS,
    SAID_TO_REVIEWERS,
};
const struct field_set rate__contract_create_set =
    FIELD_SET("contract_create", contract_create_fields);

/* ---- owners ---- */

enum err rate__owner_parse(struct str text, struct rate_owner *out)
{
    *out = (struct rate_owner){.kind = RATE_OWNER_PLATFORM};
    if (str_eq(text, STR("platform"))) {
        return ERR_OK;
    }
    out->kind = RATE_OWNER_MERCHANT;
    if (id_parse(text, "mer", &out->id) == ERR_OK) {
        return ERR_OK;
    }
    out->kind = RATE_OWNER_CONTRACT;
    if (id_parse(text, "con", &out->id) == ERR_OK) {
        return ERR_OK;
    }
    out->kind = RATE_OWNER_AGENT;
    return id_parse(text, "agt", &out->id);
}

struct str rate__owner_print(struct arena *arena, enum rate_owner_kind kind, int64_t id)
{
    switch (kind) {
    case RATE_OWNER_PLATFORM:
        return STR("platform");
    case RATE_OWNER_MERCHANT:
        return id_str(arena, "mer", id);
    case RATE_OWNER_AGENT:
        return id_str(arena, "agt", id);
    case RATE_OWNER_CONTRACT:
        return id_str(arena, "con", id);
    }
    check_failed("rate owner", __FILE__, __LINE__);
}

/* ---- tiers: "from:millionths:flat", blank-separated ---- */

struct str rate__tiers_print(struct arena *arena, const struct rate_tier *tiers, size_t count)
{
    struct buf text;

    buf_init_arena(&text, arena, RATE_TIERS_TEXT_MAX);
    for (size_t i = 0; i < count; i++) {
        buf_printf(&text, "%s%lld:%lld:%lld", i == 0 ? "" : " ", (long long)tiers[i].from.minor,
                   (long long)tiers[i].rate_millionths, (long long)tiers[i].flat.minor);
    }
    CHECK(buf_ok(&text));
    return buf_str(&text);
}

static int64_t next_number(struct str *word)
{
    struct str digits;
    int64_t number;

    (void)str_cut(word, ':', &digits);
    CHECK(str_parse_int(digits, &number) == ERR_OK);
    return number;
}

static void parse_tiers(struct str text, struct rate_terms *terms)
{
    struct str word;

    while (text.len > 0) {
        struct rate_tier *tier = &terms->tiers[terms->tier_count];

        CHECK(terms->tier_count < RATE_TIERS_MAX);
        if (!str_cut(&text, ' ', &word)) {
            text = (struct str){NULL, 0};
        }
        tier->from.minor = next_number(&word);
        tier->rate_millionths = next_number(&word);
        tier->flat.minor = next_number(&word);
        terms->tier_count++;
    }
}

struct rate_terms rate_terms_of(const struct rate *rate)
{
    struct rate_terms terms = {
        .rate_millionths = rate->rate_millionths,
        .flat = rate->flat,
        .fee_min = rate->fee_min,
        .fee_max = rate->fee_max,
        .tier_mode = rate->tier_mode,
    };

    parse_tiers(rate->tiers, &terms);
    return terms;
}

/* ---- snapshots ---- */

struct snapshot {
    int64_t id;
    struct str owner;
    struct rate_terms terms;
    struct field_list tiers;
    enum rate_refund_policy refund_policy;
    struct str note;
};
static const struct field snapshot_fields[] = {
    FIELD(struct snapshot, id, FIELD_ID, .prefix = RATE_PREFIX, .always = true),
    FIELD(struct snapshot, owner, FIELD_TEXT, .max = 32),
    {.name = "rate_millionths",
     .type = FIELD_INT,
     .offset = offsetof(struct snapshot, terms.rate_millionths)},
    {.name = "flat", .type = FIELD_AMOUNT, .offset = offsetof(struct snapshot, terms.flat)},
    {.name = "fee_min", .type = FIELD_AMOUNT, .offset = offsetof(struct snapshot, terms.fee_min)},
    {.name = "fee_max", .type = FIELD_AMOUNT, .offset = offsetof(struct snapshot, terms.fee_max)},
    {.name = "tier_mode",
     .type = FIELD_ENUM,
     .names = rate__tier_modes,
     .offset = offsetof(struct snapshot, terms.tier_mode)},
    FIELD(struct snapshot, tiers, FIELD_LIST, .max = RATE_TIERS_MAX, .sub = rate__tier_fields,
          .sub_count = ARRAY_LEN(rate__tier_fields), .sub_size = sizeof(struct rate_tier)),
    FIELD(struct snapshot, refund_policy, FIELD_ENUM, .names = rate__refund_policies),
    FIELD(struct snapshot, note, FIELD_TEXT, .max = 64),
};
static const struct field_set snapshot_set = FIELD_SET("rate_snapshot", snapshot_fields);

struct str rate__snapshot(struct arena *arena, const struct rate *rate)
{
    struct snapshot snapshot = {.note = STR("no rate is configured: no fee")};
    struct buf text;

    if (rate != NULL) {
        snapshot = (struct snapshot){
            .id = rate->id,
            .owner = rate__owner_print(arena, rate->owner_kind, rate->owner_id),
            .terms = rate_terms_of(rate),
            .refund_policy = rate->refund_policy,
        };
        snapshot.tiers = (struct field_list){snapshot.terms.tiers, snapshot.terms.tier_count};
    }
    buf_init_arena(&text, arena, RATE_SNAPSHOT_MAX);
    json_print_fields(&text, &snapshot_set, &snapshot);
    CHECK(buf_ok(&text));
    return buf_str(&text);
}

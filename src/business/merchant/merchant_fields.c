/* The field tables: what comes in, what goes out, what the API document says. */
#include "business/merchant/merchant_int.h"

const struct enum_name merchant__statuses[] = {
    {MERCHANT_ACTIVE, "active"},
    {MERCHANT_SUSPENDED, "suspended"},
    {MERCHANT_CLOSED, "closed"},
    {0, NULL},
};
const struct enum_name merchant__fund_modes[] = {
    {MERCHANT_FUND_DIRECT, "direct"},
    {MERCHANT_FUND_COLLECT, "collect"},
    {0, NULL},
};
static const struct enum_name app_statuses[] = {
    {MERCHANT_APP_ACTIVE, "active"},
    {MERCHANT_APP_DISABLED, "disabled"},
    {0, NULL},
};
static const struct enum_name endpoint_statuses[] = {
    {MERCHANT_ENDPOINT_ENABLED, "enabled"},
    {MERCHANT_ENDPOINT_DISABLED, "disabled"},
    {0, NULL},
};

static const struct field merchant_fields[] = {
    FIELD(struct merchant, id, FIELD_ID, .prefix = "mer", .always = true),
    {.name = "object", .type = FIELD_CONST, .text = "merchant"},
    FIELD(struct merchant, merchant_no, FIELD_TEXT, .max = 64, .always = true),
    FIELD(struct merchant, name, FIELD_TEXT, .max = 128, .always = true),
    FIELD(struct merchant, status, FIELD_ENUM, .names = merchant__statuses, .always = true),
    FIELD(struct merchant, fund_mode, FIELD_ENUM, .names = merchant__fund_modes, .always = true),
    MERCHANT_FIELD(struct merchant, created_at_ms, "created_at", FIELD_TIME, .always = true),
    MERCHANT_FIELD(struct merchant, updated_at_ms, "updated_at", FIELD_TIME, .always = true),
    FIELD(struct merchant, version, FIELD_INT, .always = true),
};
const struct field_set merchant__set = FIELD_SET("merchant", merchant_fields);

static const struct field create_fields[] = {
    FIELD(struct merchant_create, merchant_no, FIELD_TEXT, .required = true, .min = 1, .max = 64,
          .charset = FIELD_ORDER_NO, .help = "Your own number of the merchant; unique",
          .example = "M10001"),
    FIELD(struct merchant_create, name, FIELD_TEXT, .required = true, .min = 1, .max = 128,
          .example = "Tomato Kitchen"),
    FIELD(struct merchant_create, fund_mode, FIELD_ENUM, .names = merchant__fund_modes,
          .help = "Whom the channel settles to: the merchant (direct, the default) or the "
                  "platform (collect, needs a licence)"),
};
const struct field_set merchant__create_set = FIELD_SET("merchant_create", create_fields);

static const struct field app_fields[] = {
    FIELD(struct merchant_app, id, FIELD_ID, .prefix = "app", .always = true),
    {.name = "object", .type = FIELD_CONST, .text = "app"},
    MERCHANT_FIELD(struct merchant_app, merchant_id, "merchant_id", FIELD_ID, .prefix = "mer",
                   .always = true),
    FIELD(struct merchant_app, name, FIELD_TEXT, .max = 64, .always = true),
    FIELD(struct merchant_app, status, FIELD_ENUM, .names = app_statuses, .always = true),
    MERCHANT_FIELD(struct merchant_app, created_at_ms, "created_at", FIELD_TIME, .always = true),
};
const struct field_set merchant__app_set = FIELD_SET("app", app_fields);

static const struct field app_create_fields[] = {
    FIELD(struct merchant_app_create, name, FIELD_TEXT, .required = true, .min = 1, .max = 64,
          .example = "web shop"),
};
const struct field_set merchant__app_create_set = FIELD_SET("app_create", app_create_fields);

static const struct field endpoint_fields[] = {
    FIELD(struct merchant_endpoint, id, FIELD_ID, .prefix = "whe", .always = true),
    {.name = "object", .type = FIELD_CONST, .text = "webhook_endpoint"},
    FIELD(struct merchant_endpoint, url, FIELD_TEXT, .max = 512, .always = true),
    FIELD(struct merchant_endpoint, events, FIELD_TEXT, .max = 512, .always = true),
    FIELD(struct merchant_endpoint, status, FIELD_ENUM, .names = endpoint_statuses, .always = true),
    FIELD(struct merchant_endpoint, disabled_reason, FIELD_TEXT, .max = 64),
    MERCHANT_FIELD(struct merchant_endpoint, previous_until_ms, "previous_secret_until",
                   FIELD_TIME),
    MERCHANT_FIELD(struct merchant_endpoint, created_at_ms, "created_at", FIELD_TIME,
                   .always = true),
    MERCHANT_FIELD(struct merchant_endpoint, updated_at_ms, "updated_at", FIELD_TIME,
                   .always = true),
    FIELD(struct merchant_endpoint, version, FIELD_INT, .always = true),
};
const struct field_set merchant__endpoint_set = FIELD_SET("webhook_endpoint", endpoint_fields);

static const struct field endpoint_create_fields[] = {
    FIELD(struct merchant_endpoint_create, url, FIELD_TEXT, .required = true, .min = 8, .max = 512,
          .charset = FIELD_URL, .help = "Where webhooks are posted to",
          .example = "https://shop.example/webhooks"),
    FIELD(struct merchant_endpoint_create, events, FIELD_TEXT, .max = 512,
          .help = "Types, blank-separated, with * as the last part; absent: all",
          .example = "payment.succeeded payment.closed"),
};
const struct field_set merchant__endpoint_create_set =
    FIELD_SET("webhook_endpoint_create", endpoint_create_fields);

/* JSON by field tables: one table says how a C struct is parsed, checked, printed and described.
 *
 *     static const struct field payment_create_fields[] = {
 *         FIELD(struct payment_create, merchant_order_no, FIELD_TEXT, .required = true,
 *               .min = 1, .max = 64, .charset = FIELD_ORDER_NO, .help = "unique per merchant"),
 *         …
 *     };
 *
 * Parsing is strict: jansson with a limit on depth (the caller limits the size), duplicate keys
 * refused, unknown fields refused by name, no floats where integers are meant, no null. Every
 * refusal names the field with its path ("payer.ip", "goods[2].price"). Fields are looked at in the
 * order of the input, and what is missing is told last. An absent optional field leaves zero (0,
 * false, empty) in the struct, and zero is not printed unless the field is required or `always`
 * (then a time, id, enum or currency is null). Printing goes straight to a buffer in the order of
 * the table. The same table gives the JSON Schema of the OpenAPI document. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/amount.h"
#include "base/id.h"

#include <jansson.h>

enum { JSON_MAX_DEPTH = 16, JSON_PARAM_MAX = 96 };

enum field_type {
    FIELD_TEXT = 1, /* struct str; min…max characters (not bytes), charset */
    FIELD_INT,      /* int64_t; min…max */
    FIELD_AMOUNT,   /* struct amount as an integer of minor units; min…max */
    FIELD_CURRENCY, /* enum currency as "CNY" */
    FIELD_BOOL,     /* bool */
    FIELD_ENUM,     /* a C enum (int) by its names; 0 is absent */
    FIELD_TIME,     /* int64_t Unix ms as RFC 3339; 0 is absent */
    FIELD_ID,       /* int64_t as prefix_…; 0 is absent */
    FIELD_OBJECT,   /* a nested struct, in place; printed when any of its fields is set */
    FIELD_LIST, /* struct field_list of nested structs, or of one scalar (sub_count 1, name "") */
    FIELD_JSON, /* struct str: any JSON object without fractions, kept as compact text; max bytes */
    FIELD_CONST, /* no storage: prints .text, refused in input */
};

enum field_charset {
    FIELD_ANY = 0,  /* well-formed UTF-8 without control characters (but \n \t) */
    FIELD_ORDER_NO, /* 0-9 A-Z a-z _ - | * @ . */
    FIELD_ALNUM,    /* 0-9 A-Z a-z */
    FIELD_URL,      /* http:// or https://, ASCII, no blanks, no user info */
    FIELD_CODE,     /* a-z 0-9 _ . : and - */
};

struct enum_name {
    int value;
    const char *name;
};

struct field_list {
    void *items; /* array of count structs of field.sub_size */
    size_t count;
};

struct field {
    const char *name;
    enum field_type type;
    size_t offset;
    bool required;
    bool read_only; /* printed, refused in input */
    bool always;    /* printed even when zero */
    int64_t min;    /* taken as it is: a number is not negative unless min is */
    int64_t max;    /* 0: none for numbers; must be given for FIELD_TEXT, _JSON and _LIST */
    enum field_charset charset;
    const char *prefix;            /* FIELD_ID */
    const struct enum_name *names; /* FIELD_ENUM, ended by {0, NULL} */
    const struct field *sub;       /* FIELD_OBJECT, FIELD_LIST */
    size_t sub_count;
    size_t sub_size;     /* FIELD_LIST: sizeof one item */
    const char *text;    /* FIELD_CONST */
    const char *help;    /* one sentence for the API document */
    const char *example; /* text as it is; other types as JSON */
};

/* FIELD(struct x, member, FIELD_TEXT, .max = 64): the type first, then designators. */
#define FIELD(type_, member_, ...)                                                                 \
    {                                                                                              \
        .name = #member_, .offset = offsetof(type_, member_), .type = __VA_ARGS__                  \
    }

struct field_set {
    const char *name; /* schema name in the API document: "payment_create" */
    const struct field *fields;
    size_t count;
};

#define FIELD_SET(name_, array_)                                                                   \
    {                                                                                              \
        .name = (name_), .fields = (array_), .count = ARRAY_LEN(array_)                            \
    }

/* Where and how an input was refused. */
struct json_refusal {
    enum err err;
    char param[JSON_PARAM_MAX]; /* "" when it is about the whole body */
    char detail[160];           /* what is wrong, with the limits: "must have 1 to 64 characters" */
};

/* Parses text into *out (zeroed by the caller); strings are copied to the arena. */
MUST_USE enum err json_parse_fields(struct arena *arena, struct str text,
                                    const struct field_set *set, void *out,
                                    struct json_refusal *refusal);
/* The same from a parsed value, for bodies that are read in two steps. */
MUST_USE enum err json_read_fields(struct arena *arena, json_t *value, const struct field_set *set,
                                   void *out, struct json_refusal *refusal);
/* Strict parse alone; the caller calls json_decref. Any top-level value; ERR_JSON_*, and
 * ERR_FIELD_RANGE for a number beyond 64 bits when it stands in a field. */
MUST_USE enum err json_parse(struct str text, json_t **out, struct json_refusal *refusal);

void json_print_fields(struct buf *buf, const struct field_set *set, const void *value);
/* Quoted and escaped; bytes that are no UTF-8 become U+FFFD, so that the result is JSON always. */
void json_print_text(struct buf *buf, struct str text);
/* JSON Schema (2020-12, as OpenAPI 3.1 uses it) of the set as an object. */
void json_print_schema(struct buf *buf, const struct field_set *set);
const char *enum_name_of(const struct enum_name *names, int value); /* NULL when unknown */
/* The names of the fields of set in which a and b differ, comma-separated; empty when equal. */
void json_print_difference(struct buf *buf, const struct field_set *set, const void *a,
                           const void *b);

#endif

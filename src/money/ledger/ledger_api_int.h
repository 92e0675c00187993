/* Shared by the HTTP APIs of money/ledger: the JSON of legs, and the views of what was booked. */
#ifndef MONEY_LEDGER_LEDGER_API_INT_H
#define MONEY_LEDGER_LEDGER_API_INT_H

#include "money/ledger/ledger_int.h"
#include "platform/http/http.h"

/* ---- ledger_api.c ---- */

extern const struct enum_name ledger__source_names[], ledger__operation_names[];
extern const struct enum_name ledger__pending_status_names[];
enum { LEDGER__LIST_LIMIT = 20, LEDGER__LIST_LIMIT_MAX = 200 };
enum { LEDGER__ACCOUNT_NUMBER_MAX = 32, LEDGER__OWNER_NAME_MAX = 200 };
/* A list of ledger_entry_set. account_number: of the account they are all of, or empty. */
struct reply *ledger__reply_entries(struct request *req, const struct ledger_statement *statement,
                                    struct str account_number, struct str next_cursor);

/* The business number where the reference is of the source, else 0. */
int64_t ledger__number_of(const struct ledger_reference *reference, enum ledger_source source);

struct ledger_directory;
struct ledger__journals {
    struct ledger_journal_view *rows;
    size_t count;
};
/* Those of a business number, whatever their operation, with what they are about. */
MUST_USE enum err ledger__read_journals(struct reader *reader,
                                        const struct ledger_reference *reference,
                                        const struct ledger_directory *directory,
                                        struct arena *arena, struct ledger__journals *out);
/* A list of ledger_journal_set. */
struct reply *ledger__reply_journals(struct request *req, const struct ledger__journals *journals);

/* ---- ledger_balance_api.c ---- */

/* In the result of a query: what is asked for has not come yet. */
struct ledger__ahead {
    const char *param; /* NULL: it has */
    const char *detail;
};
/* Whether a business date has: of the books', in the field "date". */
MUST_USE enum err ledger__check_come(struct reader *reader, struct request *req, int64_t date,
                                     struct ledger__ahead *ahead);
struct reply *ledger__reply_ahead(struct request *req, const struct ledger__ahead *ahead);

/* ---- ledger_statement_api.c ---- */

bool ledger__is_date(int64_t number); /* yyyymmdd */
extern const struct enum_name ledger__language_names[];
/* Content to be kept under the name, with its SHA-256 in Tomato-Content-SHA256. */
struct reply *ledger__reply_file(struct request *req, struct str name, const char *type,
                                 struct str content);

/* ---- legs as they are posted, ledger_transfer_api.c ---- */

/* More than LEDGER_LEGS_MAX, so that too many legs are refused by the books' own rule. */
enum { LEDGER__LEGS_READ_MAX = 256, LEDGER__LEG_FIELDS = 4 };

struct ledger__leg_body {
    int64_t account;
    enum ledger_side side;
    struct amount amount;
    int64_t matures_on;
};
extern const struct field ledger__leg_fields[LEDGER__LEG_FIELDS];

/* The legs of a request, in a struct field_list called legs. */
#define LEDGER__LEGS_FIELD(type_)                                                                  \
    FIELD(type_, legs, FIELD_LIST, .max = LEDGER__LEGS_READ_MAX, .sub = ledger__leg_fields,        \
          .sub_count = LEDGER__LEG_FIELDS, .sub_size = sizeof(struct ledger__leg_body),            \
          .required = true, .help = "2 to 64 legs; debits equal credits in each currency.")

/* The caller's number, of which each names one journal or one step of a hold for ever. */
#define LEDGER__BUSINESS_NO_FIELD(type_)                                                           \
    FIELD(type_, business_no, FIELD_INT, .min = INT64_MIN, .required = true,                       \
          .example = "202611220001",                                                               \
          .help = "The caller's number, above 0: with the operation, it is booked once for ever.")

#define LEDGER__MATURES_ON_FIELD(type_)                                                            \
    FIELD(type_, matures_on, FIELD_INT, .max = 99991231, .example = "20261125",                    \
          .help = "yyyymmdd: the money matures on this date; at once when absent.")

void ledger__legs_of(struct arena *arena, const struct field_list *legs, struct ledger_post *post);

extern const struct route ledger__transfer_routes[];
extern const struct route ledger__hold_routes[];
extern const struct route ledger__pending_routes[];

#endif

/* What people call accounts, of as many as a page of a list has. */
#include "business/account/account.h"
#include "business/statement/statement_int.h"
#include "money/ledger/ledger_chart.h"
#include "platform/store/store_reply.h"

enum { IDS_MAX = 100, IDS_TEXT_MAX = 2000, OWNER_NAME_MAX = 64 };

struct names_query {
    struct str ids;
};
static const struct field query_fields[] = {
    FIELD(struct names_query, ids, FIELD_TEXT, .min = 1, .max = IDS_TEXT_MAX, .required = true,
          .help = "Up to 100, separated by commas; those that are not there are left out",
          .example = "acc_0DQ4C5T3K8Z2M"),
};
const struct field_set statement__names_query = FIELD_SET("account_names_query", query_fields);

struct name_view {
    int64_t id;
    struct str number;
    int64_t code;
    struct str name;
    struct str name_zh;
    enum currency currency;
    struct str owner;
};
static const struct field name_fields[] = {
    FIELD(struct name_view, id, FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX, .required = true),
    {.name = "object", .type = FIELD_CONST, .text = "account_name", .always = true},
    FIELD(struct name_view, number, FIELD_TEXT, .max = OWNER_NAME_MAX, .required = true,
          .example = "102026112300000001079"),
    FIELD(struct name_view, code, FIELD_INT, .required = true, .example = "2241"),
    FIELD(struct name_view, name, FIELD_TEXT, .max = OWNER_NAME_MAX, .help = "Of the code"),
    FIELD(struct name_view, name_zh, FIELD_TEXT, .max = OWNER_NAME_MAX),
    FIELD(struct name_view, currency, FIELD_CURRENCY, .required = true),
    FIELD(struct name_view, owner, FIELD_TEXT, .max = OWNER_NAME_MAX,
          .help = "The name of whom it is kept for; absent: the platform"),
};
const struct field_set statement__name_set = FIELD_SET("account_name", name_fields);

struct wanted {
    int64_t ids[IDS_MAX];
    size_t count;
};

struct named {
    struct name_view views[IDS_MAX];
    size_t count;
};

static enum err name_account(struct reader *reader, const struct ledger_chart *chart, int64_t id,
                             struct arena *arena, struct name_view *out)
{
    const struct ledger_chart_entry *entry;
    struct ledger_account account;
    struct ledger_label label;

    TRY(ledger_read_account(reader, id, arena, &account));
    TRY(statement_directory.label(reader, &account, arena, &label));
    entry = ledger_chart_entry(chart, account.code);
    *out = (struct name_view){
        .id = id,
        .number = label.number,
        .code = account.code,
        .name = entry == NULL ? STR("") : entry->name,
        .name_zh = entry == NULL ? STR("") : entry->name_zh,
        .currency = account.currency,
        .owner = label.owner,
    };
    return ERR_OK;
}

static enum err run(struct reader *reader, struct request *req, const void *arg, void *result)
{
    const struct wanted *wanted = arg;
    struct named *named = result;
    struct ledger_chart chart;
    int32_t today;

    TRY(ledger_read_today(reader, req->received_ms, req->arena, &today));
    TRY(ledger_read_chart(reader, today, req->arena, &chart));
    for (size_t i = 0; i < wanted->count; i++) {
        enum err err =
            name_account(reader, &chart, wanted->ids[i], req->arena, &named->views[named->count]);

        if (err != ERR_LEDGER_ACCOUNT) {
            TRY(err);
            named->count++;
        }
    }
    return ERR_OK;
}

static struct reply *then(struct request *req, void *result)
{
    const struct named *named = result;

    return reply_list(req, &statement__name_set, named->views, named->count, sizeof(*named->views),
                      STR(""));
}

static bool parse_ids(struct str text, struct wanted *wanted)
{
    bool more = true;

    while (more && wanted->count < IDS_MAX) {
        struct str id;

        more = str_cut(&text, ',', &id);
        if (id_parse(id, LEDGER_ACCOUNT_PREFIX, &wanted->ids[wanted->count++]) != ERR_OK) {
            return false;
        }
    }
    return !more;
}

struct reply *statement__names_handler(struct request *req)
{
    struct wanted *wanted = ARENA_NEW(req->arena, struct wanted);
    struct names_query query = {0};

    if (request_query(req, &statement__names_query, &query) != ERR_OK) {
        return reply_refusal(req);
    }
    return parse_ids(query.ids, wanted)
               ? reply_query(req, wanted, sizeof(struct named), run, then)
               : reply_error_at(req, ERR_FIELD_FORMAT, "ids", "must be 1 to 100 ids of accounts");
}

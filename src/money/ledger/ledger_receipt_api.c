/* Receipts over HTTP. */
#include "money/ledger/ledger_api_int.h"
#include "money/ledger/ledger_statement_int.h"
#include "platform/store/store_reply.h"

struct receipt_query {
    enum ledger_language lang;
    struct ledger_receipt_ask ask;
    bool of_account;
    struct ledger_ask account; /* then: for its owner */
};

static const struct field receipt_query_fields[] = {
    FIELD(struct receipt_query, lang, FIELD_ENUM, .names = ledger__language_names,
          .help = "zh when absent."),
};
const struct field_set ledger_receipt_query =
    FIELD_SET("ledger_receipt_query", receipt_query_fields);

/* ---- JSON ---- */

struct leg_view {
    enum ledger_side side;
    int64_t account_id;
    struct str account_number;
    struct str owner;
    struct str owner_name;
    int64_t code;
    struct str name;
    enum currency currency;
    struct amount amount;
};

static const struct field leg_fields[] = {
    FIELD(struct leg_view, side, FIELD_ENUM, .names = ledger_side_names, .required = true),
    FIELD(struct leg_view, account_id, FIELD_ID, .prefix = LEDGER_ACCOUNT_PREFIX, .required = true),
    FIELD(struct leg_view, account_number, FIELD_TEXT, .max = LEDGER__ACCOUNT_NUMBER_MAX,
          .help = "The number people know the account by."),
    FIELD(struct leg_view, owner, FIELD_TEXT, .max = 64, .help = "Who the account is kept for."),
    FIELD(struct leg_view, owner_name, FIELD_TEXT, .max = LEDGER__OWNER_NAME_MAX),
    FIELD(struct leg_view, code, FIELD_INT, .required = true),
    FIELD(struct leg_view, name, FIELD_TEXT, .max = LEDGER_CODE_NAME_MAX,
          .help = "Of the code, in the language."),
    FIELD(struct leg_view, currency, FIELD_CURRENCY, .required = true),
    FIELD(struct leg_view, amount, FIELD_AMOUNT, .required = true),
};

struct receipt_view {
    int64_t id;
    enum ledger_source source;
    enum ledger_operation operation;
    int64_t origin_journal_id;
    int64_t business_date;
    int64_t created_at;
    struct str reference;
    struct str memo;
    struct field_list parties;
    enum currency currency;
    struct amount amount;
    struct str amount_in_chinese;
    struct str code;
};

static const struct field receipt_fields[] = {
    FIELD(struct receipt_view, id, FIELD_ID, .prefix = LEDGER_JOURNAL_PREFIX, .required = true,
          .help = "The number of the receipt: its journal."),
    {.name = "object", .type = FIELD_CONST, .text = "ledger_receipt", .always = true},
    FIELD(struct receipt_view, source, FIELD_ENUM, .names = ledger__source_names, .required = true),
    FIELD(struct receipt_view, operation, FIELD_ENUM, .names = ledger__operation_names,
          .required = true),
    FIELD(struct receipt_view, reference, FIELD_TEXT, .max = 32,
          .help = "What it is about, as papers print it, such as ref_…"),
    FIELD(struct receipt_view, origin_journal_id, FIELD_ID, .prefix = LEDGER_JOURNAL_PREFIX,
          .help = "Of money that had to wait: the journal that booked it first. source, operation, "
                  "reference and memo are those of that journal."),
    FIELD(struct receipt_view, memo, FIELD_TEXT, .max = LEDGER_MEMO_MAX),
    FIELD(struct receipt_view, business_date, FIELD_INT, .required = true, .example = "20261122"),
    FIELD(struct receipt_view, created_at, FIELD_TIME, .required = true),
    FIELD(struct receipt_view, parties, FIELD_LIST, .max = LEDGER_LEGS_MAX, .sub = leg_fields,
          .sub_count = ARRAY_LEN(leg_fields), .sub_size = sizeof(struct leg_view), .required = true,
          .help = "Of an account's receipt: the legs on accounts of its owner alone."),
    FIELD(struct receipt_view, currency, FIELD_CURRENCY, .required = true),
    FIELD(struct receipt_view, amount, FIELD_AMOUNT, .required = true,
          .help = "The debits or the credits of the parties in this currency, the greater ones."),
    FIELD(struct receipt_view, amount_in_chinese, FIELD_TEXT, .max = 128,
          .help = "In capital numerals; of CNY only."),
    FIELD(struct receipt_view, code, FIELD_TEXT, .max = 32, .required = true,
          .help = "Verification code over what is shown: of the same movement and parties it is "
                  "always the same."),
};
const struct field_set ledger_receipt_set = FIELD_SET("ledger_receipt", receipt_fields);

static struct leg_view view_leg(struct arena *arena, const struct ledger_receipt_leg *leg,
                                enum ledger_language language)
{
    return (struct leg_view){
        .side = leg->entry.side,
        .account_id = leg->account.id,
        .account_number = leg->label.number,
        .owner_name = leg->label.owner,
        .owner = ledger__owner_text(arena, &leg->account, language),
        .code = leg->account.code,
        .name = leg->name,
        .currency = leg->account.currency,
        .amount = leg->entry.amount,
    };
}

static enum err find_account(struct reader *reader, struct request *req,
                             const struct ledger_ask *ask, int64_t *account_id)
{
    struct ledger_account account;

    TRY(ledger_ask_account(reader, ask, req->arena, account_id));
    TRY(ledger_read_account(reader, *account_id, req->arena, &account));
    return ledger__owner_check(&account, ask->owner_id);
}

static enum err receipt_run(struct reader *reader, struct request *req, const void *arg,
                            void *result)
{
    const struct receipt_query *query = arg;
    struct ledger_receipt_ask ask = query->ask;

    if (query->of_account) {
        TRY(find_account(reader, req, &query->account, &ask.account_id));
    }
    return ledger_read_receipt(reader, &ask, req->arena, result);
}

static struct reply *json_then(struct request *req, void *result)
{
    const struct ledger_receipt *receipt = result;
    const struct ledger_journal_view *journal = &receipt->journal;
    struct leg_view *parties = ARENA_ARRAY(req->arena, struct leg_view, receipt->leg_count);
    const struct receipt_view view = {
        .id = journal->id,
        .source = receipt->reference.source,
        .operation = receipt->reference.operation,
        .origin_journal_id = journal->origin.journal_id,
        .reference = ledger__about_text(req->arena, &journal->about),
        .memo = journal->memo,
        .business_date = journal->business_date,
        .created_at = journal->created_at_ms,
        .parties = {parties, receipt->leg_count},
        .currency = receipt->currency,
        .amount = receipt->amount,
        .amount_in_chinese = receipt->in_chinese,
        .code = receipt->code,
    };

    for (size_t i = 0; i < receipt->leg_count; i++) {
        parties[i] = view_leg(req->arena, &receipt->legs[i], receipt->ask.language);
    }
    return reply_fields(req, 200, &ledger_receipt_set, &view);
}

/* ---- PDF ---- */

struct receipt_file {
    struct ledger_receipt receipt;
    struct str content;
};

static enum err file_run(struct reader *reader, struct request *req, const void *arg, void *result)
{
    struct receipt_file *file = result;

    TRY(receipt_run(reader, req, arg, &file->receipt));
    return ledger_receipt_pdf(&file->receipt, req->arena, &file->content);
}

static struct reply *file_then(struct request *req, void *result)
{
    const struct receipt_file *file = result;
    struct str id = id_str(req->arena, LEDGER_JOURNAL_PREFIX, file->receipt.journal.id);

    return ledger__reply_file(req, str_printf(req->arena, STR_FMT ".pdf", STR_ARG(id)),
                              "application/pdf", file->content);
}

/* ---- for routes ---- */

/* journal: its place among the path's parameters. */
static enum err parse(struct request *req, unsigned journal, struct receipt_query *query)
{
    TRY(request_query(req, &ledger_receipt_query, query));
    query->ask.language = query->lang == 0 ? LEDGER_CHINESE : query->lang;
    return request_id_param(req, journal, LEDGER_JOURNAL_PREFIX, &query->ask.journal_id) == ERR_OK
               ? ERR_OK
               : ERR_LEDGER_JOURNAL;
}

static struct reply *refuse(struct request *req, enum err err)
{
    return err == ERR_LEDGER_JOURNAL ? reply_error(req, err) : reply_refusal(req);
}

static struct reply *json_reply(struct request *req, const struct receipt_query *query)
{
    return reply_query(req, query, sizeof(struct ledger_receipt), receipt_run, json_then);
}

static struct reply *pdf_reply(struct request *req, const struct receipt_query *query)
{
    return reply_query(req, query, sizeof(struct receipt_file), file_run, file_then);
}

static struct reply *reply_of_journal(struct request *req, const struct ledger_directory *directory,
                                      struct reply *(*reply)(struct request *req,
                                                             const struct receipt_query *query))
{
    struct receipt_query *query = ARENA_NEW(req->arena, struct receipt_query);
    enum err err = parse(req, 0, query);

    query->ask.directory = directory;
    return err == ERR_OK ? reply(req, query) : refuse(req, err);
}

static struct reply *reply_of_account(struct request *req, struct ledger_desk desk,
                                      struct reply *(*reply)(struct request *req,
                                                             const struct receipt_query *query))
{
    struct receipt_query *query = ARENA_NEW(req->arena, struct receipt_query);
    enum err err = parse(req, 1, query);

    query->ask.directory = desk.directory;
    query->of_account = true;
    ledger__ask_of(req, desk, &query->account);
    return err == ERR_OK ? reply(req, query) : refuse(req, err);
}

struct reply *ledger_reply_receipt(struct request *req, const struct ledger_directory *directory)
{
    return reply_of_journal(req, directory, json_reply);
}

struct reply *ledger_reply_receipt_pdf(struct request *req,
                                       const struct ledger_directory *directory)
{
    return reply_of_journal(req, directory, pdf_reply);
}

struct reply *ledger_reply_account_receipt(struct request *req, struct ledger_desk desk)
{
    return reply_of_account(req, desk, json_reply);
}

struct reply *ledger_reply_account_receipt_pdf(struct request *req, struct ledger_desk desk)
{
    return reply_of_account(req, desk, pdf_reply);
}

const enum err ledger_receipt_errors[] = {ERR_LEDGER_JOURNAL, ERR_LEDGER_FONT, ERR_OK};
const enum err ledger_account_receipt_errors[] = {ERR_LEDGER_ACCOUNT, ERR_LEDGER_JOURNAL,
                                                  ERR_LEDGER_FONT, ERR_OK};

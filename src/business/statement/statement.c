#include "business/statement/statement_int.h"

/* The desk of whoever asks. */
static struct ledger_desk desk_of(const struct request *req)
{
    return (struct ledger_desk){
        .owner_id = req->principal.kind == HTTP_AUTH_OPERATOR ? LEDGER_ANY_OWNER
                                                              : req->principal.merchant_id,
        .directory = &statement_directory,
    };
}

static struct reply *page_handler(struct request *req)
{
    return ledger_reply_statement(req, desk_of(req));
}

static struct reply *sums_handler(struct request *req)
{
    return ledger_reply_document(req, desk_of(req), LEDGER_DOCUMENT_SUMS);
}

static struct reply *csv_handler(struct request *req)
{
    return ledger_reply_document(req, desk_of(req), LEDGER_DOCUMENT_CSV);
}

static struct reply *pdf_handler(struct request *req)
{
    return ledger_reply_document(req, desk_of(req), LEDGER_DOCUMENT_PDF);
}

static struct reply *balance_handler(struct request *req)
{
    return ledger_reply_balance(req, desk_of(req));
}

static struct reply *daily_handler(struct request *req)
{
    return ledger_reply_daily(req, desk_of(req));
}

static struct reply *owner_daily_handler(struct request *req)
{
    return ledger_reply_owner_daily(req, &statement_directory);
}

static struct reply *journal_handler(struct request *req)
{
    return ledger_reply_journal(req, &statement_directory);
}

static struct reply *journals_handler(struct request *req)
{
    return ledger_reply_journals(req, &statement_directory);
}

static struct reply *pending_handler(struct request *req)
{
    return ledger_reply_pending(req, &statement_directory);
}

static struct reply *receipt_handler(struct request *req)
{
    return ledger_reply_receipt(req, &statement_directory);
}

static struct reply *receipt_pdf_handler(struct request *req)
{
    return ledger_reply_receipt_pdf(req, &statement_directory);
}

static struct reply *account_receipt_handler(struct request *req)
{
    return ledger_reply_account_receipt(req, desk_of(req));
}

static struct reply *account_receipt_pdf_handler(struct request *req)
{
    return ledger_reply_account_receipt_pdf(req, desk_of(req));
}

#define READ .method = "GET", .auth = HTTP_AUTH_EITHER, .permission = "account:read", ROUTE_HERE
#define OPERATOR_READ                                                                              \
    .method = "GET", .auth = HTTP_AUTH_OPERATOR, .permission = "ledger:read", ROUTE_HERE

static const struct route routes[] = {
    {
        READ,
        .path = "/v1/accounts/{id}/statement",
        .handler = page_handler,
        .query = &ledger_statement_query,
        .reply = &ledger_entry_set,
        .reply_is_list = true,
        .errors = ledger_page_errors,
        .summary = "List an account's entries with running balances, of a period or of all time",
    },
    {
        READ,
        .path = "/v1/accounts/{id}/statement/sums",
        .handler = sums_handler,
        .query = &ledger_document_query,
        .reply = &ledger_sums_set,
        .errors = ledger_document_errors,
        .summary = "Get the opening and closing balance of a period, and what came between",
    },
    {
        READ,
        .path = "/v1/accounts/{id}/statement.csv",
        .handler = csv_handler,
        .query = &ledger_document_query,
        .errors = ledger_document_errors,
        .summary = "Get the statement of a period as CSV, up to 250,000 entries",
    },
    {
        READ,
        .path = "/v1/accounts/{id}/statement.pdf",
        .handler = pdf_handler,
        .query = &ledger_document_query,
        .errors = ledger_document_errors,
        .summary = "Get the statement of a period as PDF, up to 10,000 entries",
    },
    {
        READ,
        .path = "/v1/accounts/{id}/daily",
        .handler = daily_handler,
        .query = &ledger_daily_query,
        .reply = &ledger_day_set,
        .reply_is_list = true,
        .errors = ledger_page_errors,
        .summary = "List an account's daily summaries",
    },
    {
        READ,
        .path = "/v1/accounts/{id}/balance",
        .handler = balance_handler,
        .query = &ledger_balance_query,
        .reply = &ledger_balance_set,
        .errors = ledger_page_errors,
        .summary = "Get an account's balance as of a time, a business date or an entry",
    },
    {
        READ,
        .path = "/v1/accounts/{id}/journals/{journal}/receipt.json",
        .handler = account_receipt_handler,
        .query = &ledger_receipt_query,
        .reply = &ledger_receipt_set,
        .errors = ledger_account_receipt_errors,
        .summary = "Get the receipt of a movement on an account, as its owner sees it",
    },
    {
        READ,
        .path = "/v1/accounts/{id}/journals/{journal}/receipt.pdf",
        .handler = account_receipt_pdf_handler,
        .query = &ledger_receipt_query,
        .errors = ledger_account_receipt_errors,
        .summary = "Get the receipt of a movement on an account as PDF, as its owner sees it",
    },
    {
        OPERATOR_READ,
        .path = "/v1/ledger/accounts/{id}/statement",
        .handler = page_handler,
        .query = &ledger_statement_query,
        .reply = &ledger_entry_set,
        .reply_is_list = true,
        .errors = ledger_page_errors,
        .summary = "List an account's entries with running balances, of a period or of all time",
    },
    {
        OPERATOR_READ,
        .path = "/v1/ledger/accounts/{id}/statement/sums",
        .handler = sums_handler,
        .query = &ledger_document_query,
        .reply = &ledger_sums_set,
        .errors = ledger_document_errors,
        .summary = "Get the opening and closing balance of a period, and what came between",
    },
    {
        OPERATOR_READ,
        .path = "/v1/ledger/accounts/{id}/statement.csv",
        .handler = csv_handler,
        .query = &ledger_document_query,
        .errors = ledger_document_errors,
        .summary = "Get the statement of a period as CSV, up to 250,000 entries",
    },
    {
        OPERATOR_READ,
        .path = "/v1/ledger/accounts/{id}/statement.pdf",
        .handler = pdf_handler,
        .query = &ledger_document_query,
        .errors = ledger_document_errors,
        .summary = "Get the statement of a period as PDF, up to 10,000 entries",
    },
    {
        OPERATOR_READ,
        .path = "/v1/ledger/accounts/{id}/daily",
        .handler = daily_handler,
        .query = &ledger_daily_query,
        .reply = &ledger_day_set,
        .reply_is_list = true,
        .errors = ledger_page_errors,
        .summary = "List an account's daily summaries",
    },
    {
        OPERATOR_READ,
        .path = "/v1/ledger/accounts/{id}/balance",
        .handler = balance_handler,
        .query = &ledger_balance_query,
        .reply = &ledger_balance_set,
        .errors = ledger_page_errors,
        .summary = "Get an account's balance as of a time, a business date or an entry",
    },
    {
        OPERATOR_READ,
        .path = "/v1/ledger/daily",
        .handler = owner_daily_handler,
        .query = &ledger_owner_daily_query,
        .reply = &ledger_day_set,
        .reply_is_list = true,
        .errors = ledger_page_errors,
        .summary = "List the summaries of a day of all accounts of a merchant",
    },
    {
        OPERATOR_READ,
        .path = "/v1/ledger/journals",
        .handler = journals_handler,
        .query = &ledger_journals_query,
        .reply = &ledger_journal_set,
        .reply_is_list = true,
        .summary = "List the journals of a payment",
    },
    {
        OPERATOR_READ,
        .path = "/v1/ledger/journals/{id}",
        .handler = journal_handler,
        .reply = &ledger_journal_set,
        .errors = ledger_journal_errors,
        .summary = "Get a journal with its legs",
    },
    {
        OPERATOR_READ,
        .path = "/v1/ledger/pending-entries",
        .handler = pending_handler,
        .query = &ledger_pending_query,
        .reply = &ledger_pending_set,
        .reply_is_list = true,
        .summary = "List entries that wait, are parked or have been applied, oldest first",
    },
    {
        OPERATOR_READ,
        .path = "/v1/ledger/journals/{id}/receipt.json",
        .handler = receipt_handler,
        .query = &ledger_receipt_query,
        .reply = &ledger_receipt_set,
        .errors = ledger_receipt_errors,
        .summary = "Get the receipt of a movement with all its parties",
    },
    {
        OPERATOR_READ,
        .path = "/v1/ledger/journals/{id}/receipt.pdf",
        .handler = receipt_pdf_handler,
        .query = &ledger_receipt_query,
        .errors = ledger_receipt_errors,
        .summary = "Get the receipt of a movement with all its parties as PDF",
    },
    {
        OPERATOR_READ,
        .path = "/v1/ledger/account-names",
        .handler = statement__names_handler,
        .query = &statement__names_query,
        .reply = &statement__name_set,
        .reply_is_list = true,
        .summary = "List what people call accounts: their numbers, codes and owners",
    },
    {.method = NULL},
};

const struct module statement_module = {.name = "statement", .routes = routes};

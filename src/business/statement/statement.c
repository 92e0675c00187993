#include "business/statement/statement.h"

#include "money/ledger/ledger_statement.h"

static int64_t owner_of(const struct request *req)
{
    return req->principal.kind == HTTP_AUTH_OPERATOR ? LEDGER_ANY_OWNER
                                                     : req->principal.merchant_id;
}

static struct reply *page_handler(struct request *req)
{
    return ledger_reply_statement(req, owner_of(req));
}

static struct reply *sums_handler(struct request *req)
{
    return ledger_reply_document(req, owner_of(req), LEDGER_DOCUMENT_SUMS);
}

static struct reply *csv_handler(struct request *req)
{
    return ledger_reply_document(req, owner_of(req), LEDGER_DOCUMENT_CSV);
}

static struct reply *pdf_handler(struct request *req)
{
    return ledger_reply_document(req, owner_of(req), LEDGER_DOCUMENT_PDF);
}

static struct reply *daily_handler(struct request *req)
{
    return ledger_reply_daily(req, owner_of(req));
}

#define READ .method = "GET", .auth = HTTP_AUTH_EITHER, .permission = "account:read", ROUTE_HERE

static const struct route routes[] = {
    {
        READ,
        .path = "/v1/accounts/{id}/statement",
        .handler = page_handler,
        .query = &ledger_statement_query,
        .reply = &ledger_entry_set,
        .reply_is_list = true,
        .errors = ledger_page_errors,
        .summary = "List an account's entries with running balances",
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
        .errors = ledger_document_errors,
        .summary = "List an account's daily summaries",
    },
    {.method = NULL},
};

const struct module statement_module = {.name = "statement", .routes = routes};

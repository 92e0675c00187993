#include "business/rate/rate_cli.h"

#include "business/rate/rate_int.h"

static int print_contract(const struct merchant_cli *cli, const struct rate_contract *contract)
{
    struct rate_contract_view view;

    rate__contract_view(contract, &view);
    return merchant_cli_print(cli, &rate__contract_set, &view, NULL);
}

static int run(const struct merchant_cli *cli, const struct rate_contract_create *create)
{
    struct rate_contract_outcome outcome;
    enum err err = store_run(cli->app->store, &rate__contract_kind, create, &outcome, cli->arena);

    if (err != ERR_OK) { /* all else that is required has been asked for */
        return merchant_cli_fail(err == ERR_FIELD_REQUIRED ? "--reason" : "contract", err);
    }
    return outcome.review.id != 0 ? merchant_cli_print(cli, &review_fields, &outcome.review, NULL)
                                  : print_contract(cli, &outcome.contract);
}

static int contract(const struct merchant_cli *cli)
{
    const char *method = merchant_cli_option(cli, "--method");
    const char *currency = merchant_cli_option(cli, "--currency");
    const char *reason = merchant_cli_option(cli, "--reason");
    struct rate_contract_create create = {.method = str_of(method == NULL ? "" : method),
                                          .set.reason = str_of(reason == NULL ? "" : reason)};
    struct rate_change *change = &create.set.change;

    if (!merchant_cli_id(cli, "--merchant", "mer", &create.merchant_id) ||
        !merchant_cli_int(cli, "--rate", -1, &change->rate_millionths) ||
        !merchant_cli_int(cli, "--min", 0, &change->fee_min.minor) ||
        !merchant_cli_int(cli, "--max", 0, &change->fee_max.minor)) {
        return 2;
    }
    if (create.method.len > 32) {
        return merchant_cli_misuse("--method", "must have at most 32 characters");
    }
    if (change->fee_min.minor < 0 || change->fee_max.minor < 0) {
        return merchant_cli_misuse(change->fee_min.minor < 0 ? "--min" : "--max",
                                   "must not be negative");
    }
    if (change->rate_millionths < 0 || change->rate_millionths > 1000000) {
        return merchant_cli_misuse("--rate", "must be 0 to 1000000 millionths");
    }
    if (currency_parse(str_of(currency == NULL ? "CNY" : currency), &change->currency) != ERR_OK) {
        return merchant_cli_misuse("--currency", "is not an ISO 4217 code");
    }
    return run(cli, &create);
}

struct listing {
    struct rate_contract_ask ask;
    struct arena *arena;
    struct rate_contract *rows;
    size_t count;
    enum err err;
};

static void read_listing(void *ctx, struct reader *reader)
{
    struct listing *listing = ctx;

    listing->err = rate__read_contracts(reader, &listing->ask, listing->arena, &listing->rows,
                                        &listing->count);
}

static int contracts(const struct merchant_cli *cli)
{
    struct listing listing = {.ask.at_ms = clock_now_ms(cli->app->clock), .arena = cli->arena};
    enum err err;

    if (!merchant_cli_id(cli, "--merchant", "mer", &listing.ask.merchant_id)) {
        return 2;
    }
    err = store_read(cli->app->store, read_listing, &listing);
    err = err == ERR_OK ? listing.err : err;
    if (err != ERR_OK) {
        return merchant_cli_fail("contracts", err);
    }
    for (size_t i = 0; i < listing.count; i++) {
        (void)print_contract(cli, &listing.rows[i]);
    }
    return 0;
}

const struct merchant_sub rate_contract_subs[] = {
    {"contract", contract, " --merchant --rate --method --currency --min --max --reason "},
    {"contracts", contracts, " --merchant "},
    {NULL, NULL, NULL},
};

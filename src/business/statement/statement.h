/* Statements, daily summaries and receipts as people get them: the ledger's own papers, with
 * account numbers and the names of owners on them. Merchants read those of their own accounts;
 * another's account is one that is not there. Operators read all. */
#ifndef BUSINESS_STATEMENT_STATEMENT_H
#define BUSINESS_STATEMENT_STATEMENT_H

#include "money/ledger/ledger_statement.h"
#include "platform/module/module.h"

extern const struct module statement_module;

/* Account numbers and names of owners, for whoever prints papers. */
extern const struct ledger_directory statement_directory;

#endif

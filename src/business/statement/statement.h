/* Statements as merchants read them: the ledger's own, of their own accounts. Another's account is
 * one that is not there. Operators may use the same paths for every account. */
#ifndef BUSINESS_STATEMENT_STATEMENT_H
#define BUSINESS_STATEMENT_STATEMENT_H

#include "platform/module/module.h"

extern const struct module statement_module;

#endif

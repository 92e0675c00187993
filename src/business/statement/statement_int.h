/* Shared inside business/statement. */
#ifndef BUSINESS_STATEMENT_STATEMENT_INT_H
#define BUSINESS_STATEMENT_STATEMENT_INT_H

#include "business/statement/statement.h"

extern const struct field_set statement__names_query;
extern const struct field_set statement__name_set;
struct reply *statement__names_handler(struct request *req);

#endif

/* What the books are made of is changed by two operators: a version of a voucher template
 * (ledger.voucher), a code of the chart or a version of one (ledger.chart), and the end of a code
 * (ledger.chart_close).
 *
 * Who asks is refused at once what could not be put; what was approved is checked again. See
 * ledger_template_put, ledger_chart_put and ledger_chart_close for the refusals; what is there
 * already with the same content needs no review and is answered with `exists`, a code that is
 * closed already with its date. */
#ifndef BUSINESS_LEDGER_CHANGE_LEDGER_CHANGE_H
#define BUSINESS_LEDGER_CHANGE_LEDGER_CHANGE_H

#include "platform/module/module.h"

extern const struct module ledger_change_module;

#endif

#include "main/program.h"

#include "business/account/account.h"
#include "business/auth/auth.h"
#include "business/channel/channel.h"
#include "business/ledger_change/ledger_change.h"
#include "business/merchant/merchant.h"
#include "business/notify/notify.h"
#include "business/operator/operator.h"
#include "business/payment/payment.h"
#include "business/rate/rate.h"
#include "business/review/review.h"
#include "business/settle/settle.h"
#include "business/settle_rule/settle_rule.h"
#include "business/statement/statement.h"
#include "business/trade/trade.h"
#include "edge/cashier/cashier.h"
#include "edge/gateway/gateway.h"
#include "money/calendar/calendar.h"
#include "money/ledger/ledger.h"

/* In start order: a module may use those before it. They stop in reverse. */
const struct module *const program_modules[] = {
    &calendar_module, &ledger_module,        &auth_module,     &review_module,
    &operator_module, &ledger_change_module, &merchant_module, &account_module,
    &rate_module,     &settle_rule_module,   &channel_module,  &payment_module,
    &trade_module,    &statement_module,     &settle_module,   &notify_module,
    &cashier_module,  &gateway_module,
};
const size_t program_module_count = ARRAY_LEN(program_modules);

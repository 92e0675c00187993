/* `tomato merchant contract …` and `contracts`: what merchants pay for trades, from the command
 * line.
 */
#ifndef BUSINESS_RATE_RATE_CLI_H
#define BUSINESS_RATE_RATE_CLI_H

#include "business/merchant/merchant_cli.h"

extern const struct merchant_sub rate_contract_subs[]; /* for merchant_cli */

#endif

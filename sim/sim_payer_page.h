/* The payer's page: HTML, script and style, all from here; no framework, nothing from elsewhere. */
#ifndef SIM_SIM_PAYER_PAGE_H
#define SIM_SIM_PAYER_PAGE_H

#include "sim/sim_ledger.h"

extern const struct str sim_payer_script;
extern const struct str sim_payer_style;

/* order NULL: the page that says there is none. */
void sim_payer_page(struct buf *page, const struct sim_order *order, bool expired, bool english);

#endif

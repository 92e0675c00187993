/* Shared by the files that print for an operator's terminal. */
#ifndef MONEY_LEDGER_LEDGER_PRINT_INT_H
#define MONEY_LEDGER_LEDGER_PRINT_INT_H

#include "money/ledger/ledger_int.h"

/* One of the two, in the language that is printed. */
struct str ledger__print_word(const struct ledger_print *print, const char *zh, const char *en);
/* A column: padded to a width on the screen, where a Chinese letter takes two places. What is wider
 * is printed whole. */
void ledger__print_left(struct buf *out, struct str text, size_t width);
void ledger__print_right(struct buf *out, struct str text, size_t width);
/* An amount at the right of a column. */
enum { LEDGER__AMOUNT_WIDTH = 20 };
void ledger__print_amount(struct buf *out, struct amount amount, enum currency currency);

#endif

/* The making of seals, step by step: a step reads on a reader's connection, then names a command
 * for the writer, or none. Whoever runs it goes on until it is done; after a kill it begins again
 * at the oldest day that is not closed, and compares the pages that are there already. */
#ifndef MONEY_LEDGER_LEDGER_SEALING_H
#define MONEY_LEDGER_LEDGER_SEALING_H

#include "money/ledger/ledger_day_int.h"

struct ledger_sealing;
struct ledger_sealing *ledger__sealing_new(void);
void ledger__sealing_free(struct ledger_sealing *sealing);
/* One bounded look into the database. */
MUST_USE enum err ledger__sealing_step(struct ledger_sealing *sealing, struct reader *reader);
/* What the writer has to do before the next step; kind NULL: nothing. */
struct ledger_sealing_command {
    const struct command_kind *kind;
    const void *arg;
    void *result;
};
struct ledger_sealing_command ledger__sealing_command(struct ledger_sealing *sealing);
/* The command is durable: tells the log and the metrics. */
void ledger__sealing_committed(struct ledger_sealing *sealing);
bool ledger__sealing_is_done(const struct ledger_sealing *sealing);
bool ledger__sealing_is_right(const struct ledger_sealing *sealing);

#endif

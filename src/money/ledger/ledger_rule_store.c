/* What must hold between the rows around the journal, each as a query for the first row that breaks
 * it. One statement sees one commit, so that these are true beside a writer too. */
#include "money/ledger/ledger_int.h"

const struct ledger_rule ledger__rules[LEDGER__RULES] = {
    {
        .table = "ledger_account",
        .text = "held is not what its holds have left",
        .broken_by =
            {
                .name = "ledger_rule_held",
                .sql = "SELECT MIN(a.id) FROM ledger_account a LEFT JOIN "
                       "(SELECT account_id, SUM(amount - captured - released) AS held FROM "
                       "ledger_hold "
                       "WHERE status = 1 GROUP BY account_id) h ON h.account_id = a.id "
                       "WHERE a.held <> COALESCE(h.held, 0)",
            },
    },
    {
        .table = "ledger_account",
        .text = "holds or blocks are not as many as there are",
        .broken_by =
            {
                .name = "ledger_rule_counts",
                .sql = "SELECT MIN(a.id) FROM ledger_account a LEFT JOIN (SELECT account_id, "
                       "COUNT(*) AS n, "
                       "SUM(CASE WHEN status = 1 AND effect IN (2, 4) THEN 1 ELSE 0 END) AS c, "
                       "SUM(CASE WHEN status = 1 AND effect IN (3, 4) THEN 1 ELSE 0 END) AS d "
                       "FROM ledger_hold WHERE status IN (1, 4) GROUP BY account_id) h ON "
                       "h.account_id = a.id "
                       "WHERE a.holds <> COALESCE(h.n, 0) OR a.credit_blocks <> COALESCE(h.c, 0) "
                       "OR a.debit_blocks <> COALESCE(h.d, 0)",
            },
    },
    {
        .table = "ledger_hold",
        .text = "differs from its steps",
        .broken_by =
            {
                .name = "ledger_rule_steps",
                .sql =
                    "SELECT MIN(h.id) FROM ledger_hold h LEFT JOIN "
                    "(SELECT hold_id, "
                    "SUM(CASE WHEN step = 1 THEN amount ELSE 0 END) AS placed, "
                    "SUM(CASE WHEN step = 2 THEN amount ELSE 0 END) AS captured, "
                    "SUM(CASE WHEN step IN (3, 4) THEN amount ELSE released END) AS released "
                    "FROM ledger_hold_step GROUP BY hold_id) s ON s.hold_id = h.id "
                    "WHERE s.hold_id IS NULL OR h.amount <> s.placed OR h.captured <> s.captured "
                    "OR h.released <> s.released OR h.captured + h.released > h.amount "
                    "OR (h.status NOT IN (1, 4) AND h.captured + h.released <> h.amount)",
            },
    },
    {
        .table = "ledger_hold",
        .text = "there is no such account",
        .broken_by =
            {
                .name = "ledger_rule_stray_hold",
                .sql = "SELECT MIN(id) FROM ledger_hold "
                       "WHERE account_id NOT IN (SELECT id FROM ledger_account)",
            },
    },
    {
        .table = "ledger_account",
        .text = "pending is not the number of entries that wait",
        .broken_by =
            {
                .name = "ledger_rule_pending",
                .sql = "SELECT MIN(a.id) FROM ledger_account a LEFT JOIN (SELECT account_id, "
                       "COUNT(*) AS n "
                       "FROM ledger_pending WHERE status <> 2 GROUP BY account_id) p ON "
                       "p.account_id = a.id "
                       "WHERE a.pending <> COALESCE(p.n, 0)",
            },
    },
    {
        .table = "ledger_account",
        .text = "posted on 2299 is not what the entries that wait sum up to",
        .broken_by =
            {
                .name = "ledger_rule_waiting",
                .sql = "SELECT MIN(w.id) FROM ledger_account w LEFT JOIN "
                       "(SELECT a.owner_id AS owner_id, a.currency AS currency, "
                       "SUM(CASE WHEN p.side = 2 THEN p.amount ELSE -p.amount END) AS waits "
                       "FROM ledger_pending p JOIN ledger_account a ON a.id = p.account_id "
                       "WHERE p.status <> 2 GROUP BY a.owner_id, a.currency) s "
                       "ON s.owner_id = w.owner_id AND s.currency = w.currency "
                       "WHERE w.code = 2299 AND w.posted <> COALESCE(s.waits, 0)",
            },
    },
    {
        .table = "ledger_account",
        .text = "has no serial number",
        .broken_by =
            {
                .name = "ledger_rule_serials",
                .sql = "SELECT MIN(a.id) FROM ledger_account a "
                       "LEFT JOIN ledger_serial s ON s.account_id = a.id WHERE s.serial IS NULL",
            },
    },
};

enum err ledger__read_rule(struct reader *reader, const struct ledger_rule *rule, int64_t *id)
{
    return reader_ints(reader, &rule->broken_by, NULL, 0, id, 1);
}

/* What must hold between the rows around the journal, and between them and the journal, each as a
 * query for the first row of a page that breaks it. One statement sees one commit, so that these
 * are true beside a writer too; and as what it looks at is bounded by the page, none takes long. */
#include "money/ledger/ledger_int.h"

#define PAGE_END(table_, id_)                                                                      \
    {                                                                                              \
        .name = "ledger_page_end_" table_,                                                         \
        .sql = "SELECT COUNT(*), MAX(" id_ ") FROM (SELECT " id_ " FROM ledger_" table_            \
               " WHERE " id_ " > ? ORDER BY " id_ " LIMIT ?) page",                                \
    }
const struct statement ledger__page_ends[LEDGER_PAGED_TABLES] = {
    [LEDGER_PAGED_ACCOUNTS] = PAGE_END("account", "id"),
    [LEDGER_PAGED_HOLDS] = PAGE_END("hold", "id"),
    [LEDGER_PAGED_STEPS] = PAGE_END("hold_step", "id"),
    [LEDGER_PAGED_PENDING] = PAGE_END("pending", "id"),
    [LEDGER_PAGED_QUEUES] = PAGE_END("queue", "account_id"),
    [LEDGER_PAGED_TERMS] = PAGE_END("terms", "id"),
    [LEDGER_PAGED_SERIALS] = PAGE_END("serial", "serial"),
    [LEDGER_PAGED_JOURNAL] = PAGE_END("journal", "id"),
};

const struct ledger_rule ledger__rules[LEDGER__RULES] = {
    {
        .pages = LEDGER_PAGED_ACCOUNTS,
        .table = "ledger_account",
        .text = "held is not what its holds have left",
        .broken_by =
            {
                .name = "ledger_rule_held",
                .sql = "SELECT a.id FROM ledger_account a WHERE a.id > ? AND a.id <= ? AND a.held "
                       "<> COALESCE((SELECT SUM(h.amount - h.captured - h.released) FROM "
                       "ledger_hold h WHERE h.account_id = a.id AND h.status = 1), 0) ORDER BY "
                       "a.id LIMIT 1",
            },
    },
    {
        .pages = LEDGER_PAGED_ACCOUNTS,
        .table = "ledger_account",
        .text = "holds or blocks are not as many as there are",
        .broken_by =
            {
                .name = "ledger_rule_counts",
                /* Each status alone: what has ended is not looked at, however much it is. */
                .sql = "SELECT a.id FROM ledger_account a WHERE a.id > ? AND a.id <= ? AND "
                       "(a.holds <> (SELECT COUNT(*) FROM ledger_hold h WHERE h.account_id = a.id "
                       "AND h.status = 1) + (SELECT COUNT(*) FROM ledger_hold h WHERE "
                       "h.account_id = a.id AND h.status = 4) OR (a.credit_blocks, "
                       "a.debit_blocks) <> (SELECT COALESCE(SUM(CASE WHEN h.effect IN (2, 4) THEN "
                       "1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN h.effect IN (3, 4) THEN 1 ELSE "
                       "0 END), 0) FROM ledger_hold h WHERE h.account_id = a.id AND h.status = "
                       "1)) ORDER BY a.id LIMIT 1",
            },
    },
    {
        .pages = LEDGER_PAGED_HOLDS,
        .table = "ledger_hold",
        .text = "differs from its steps",
        .broken_by =
            {
                .name = "ledger_rule_steps",
                .sql = "SELECT h.id FROM ledger_hold h WHERE h.id > ? AND h.id <= ? AND "
                       "(h.captured + h.released > h.amount OR (1, h.amount, h.captured, "
                       "h.released) <> (SELECT COUNT(*) > 0, COALESCE(SUM(CASE WHEN s.step = 1 "
                       "THEN s.amount ELSE 0 END), 0), COALESCE(SUM(CASE WHEN s.step = 2 THEN "
                       "s.amount ELSE 0 END), 0), COALESCE(SUM(CASE WHEN s.step IN (3, 4) THEN "
                       "s.amount ELSE s.released END), 0) FROM ledger_hold_step s WHERE s.hold_id "
                       "= h.id)) ORDER BY h.id LIMIT 1",
            },
    },
    {
        .pages = LEDGER_PAGED_HOLDS,
        .table = "ledger_hold",
        .text = "its status is not what its steps have made of it",
        .broken_by =
            {
                .name = "ledger_rule_status",
                /* A block ends by a step, an amount when nothing of it is left. */
                .sql = "SELECT h.id FROM ledger_hold h WHERE h.id > ? AND h.id <= ? AND (h.status "
                       "NOT IN (1, 2, 3, 4) OR (h.amount = 0) <> (h.effect <> 1) OR (h.status IN "
                       "(2, 3)) <> (CASE WHEN h.effect = 1 THEN h.captured + h.released = "
                       "h.amount ELSE EXISTS (SELECT 1 FROM ledger_hold_step s WHERE s.hold_id = "
                       "h.id AND s.step IN (3, 4)) END) OR (h.status = 3) <> EXISTS (SELECT 1 "
                       "FROM ledger_hold_step s WHERE s.hold_id = h.id AND s.step = 4) OR "
                       "(h.status = 4 AND EXISTS (SELECT 1 FROM ledger_hold_step s WHERE "
                       "s.hold_id = h.id AND s.step IN (2, 5)))) ORDER BY h.id LIMIT 1",
            },
    },
    {
        .pages = LEDGER_PAGED_HOLDS,
        .table = "ledger_hold",
        .text = "its source or times are not those of its steps",
        .broken_by =
            {
                .name = "ledger_rule_placed",
                /* Freezes and blocks placed by the API (10) became the operators' (2). */
                .sql = "SELECT h.id FROM ledger_hold h LEFT JOIN ledger_hold_step s ON s.hold_id "
                       "= h.id AND s.step = 1 WHERE h.id > ? AND h.id <= ? AND (s.id IS NULL OR "
                       "(h.source <> s.source AND NOT (h.source = 2 AND s.source = 10 AND (h.kind "
                       "<= 2 OR h.effect > 1))) OR h.created_at_ms <> s.created_at_ms OR NOT "
                       "EXISTS (SELECT 1 FROM ledger_hold_step l WHERE l.hold_id = h.id AND "
                       "l.created_at_ms = h.updated_at_ms)) ORDER BY h.id LIMIT 1",
            },
    },
    {
        .pages = LEDGER_PAGED_STEPS,
        .table = "ledger_hold_step",
        .text = "there is no such hold",
        .broken_by =
            {
                .name = "ledger_rule_stray_step",
                .sql = "SELECT s.id FROM ledger_hold_step s LEFT JOIN ledger_hold h ON h.id = "
                       "s.hold_id WHERE s.id > ? AND s.id <= ? AND h.id IS NULL ORDER BY s.id "
                       "LIMIT 1",
            },
    },
    {
        .pages = LEDGER_PAGED_STEPS,
        .table = "ledger_hold_step",
        .text = "its reference is not that of such a step",
        .broken_by =
            {
                .name = "ledger_rule_references",
                /* Captures: see below. Nobody asks for an expiry or a start. */
                .sql = "SELECT id FROM ledger_hold_step WHERE id > ? AND id <= ? AND (step NOT IN "
                       "(1, 2, 3, 4, 5) OR (step <> 2 AND journal_id IS NOT NULL) OR (step IN (4, "
                       "5)) <> (business_no IS NULL) OR (step IN (4, 5)) <> (source = 0) OR (step "
                       "IN (4, 5)) <> (operation = 0) OR (date <> 0 AND date NOT IN (SELECT id "
                       "FROM ledger_day))) ORDER BY id LIMIT 1",
            },
    },
    {
        .pages = LEDGER_PAGED_STEPS,
        .table = "ledger_hold_step",
        .text = "is not what its journal captured",
        .ranges = 2,
        .broken_by =
            {
                .name = "ledger_rule_captures",
                .sql = "SELECT s.id FROM ledger_hold_step s JOIN ledger_hold h ON h.id = "
                       "s.hold_id JOIN ledger_account a ON a.id = h.account_id LEFT JOIN "
                       "ledger_journal j ON j.id = s.journal_id LEFT JOIN (SELECT c.id AS id, "
                       "SUM(CASE WHEN l.account_a = g.account_id THEN l.amount_a ELSE 0 END + "
                       "CASE WHEN l.account_b = g.account_id THEN l.amount_b ELSE 0 END) AS sum "
                       "FROM ledger_hold_step c JOIN ledger_hold g ON g.id = c.hold_id JOIN "
                       "ledger_journal f ON f.id = c.journal_id JOIN (WITH RECURSIVE k (n) AS "
                       "(SELECT 0 UNION ALL SELECT n + 1 FROM k WHERE n < 31) SELECT n FROM k) r "
                       "ON r.n < ((f.leg_count + 1) >> 1) JOIN ledger_journal l ON l.id = f.id + "
                       "r.n WHERE c.id > ? AND c.id <= ? AND c.step = 2 GROUP BY c.id) t ON t.id "
                       "= s.id WHERE s.id > ? AND s.id <= ? AND s.step = 2 AND (j.id IS NULL OR "
                       "j.business_no IS NULL OR j.hold_id IS NULL OR j.hold_id <> s.hold_id OR "
                       "j.business_no <> s.business_no OR j.source <> s.source OR j.operation <> "
                       "s.operation OR j.created_at_ms <> s.created_at_ms OR (s.date <> 0 AND "
                       "s.date <> j.business_date) OR s.amount <> (CASE WHEN a.side = 2 THEN 1 "
                       "ELSE -1 END) * COALESCE(t.sum, 0)) ORDER BY s.id LIMIT 1",
            },
    },
    {
        .pages = LEDGER_PAGED_HOLDS,
        .table = "ledger_hold",
        .text = "there is no such account",
        .broken_by =
            {
                .name = "ledger_rule_stray_hold",
                .sql = "SELECT h.id FROM ledger_hold h LEFT JOIN ledger_account a ON a.id = "
                       "h.account_id WHERE h.id > ? AND h.id <= ? AND a.id IS NULL ORDER BY h.id "
                       "LIMIT 1",
            },
    },
    {
        .pages = LEDGER_PAGED_PENDING,
        .table = "ledger_pending",
        .text = "its account's queue does not know it",
        .broken_by =
            {
                .name = "ledger_rule_oldest",
                /* The rules after it count from the oldest on. */
                .sql = "SELECT p.id FROM ledger_pending p JOIN ledger_queue q ON q.account_id = "
                       "p.account_id WHERE p.id > ? AND p.id <= ? AND p.status <> 2 AND p.number "
                       "< q.oldest ORDER BY p.id LIMIT 1",
            },
    },
    {
        .pages = LEDGER_PAGED_ACCOUNTS,
        .table = "ledger_account",
        .text = "awaited is not what its holds that wait for money have left",
        .broken_by =
            {
                .name = "ledger_rule_awaited",
                .sql = "SELECT a.id FROM ledger_account a WHERE a.id > ? AND a.id <= ? AND "
                       "a.awaited <> COALESCE((SELECT SUM(h.amount - h.captured - h.released) "
                       "FROM ledger_hold h WHERE h.account_id = a.id AND h.status = 4 AND "
                       "h.awaits = 1), 0) ORDER BY a.id LIMIT 1",
            },
    },
    {
        .pages = LEDGER_PAGED_ACCOUNTS,
        .table = "ledger_account",
        .text = "pending is not the number of entries that wait",
        .broken_by =
            {
                .name = "ledger_rule_pending",
                .sql = "SELECT a.id FROM ledger_account a WHERE a.id > ? AND a.id <= ? AND "
                       "a.pending <> (SELECT COUNT(*) FROM ledger_queue q JOIN ledger_pending p "
                       "ON p.account_id = q.account_id AND p.number >= q.oldest WHERE "
                       "q.account_id = a.id AND p.status <> 2) ORDER BY a.id LIMIT 1",
            },
    },
    {
        .pages = LEDGER_PAGED_ACCOUNTS,
        .table = "ledger_account",
        .text = "posted on 2299 is not what the entries that wait sum up to",
        .broken_by =
            {
                .name = "ledger_rule_waiting",
                .sql = "SELECT w.id FROM ledger_account w WHERE w.id > ? AND w.id <= ? AND w.code "
                       "= 2299 AND w.posted <> COALESCE((SELECT SUM(CASE WHEN p.side = 2 THEN "
                       "p.amount ELSE -p.amount END) FROM ledger_account a JOIN ledger_queue q ON "
                       "q.account_id = a.id JOIN ledger_pending p ON p.account_id = q.account_id "
                       "AND p.number >= q.oldest WHERE a.owner_id = w.owner_id AND a.currency = "
                       "w.currency AND p.status <> 2), 0) ORDER BY w.id LIMIT 1",
            },
    },
    {
        .pages = LEDGER_PAGED_ACCOUNTS,
        .table = "ledger_account",
        .text = "is closed and not empty",
        .broken_by =
            {
                .name = "ledger_rule_closed",
                .sql = "SELECT id FROM ledger_account WHERE id > ? AND id <= ? AND (status NOT IN "
                       "(1, 2) OR (status = 2 AND (posted <> 0 OR held <> 0 OR holds <> 0))) "
                       "ORDER BY id LIMIT 1",
            },
    },
    {
        .pages = LEDGER_PAGED_ACCOUNTS,
        .table = "ledger_account",
        .text = "is not what its last terms say",
        .broken_by =
            {
                .name = "ledger_rule_terms",
                .sql = "SELECT a.id FROM ledger_account a LEFT JOIN ledger_terms t ON t.id = "
                       "(SELECT MAX(l.id) FROM ledger_terms l WHERE l.account_id = a.id) WHERE "
                       "a.id > ? AND a.id <= ? AND (t.id IS NULL OR a.owner_id <> t.owner_id OR "
                       "a.code <> t.code OR a.currency <> t.currency OR a.side <> t.side OR "
                       "a.created_at_ms <> t.opened_at_ms OR a.status <> t.status OR a.deferred "
                       "<> t.deferred OR a.has_floor <> t.has_floor OR a.floor <> t.floor) ORDER "
                       "BY a.id LIMIT 1",
            },
    },
    {
        .pages = LEDGER_PAGED_TERMS,
        .table = "ledger_terms",
        .text = "is of another account, or one before it is missing",
        .broken_by =
            {
                .name = "ledger_rule_terms_before",
                .sql = "SELECT t.id FROM ledger_terms t LEFT JOIN ledger_terms p ON p.id = t.id - "
                       "1 LEFT JOIN ledger_account a ON a.id = t.account_id WHERE t.id > ? AND "
                       "t.id <= ? AND (t.id < 1 OR (t.id > 1 AND p.id IS NULL) OR a.id IS NULL OR "
                       "a.owner_id <> t.owner_id OR a.code <> t.code OR a.currency <> t.currency "
                       "OR a.side <> t.side OR a.created_at_ms <> t.opened_at_ms OR (t.date <> 0 "
                       "AND t.date NOT IN (SELECT id FROM ledger_day))) ORDER BY t.id LIMIT 1",
            },
    },
    {
        .pages = LEDGER_PAGED_ACCOUNTS,
        .table = "ledger_account",
        .text = "its side is not that of its code",
        .broken_by =
            {
                .name = "ledger_rule_side",
                .sql = "SELECT a.id FROM ledger_account a LEFT JOIN ledger_chart c ON c.code = "
                       "a.code WHERE a.id > ? AND a.id <= ? AND (c.code IS NULL OR a.side <> "
                       "c.side) ORDER BY a.id LIMIT 1",
            },
    },
    {
        .pages = LEDGER_PAGED_PENDING,
        .table = "ledger_pending",
        .text = "is not its leg on 2299",
        .broken_by =
            {
                .name = "ledger_rule_waiting_leg",
                .sql = "SELECT p.id FROM ledger_pending p LEFT JOIN ledger_account a ON a.id = "
                       "p.account_id LEFT JOIN ledger_journal j ON j.id = p.position >> 1 LEFT "
                       "JOIN ledger_account w ON w.id = CASE WHEN p.position % 2 = 0 THEN "
                       "j.account_a ELSE j.account_b END WHERE p.id > ? AND p.id <= ? AND (a.id "
                       "IS NULL OR w.id IS NULL OR w.code <> 2299 OR w.owner_id <> a.owner_id OR "
                       "w.currency <> a.currency OR CASE WHEN p.position % 2 = 0 THEN j.amount_a "
                       "ELSE j.amount_b END <> CASE WHEN p.side = 1 THEN p.amount ELSE -p.amount "
                       "END OR p.created_at_ms <> j.created_at_ms) ORDER BY p.id LIMIT 1",
            },
    },
    {
        .pages = LEDGER_PAGED_PENDING,
        .table = "ledger_pending",
        .text = "is not what its journal applied",
        .broken_by =
            {
                .name = "ledger_rule_applied",
                .sql = "SELECT p.id FROM ledger_pending p LEFT JOIN ledger_journal j ON j.id = "
                       "p.journal_id WHERE p.id > ? AND p.id <= ? AND (p.status NOT IN (1, 2, 3) "
                       "OR (p.status = 2) <> (p.journal_id <> 0) OR (p.status = 3) <> (p.refusal "
                       "<> '') OR (p.status = 2 AND (j.id IS NULL OR j.business_no IS NULL OR "
                       "j.business_no <> p.id OR j.source <> 7 OR j.operation <> 7 OR "
                       "COALESCE(j.hold_id, 0) <> p.hold_id OR j.account_a <> p.account_id OR "
                       "j.amount_a <> CASE WHEN p.side = 1 THEN p.amount ELSE -p.amount END OR "
                       "j.matures_a <> p.matures_on))) ORDER BY p.id LIMIT 1",
            },
    },
    {
        .pages = LEDGER_PAGED_PENDING,
        .table = "ledger_pending",
        .text = "a debit is not what its hold holds",
        .broken_by =
            {
                .name = "ledger_rule_reserved",
                .sql = "SELECT p.id FROM ledger_pending p JOIN ledger_account a ON a.id = "
                       "p.account_id LEFT JOIN ledger_hold h ON h.id = p.hold_id LEFT JOIN "
                       "ledger_hold_step s ON s.hold_id = p.hold_id AND s.step = 1 WHERE p.id > ? "
                       "AND p.id <= ? AND ((p.side <> a.side) <> (p.hold_id <> 0) OR (p.hold_id "
                       "<> 0 AND (h.id IS NULL OR s.id IS NULL OR s.business_no <> p.id OR "
                       "s.operation <> 4 OR h.kind <> 8 OR h.source <> 7 OR h.account_id <> "
                       "p.account_id OR h.effect <> 1 OR h.amount <> p.amount OR h.matures_on <> "
                       "p.matures_on OR h.starts_at_ms <> 0 OR h.expires_at_ms <> 0 OR h.status "
                       "<> CASE WHEN p.status = 2 THEN 2 ELSE 1 END))) ORDER BY p.id LIMIT 1",
            },
    },
    {
        .pages = LEDGER_PAGED_HOLDS,
        .table = "ledger_hold",
        .text = "is of no entry that waits",
        .broken_by =
            {
                .name = "ledger_rule_stray_reserve",
                .sql = "SELECT h.id FROM ledger_hold h LEFT JOIN ledger_hold_step s ON s.hold_id "
                       "= h.id AND s.step = 1 LEFT JOIN ledger_pending p ON p.id = s.business_no "
                       "AND p.hold_id = h.id WHERE h.id > ? AND h.id <= ? AND (h.kind = 8 OR "
                       "h.source = 7) AND p.id IS NULL ORDER BY h.id LIMIT 1",
            },
    },
    {
        .pages = LEDGER_PAGED_PENDING,
        .table = "ledger_pending",
        .text = "its account's queue does not know it",
        .broken_by =
            {
                .name = "ledger_rule_queued",
                .sql = "SELECT p.id FROM ledger_pending p LEFT JOIN ledger_queue q ON "
                       "q.account_id = p.account_id WHERE p.id > ? AND p.id <= ? AND "
                       "(q.account_id IS NULL OR p.number < 1 OR p.number > q.last OR (p.status = "
                       "1 AND p.number <= q.seen)) ORDER BY p.id LIMIT 1",
            },
    },
    {
        .pages = LEDGER_PAGED_PENDING,
        .table = "ledger_queue",
        .text = "is not as long as its account has entries",
        .broken_by =
            {
                .name = "ledger_rule_gap",
                /* With the rule after it: its entries have the numbers from 1 to the last. */
                .sql = "SELECT p.account_id FROM ledger_pending p LEFT JOIN ledger_pending b ON "
                       "b.account_id = p.account_id AND b.number = p.number - 1 WHERE p.id > ? "
                       "AND p.id <= ? AND p.number > 1 AND b.id IS NULL ORDER BY p.id LIMIT 1",
            },
    },
    {
        .pages = LEDGER_PAGED_QUEUES,
        .table = "ledger_queue",
        .text = "is not as long as its account has entries",
        .broken_by =
            {
                .name = "ledger_rule_queue",
                .sql = "SELECT q.account_id FROM ledger_queue q WHERE q.account_id > ? AND "
                       "q.account_id <= ? AND (q.last <> COALESCE((SELECT MAX(p.number) FROM "
                       "ledger_pending p WHERE p.account_id = q.account_id), 0) OR q.seen < "
                       "q.oldest - 1 OR q.seen > q.last OR q.oldest > q.last + 1 OR q.oldest < 1) "
                       "ORDER BY q.account_id LIMIT 1",
            },
    },
    {
        .pages = LEDGER_PAGED_ACCOUNTS,
        .table = "ledger_account",
        .text = "legs on 2299 are not as many as its entries have made",
        .broken_by =
            {
                .name = "ledger_rule_waiting_legs",
                /* An entry makes one, and one more when it is applied. */
                .sql = "SELECT w.id FROM ledger_account w WHERE w.id > ? AND w.id <= ? AND w.code "
                       "= 2299 AND w.sequence <> COALESCE((SELECT SUM(2 * q.last - a.pending) "
                       "FROM ledger_account a JOIN ledger_queue q ON q.account_id = a.id WHERE "
                       "a.owner_id = w.owner_id AND a.currency = w.currency), 0) ORDER BY w.id "
                       "LIMIT 1",
            },
    },
    {
        .pages = LEDGER_PAGED_ACCOUNTS,
        .table = "ledger_account",
        .text = "has no serial number",
        .broken_by =
            {
                .name = "ledger_rule_serials",
                .sql = "SELECT a.id FROM ledger_account a LEFT JOIN ledger_serial s ON "
                       "s.account_id = a.id WHERE a.id > ? AND a.id <= ? AND s.serial IS NULL "
                       "ORDER BY a.id LIMIT 1",
            },
    },
    {
        .pages = LEDGER_PAGED_SERIALS,
        .table = "ledger_serial",
        .text = "there is no such account",
        .broken_by =
            {
                .name = "ledger_rule_stray_serial",
                .sql = "SELECT s.serial FROM ledger_serial s LEFT JOIN ledger_account a ON a.id = "
                       "s.account_id WHERE s.serial > ? AND s.serial <= ? AND a.id IS NULL ORDER "
                       "BY s.serial LIMIT 1",
            },
    },
};

const struct ledger_rule ledger__stray_capture = {
    .pages = LEDGER_PAGED_JOURNAL,
    .table = "ledger_journal",
    .text = "it captured from a hold, which has no such step",
    .broken_by =
        {
            .name = "ledger_rule_stray_capture",
            .sql = "SELECT j.id FROM ledger_journal j LEFT JOIN ledger_hold_step s ON "
                   "s.business_no = j.business_no AND s.operation = j.operation AND s.source = "
                   "j.source WHERE j.id > ? AND j.id <= ? AND j.hold_id IS NOT NULL AND (s.step "
                   "IS NULL OR s.step <> 2) ORDER BY j.id LIMIT 1",
        },
};

const struct statement ledger__captures_until = {
    .name = "ledger_captures_until",
    .sql = "SELECT COUNT(*) FROM ledger_hold_step "
           "WHERE id > ? AND id <= ? AND step = 2 AND journal_id <= ?",
};

enum err ledger__next_page(struct reader *reader, enum ledger_paged table, size_t limit,
                           struct ledger_page *page)
{
    const struct value values[] = {VALUE_INT(page->last), VALUE_INT((int64_t)limit)};
    int64_t end[2];

    TRY(reader_ints(reader, &ledger__page_ends[table], values, ARRAY_LEN(values), end, 2));
    *page = (struct ledger_page){
        .after = page->last,
        .last = end[0] > 0 ? end[1] : page->last,
        .count = (size_t)end[0],
    };
    return ERR_OK;
}

enum err ledger__count_captures(struct reader *reader, const struct ledger_page *page,
                                int64_t last_row, int64_t *count)
{
    const struct value values[] = {VALUE_INT(page->after), VALUE_INT(page->last),
                                   VALUE_INT(last_row)};

    return reader_ints(reader, &ledger__captures_until, values, ARRAY_LEN(values), count, 1);
}

enum err ledger__read_rule(struct reader *reader, const struct ledger_rule *rule,
                           const struct ledger_page *page, int64_t *id)
{
    const struct value values[] = {VALUE_INT(page->after), VALUE_INT(page->last),
                                   VALUE_INT(page->after), VALUE_INT(page->last)};

    return reader_ints(reader, &rule->broken_by, values, rule->ranges == 2 ? 4 : 2, id, 1);
}

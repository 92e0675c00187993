/* Shared by the files of statements and receipts. */
#ifndef MONEY_LEDGER_LEDGER_STATEMENT_INT_H
#define MONEY_LEDGER_LEDGER_STATEMENT_INT_H

#include "money/ledger/ledger_chart.h"
#include "money/ledger/ledger_int.h"
#include "money/ledger/ledger_statement.h"

/* Adds an entry to the sums: they fit, as the account's own totals do. */
void ledger__sums_add(struct ledger_sums *sums, const struct ledger_entry *entry);

/* Refuses another's account as one that is not there. */
MUST_USE enum err ledger__owner_check(const struct ledger_account *account, int64_t owner_id);

/* Empty strings without a directory. */
MUST_USE enum err ledger__label(struct reader *reader, const struct ledger_directory *directory,
                                const struct ledger_account *account, struct arena *arena,
                                struct ledger_label *out);

/* Sets what the entries are about: as the directory has it, else "pay_…" of a payment and the
 * business number of all other things. */
MUST_USE enum err ledger__name_entries(struct reader *reader,
                                       const struct ledger_directory *directory,
                                       struct ledger_entry *entries, size_t count,
                                       struct arena *arena);
/* The same, and their memos: what papers print beside an entry. */
MUST_USE enum err ledger__caption_entries(struct reader *reader,
                                          const struct ledger_directory *directory,
                                          struct ledger_entry *entries, size_t count,
                                          struct arena *arena);
/* What the journals are about, as statements tell it of their entries. */
MUST_USE enum err ledger__name_journals(struct reader *reader,
                                        const struct ledger_directory *directory,
                                        struct ledger_journal_view *journals, size_t count,
                                        struct arena *arena);

/* The name of a code in a language; empty for one the chart does not have. */
struct str ledger__name_of(const struct ledger_chart_entry *entry, enum ledger_language language);

/* Fills in whose account is asked for, from the path: by id or by number, where a number that is
 * none is of no account. */
void ledger__ask_of(struct request *req, struct ledger_desk desk, struct ledger_ask *ask);

/* ---- words and values as documents show them ---- */

/* One of the two. */
struct str ledger__word(enum ledger_language language, const char *zh, const char *en);
struct str ledger__source_word(enum ledger_source source, enum ledger_language language);
struct str ledger__operation_word(enum ledger_operation operation, enum ledger_language language);
/* "2026-11-22" */
struct str ledger__date_text(struct arena *arena, int32_t date);
/* "2026-11-22 09:00:01" in Asia/Shanghai */
struct str ledger__time_text(struct arena *arena, int64_t at_ms);
/* "2026-11-01 – 2026-11-30", or two instants, of which the second is not included */
struct str ledger__period_text(struct arena *arena, const struct ledger_period *period);
/* "pay_…", or a number that is no id. */
struct str ledger__about_text(struct arena *arena, const struct ledger_about *about);
/* Who the account is kept for: "mer_…", "cha_…" or the platform. */
struct str ledger__owner_text(struct arena *arena, const struct ledger_account *account,
                              enum ledger_language language);
/* By its name; without one as above. */
struct str ledger__holder_text(struct arena *arena, const struct ledger_account *account,
                               const struct ledger_label *label, enum ledger_language language);
/* By its number; without one by its id. */
struct str ledger__account_text(struct arena *arena, const struct ledger_account *account,
                                const struct ledger_label *label);
/* "-107,000.53": for people to read, in no file that programs read */
struct str ledger__amount_text(struct arena *arena, struct amount amount, enum currency currency);

/* ---- CSV ---- */

enum { LEDGER__CSV_BYTES_MAX = 64 << 20 };
void ledger__csv_begin(struct ledger_document *document);
void ledger__csv_add(struct ledger_document *document, const struct ledger_entry *entries,
                     size_t count, struct arena *arena);
void ledger__csv_end(struct ledger_document *document);

/* ---- PDF ---- */

MUST_USE enum err ledger__statement_pdf(struct ledger_document *document);

#endif

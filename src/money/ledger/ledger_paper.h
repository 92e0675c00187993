/* PDF pages with text, rules and bands, over cairo. Lengths are tenths of a point (7200 to a foot
 * of paper: 1/720 inch), counted from the top left corner. One font with Chinese and Latin letters,
 * embedded as far as it is used: WenQuanYi Zen Hei (Debian: fonts-wqy-zenhei), or another one of
 * the machine's that has Chinese letters.
 *
 * The first failure (too large a file, Chinese text without a font for it) is remembered and told
 * at the end. */
#ifndef MONEY_LEDGER_LEDGER_PAPER_H
#define MONEY_LEDGER_LEDGER_PAPER_H

#include "money/ledger/ledger_int.h"

struct ledger_paper; /* opaque */

enum ledger__paper_align { LEDGER__LEFT = 1, LEDGER__RIGHT, LEDGER__CENTRE };

/* 0xRRGGBB */
enum ledger__paper_colour {
    LEDGER__INK = 0x1f2328,
    LEDGER__GREY = 0x6b7280,
    LEDGER__RULE = 0xd1d5db,
    LEDGER__BAND = 0xf3f4f6,
    LEDGER__ACCENT = 0xb42318,
};

struct ledger__paper_options {
    struct arena *arena; /* for the file */
    int width;           /* of the pages */
    int height;
    struct str title;
    int64_t at_ms; /* told as the time of making */
};
/* Ended by ledger__paper_end, which must be called. */
struct ledger_paper *ledger__paper_begin(const struct ledger__paper_options *options);
void ledger__paper_next_page(struct ledger_paper *paper);
/* ERR_BUF_FULL; ERR_LEDGER_FONT. */
MUST_USE enum err ledger__paper_end(struct ledger_paper *paper, struct str *out);

struct ledger__paper_style {
    int size; /* of the font */
    enum ledger__paper_colour colour;
    enum ledger__paper_align align;
    bool bold;
};
/* Text on the line whose foot is y, in the column from x to x + width. What is too long is set
 * smaller; if that does not do it is cut, with an ellipsis, but for what stands at the right:
 * numbers are never cut. */
struct ledger__paper_box {
    int x;
    int y;
    int width;
};
void ledger__paper_text(struct ledger_paper *paper, struct ledger__paper_box box,
                        struct ledger__paper_style style, struct str text);
void ledger__paper_rule(struct ledger_paper *paper, struct ledger__paper_box box,
                        enum ledger__paper_colour colour);
void ledger__paper_band(struct ledger_paper *paper, struct ledger__paper_box box, int height,
                        enum ledger__paper_colour colour);

#endif

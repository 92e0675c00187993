#include "money/ledger/ledger_paper.h"

#include "base/time.h"

#include <cairo/cairo-pdf.h>
#include <fontconfig/fontconfig.h>

static const char font_wanted[] = "WenQuanYi Zen Hei";

enum { FILE_MAX = 32 << 20, UNITS = 10 /* to a point */, RULE_WIDTH = 5 };

struct ledger_paper {
    cairo_surface_t *surface;
    cairo_t *cairo;
    struct arena *arena;
    struct buf file;
    const char *font;
    bool has_chinese; /* the font */
    bool lacks_font;  /* for what has been written */
};

static cairo_status_t write_file(void *closure, const unsigned char *data, unsigned int len)
{
    struct buf *file = closure;

    buf_add(file, (struct str){(const char *)data, len});
    return buf_ok(file) ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* The font's family: what is wanted, or what comes nearest among those with Chinese letters. */
static void find_font(struct ledger_paper *paper)
{
    const FcChar32 letter = 0x8d26; /* 账 */
    FcPattern *wanted = FcPatternCreate(), *found;
    FcChar8 *family = NULL;
    FcCharSet *letters = NULL;
    FcResult result;

    CHECK(wanted != NULL);
    (void)FcPatternAddString(wanted, FC_FAMILY, (const FcChar8 *)font_wanted);
    (void)FcPatternAddString(wanted, FC_LANG, (const FcChar8 *)"zh-cn");
    (void)FcConfigSubstitute(NULL, wanted, FcMatchPattern);
    FcDefaultSubstitute(wanted);
    found = FcFontMatch(NULL, wanted, &result);
    paper->font = font_wanted;
    if (found != NULL && FcPatternGetString(found, FC_FAMILY, 0, &family) == FcResultMatch) {
        paper->font = str_cstr(paper->arena, str_of((const char *)family));
        paper->has_chinese = FcPatternGetCharSet(found, FC_CHARSET, 0, &letters) == FcResultMatch &&
                             FcCharSetHasChar(letters, letter) == FcTrue;
    }
    if (found != NULL) {
        FcPatternDestroy(found);
    }
    FcPatternDestroy(wanted);
}

static void set_colour(struct ledger_paper *paper, enum ledger__paper_colour colour)
{
    const int full = 0xff;
    int red = (int)colour >> 16, green = ((int)colour >> 8) & full, blue = (int)colour & full;

    /* floating point: the parts of a colour are fractions of one in cairo */
    cairo_set_source_rgb(paper->cairo, red / 255.0, green / 255.0, blue / 255.0);
}

struct ledger_paper *ledger__paper_begin(const struct ledger__paper_options *options)
{
    struct ledger_paper *paper = ARENA_NEW(options->arena, struct ledger_paper);
    struct buf made;

    paper->arena = options->arena;
    find_font(paper);
    buf_init_arena(&paper->file, options->arena, FILE_MAX);
    paper->surface = cairo_pdf_surface_create_for_stream(
        write_file, &paper->file, options->width / UNITS, options->height / UNITS);
    cairo_pdf_surface_set_metadata(paper->surface, CAIRO_PDF_METADATA_TITLE,
                                   str_cstr(options->arena, options->title));
    cairo_pdf_surface_set_metadata(paper->surface, CAIRO_PDF_METADATA_CREATOR, "Tomato");
    buf_init_arena(&made, options->arena, 64);
    time_print_shanghai(&made, options->at_ms);
    cairo_pdf_surface_set_metadata(paper->surface, CAIRO_PDF_METADATA_CREATE_DATE,
                                   str_cstr(options->arena, buf_str(&made)));
    paper->cairo = cairo_create(paper->surface);
    /* floating point: the scale that makes all other lengths integers */
    cairo_scale(paper->cairo, 1.0 / UNITS, 1.0 / UNITS);
    return paper;
}

void ledger__paper_next_page(struct ledger_paper *paper)
{
    cairo_show_page(paper->cairo);
}

enum err ledger__paper_end(struct ledger_paper *paper, struct str *out)
{
    cairo_status_t status;

    cairo_show_page(paper->cairo);
    cairo_destroy(paper->cairo);
    cairo_surface_finish(paper->surface);
    status = cairo_surface_status(paper->surface);
    cairo_surface_destroy(paper->surface);
    if (paper->lacks_font) {
        return ERR_LEDGER_FONT;
    }
    if (status != CAIRO_STATUS_SUCCESS || !buf_ok(&paper->file)) {
        return ERR_BUF_FULL;
    }
    *out = buf_str(&paper->file);
    return ERR_OK;
}

static int width_of(struct ledger_paper *paper, const char *text)
{
    cairo_text_extents_t extents;

    cairo_text_extents(paper->cairo, text, &extents);
    return (int)extents.x_advance;
}

/* Chinese, Japanese and Korean letters: from U+2E80 on, in UTF-8 from E2 BA 80 on. */
static bool has_chinese(struct str text)
{
    for (size_t i = 0; i + 1 < text.len; i++) {
        unsigned char first = (unsigned char)text.ptr[i], second = (unsigned char)text.ptr[i + 1];

        if (first > 0xe2 || (first == 0xe2 && second >= 0xba)) {
            return true;
        }
    }
    return false;
}

/* Sets text smaller until it fits, down to three fifths of its size; numbers as far as need be. */
static int shrink(struct ledger_paper *paper, const char *text, int width,
                  struct ledger__paper_style style)
{
    int size = style.size;
    int least = style.align == LEDGER__RIGHT ? 1 : style.size * 3 / 5;
    int text_width;

    cairo_set_font_size(paper->cairo, size);
    text_width = width_of(paper, text);
    while (text_width > width && size > least) {
        cairo_set_font_size(paper->cairo, --size);
        text_width = width_of(paper, text);
    }
    return text_width;
}

/* The longest beginning that fits with an ellipsis after it. */
static const char *cut(struct ledger_paper *paper, struct str text, int width, int *text_width)
{
    const char *shown = str_cstr(paper->arena, text);

    while (*text_width > width && text.len > 0) {
        do {
            text.len--;
        } while (text.len > 0 && ((unsigned char)text.ptr[text.len] & 0xc0) == 0x80);
        shown = str_cstr(paper->arena, str_printf(paper->arena, STR_FMT "…", STR_ARG(text)));
        *text_width = width_of(paper, shown);
    }
    return shown;
}

void ledger__paper_text(struct ledger_paper *paper, struct ledger__paper_box box,
                        struct ledger__paper_style style, struct str text)
{
    int width, room;
    const char *shown;

    paper->lacks_font = paper->lacks_font || (!paper->has_chinese && has_chinese(text));
    cairo_select_font_face(paper->cairo, paper->font, CAIRO_FONT_SLANT_NORMAL,
                           style.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    set_colour(paper, style.colour);
    shown = str_cstr(paper->arena, text);
    width = shrink(paper, shown, box.width, style);
    shown = width > box.width ? cut(paper, text, box.width, &width) : shown;
    room = box.width - width;
    switch (style.align) {
    case LEDGER__LEFT:
        room = 0;
        break;
    case LEDGER__CENTRE:
        room /= 2;
        break;
    case LEDGER__RIGHT:
        break;
    }
    cairo_move_to(paper->cairo, box.x + room, box.y);
    cairo_show_text(paper->cairo, shown);
}

void ledger__paper_rule(struct ledger_paper *paper, struct ledger__paper_box box,
                        enum ledger__paper_colour colour)
{
    set_colour(paper, colour);
    cairo_set_line_width(paper->cairo, RULE_WIDTH);
    cairo_move_to(paper->cairo, box.x, box.y);
    cairo_line_to(paper->cairo, box.x + box.width, box.y);
    cairo_stroke(paper->cairo);
}

void ledger__paper_band(struct ledger_paper *paper, struct ledger__paper_box box, int height,
                        enum ledger__paper_colour colour)
{
    set_colour(paper, colour);
    cairo_rectangle(paper->cairo, box.x, box.y, box.width, height);
    cairo_fill(paper->cairo);
}

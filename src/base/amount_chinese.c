/* Amounts in Chinese capital numerals, as on receipts and cheques. The rules are those of the
 * People's Bank for filling in negotiable instruments (支付结算办法, annex 1):
 *
 *   - zeros between digits are written as one 零, those at the end of 元 not at all;
 *   - 零 stands before 角 when the last digit of 元 is zero, and before 分 when there is no 角;
 *   - 整 closes an amount that ends in 元 or 角. */
#include "base/amount.h"

static const char *const digits[] = {"零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"};
static const char *const places[] = {"", "拾", "佰", "仟"};
enum { SECTION = 10000, SECTIONS = 5, SECTION_DIGITS = 4 }; /* 63 bits of fen: five sections */

static void add(struct buf *buf, const char *text)
{
    buf_add(buf, str_of(text));
}

/* A zero is owed to the next digit, and never written at the end of a section. */
static void print_section(struct buf *buf, unsigned section, bool *begun, bool *zero)
{
    unsigned weight = SECTION / 10;

    for (unsigned place = SECTION_DIGITS; place-- > 0; weight /= 10) {
        unsigned digit = section / weight % 10;

        if (digit == 0) {
            *zero = *begun;
            continue;
        }
        if (*zero) {
            add(buf, digits[0]);
        }
        add(buf, digits[digit]);
        add(buf, places[place]);
        *begun = true;
        *zero = false;
    }
    *zero = *begun && section == 0;
}

/* 万 follows the sections of odd weight, 亿 all that stands before those of even weight. */
static void print_yuan(struct buf *buf, uint64_t yuan)
{
    unsigned sections[SECTIONS];
    bool begun = false, zero = false;

    for (unsigned i = 0; i < SECTIONS; i++) {
        sections[i] = (unsigned)(yuan % SECTION);
        yuan /= SECTION;
    }
    for (unsigned i = SECTIONS; i-- > 0;) {
        print_section(buf, sections[i], &begun, &zero);
        if (i % 2 == 1 && sections[i] != 0) {
            add(buf, "万");
        } else if (i % 2 == 0 && i > 0 && begun) {
            add(buf, "亿");
        }
    }
}

void amount_in_chinese(struct buf *buf, struct amount fen)
{
    uint64_t minor = fen.minor < 0 ? -(uint64_t)fen.minor : (uint64_t)fen.minor;
    uint64_t yuan = minor / 100;
    unsigned jiao = (unsigned)(minor / 10 % 10), cent = (unsigned)(minor % 10);

    add(buf, fen.minor < 0 ? "人民币负" : "人民币");
    if (yuan > 0) {
        print_yuan(buf, yuan);
        add(buf, "元");
    } else if (minor == 0) {
        add(buf, "零元");
    }
    if (yuan > 0 && ((jiao > 0 && yuan % 10 == 0) || (jiao == 0 && cent > 0))) {
        add(buf, digits[0]);
    }
    if (jiao > 0) {
        add(buf, digits[jiao]);
        add(buf, "角");
    }
    if (cent > 0) {
        add(buf, digits[cent]);
        add(buf, "分");
    } else {
        add(buf, "整");
    }
}

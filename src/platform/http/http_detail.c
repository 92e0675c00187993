/* The details of refusals in Chinese. They are made in English where something is refused; a row
 * here has its form, with % for each part that varies, which the Chinese has in the same order. */
#include "platform/http/http_int.h"

enum { PARTS_MAX = 4 };

static const struct {
    struct str en, zh;
} rows[] = {
#define ROW(en_, zh_)                                                                              \
    {                                                                                              \
        STR_INIT(en_), STR_INIT(zh_)                                                               \
    }
    ROW("must be given", "必须填写"),
    ROW("must be given once", "只能出现一次"),
    ROW("must be text", "须为文本"),
    ROW("must be true or false", "须为 true 或 false"),
    ROW("must be an object", "须为对象"),
    ROW("must be an array", "须为数组"),
    ROW("must be an integer, without fraction or exponent", "须为整数，不带小数或指数"),
    ROW("must be an integer; write other numbers as text", "须为整数，其他数字请写成文本"),
    ROW("must be an integer of minor units, without fraction", "须为最小货币单位的整数，不带小数"),
    ROW("must be an integer from % to %", "须为 % 至 % 的整数"),
    ROW("must be one of %", "须为其中之一：%"),
    ROW("must be a time like %", "须为时间，格式如 %"),
    ROW("must be a time after %", "须晚于 %"),
    ROW("must be a date yyyymmdd", "须为日期，格式 yyyymmdd"),
    ROW("must be an ISO 4217 code in upper case, like CNY", "须为大写的 ISO 4217 币种代码，如 CNY"),
    ROW("must be an id: % and % characters of 0-9 A-Z", "须为编号：% 加 % 位 0-9、A-Z"),
    ROW("must be % to % ids of accounts", "须为 % 至 % 个账户编号"),
    ROW("must be % to % characters", "须为 % 至 % 个字符"),
    ROW("must be digits; a card's last one is its check digit", "须为数字，银行卡号末位为校验位"),
    ROW("must be percent-encoded UTF-8", "须为百分号编码的 UTF-8"),
    ROW("must be well-formed UTF-8 without NUL", "须为合法的 UTF-8，不含 NUL"),
    ROW("must be an http:// or https:// URL in ASCII without a user name",
        "须为 http:// 或 https:// 地址，仅含 ASCII，不含用户名"),
    ROW("must have % to % characters", "须为 % 至 % 个字符"),
    ROW("must have % to % items", "须有 % 至 % 项"),
    ROW("must have exactly % characters", "须为 % 个字符"),
    ROW("must have exactly % items", "须有 % 项"),
    ROW("must have at most % bytes as compact JSON", "作为紧凑 JSON 最多 % 字节"),
    ROW("must have at most % characters", "最多 % 个字符"),
    ROW("must have at most % items", "最多 % 项"),
    ROW("must consist of %", "只能包含 %"),
    ROW("must not contain control characters other than \\n and \\t",
        "不得含 \\n、\\t 以外的控制字符"),
    ROW("must not be nested more than % levels deep", "嵌套不得超过 % 层"),
    ROW("is set by the server and cannot be given", "由服务器设定，不能填写"),
    ROW("there is no such field here", "此处没有该字段"),
    ROW("the key occurs twice in its object", "同一对象中该键出现两次"),
    ROW("the number is larger than 64 bits can hold", "数字超出 64 位"),
    ROW("the text ends too early at line %, column %", "内容不完整，止于第 % 行第 % 列"),
    ROW("more text follows the JSON value at line %, column %",
        "JSON 之后还有内容，第 % 行第 % 列"),
    ROW("\\u0000 is not allowed at line %, column %", "不允许 \\u0000，第 % 行第 % 列"),
    ROW("unexpected text at line %, column %", "内容有误，第 % 行第 % 列"),
    ROW("% has % entries, at most %", "% 共有 % 条分录，最多 % 条"),
    ROW("the account has % entries", "该账户共有 % 条分录"),
    ROW("a block is a freeze: %", "止付、止收属于冻结：%"),
    ROW("a judicial freeze names its document", "司法冻结须写明文号"),
    ROW("give amount or whole, not both", "amount 与 whole 只填其一"),
    ROW("give one of %", "只填其一：%"),
    ROW("% permits nothing", "% 不对应任何接口"),
    ROW("BEARER is for operators", "BEARER 仅供运营密钥"),
    ROW("a parameter's name is badly encoded", "参数名编码有误"),
    ROW("too many query parameters", "查询参数过多"),
#undef ROW
};

/* Cuts the text where the form has %; false: it is not of the form. */
static bool match(struct str text, struct str form, struct str parts[PARTS_MAX])
{
    size_t count = 0;
    struct str piece;
    bool more = str_cut(&form, '%', &piece);

    if (!str_starts(text, piece)) {
        return false;
    }
    text = str_slice(text, piece.len, text.len);
    while (more) {
        size_t at = 0;

        more = str_cut(&form, '%', &piece);
        if (!more) {
            at = text.len - (piece.len < text.len ? piece.len : text.len);
        } else if (!str_find(text, piece, &at)) {
            return false;
        }
        CHECK(count < PARTS_MAX);
        parts[count++] = str_slice(text, 0, at);
        if (!str_starts(str_slice(text, at, text.len), piece)) {
            return false;
        }
        text = str_slice(text, at + piece.len, text.len);
    }
    return text.len == 0;
}

static struct str fill(struct arena *arena, struct str form, const struct str parts[PARTS_MAX])
{
    struct buf buf;
    struct str piece;
    size_t count = 0;

    buf_init_arena(&buf, arena, HTTP_REPLY_MAX);
    while (str_cut(&form, '%', &piece)) {
        buf_add(&buf, piece);
        buf_add(&buf, parts[count++]);
    }
    buf_add(&buf, piece);
    return buf_str(&buf);
}

static struct str translate(struct arena *arena, struct str detail)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str parts[PARTS_MAX];

        if (match(detail, rows[i].en, parts)) {
            return fill(arena, rows[i].zh, parts);
        }
    }
    return detail;
}

struct str http__detail_zh(struct arena *arena, struct str detail)
{
    const struct str not_null = STR(", not null; leave an absent field out");

    if (!str_ends(detail, not_null)) {
        return translate(arena, detail);
    }
    return str_printf(arena, STR_FMT "，不能为 null；没有的字段请省略",
                      STR_ARG(translate(arena, str_slice(detail, 0, detail.len - not_null.len))));
}

/* RFC 3339 times: what parses prints and parses back to the same instant, and so does every
 * instant in range. */
#include "base/time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int64_t parse_back(const struct buf *buf)
{
    int64_t at_ms = -1;

    CHECK(buf_ok(buf) && time_parse(buf_str(buf), &at_ms) == ERR_OK);
    return at_ms;
}

static void check_instant(int64_t at_ms)
{
    int32_t date = time_business_date(at_ms);
    int64_t start_ms = time_business_date_start_ms(date);
    struct buf buf;

    buf_init(&buf, 64);
    time_print(&buf, at_ms);
    CHECK(parse_back(&buf) == at_ms);
    buf_reset(&buf);
    time_print_shanghai(&buf, at_ms);
    CHECK(parse_back(&buf) == at_ms - at_ms % TIME_SECOND_MS);
    buf_free(&buf);
    CHECK(time_date_is_valid(date));
    CHECK(start_ms <= at_ms && at_ms < start_ms + TIME_DAY_MS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t number = 0;
    int64_t at_ms;

    if (time_parse((struct str){(const char *)data, size}, &at_ms) == ERR_OK) {
        CHECK(at_ms >= 0 && at_ms <= TIME_MAX_MS);
        check_instant(at_ms);
    }
    memcpy(&number, data, size < sizeof(number) ? size : sizeof(number));
    check_instant((int64_t)(number % (uint64_t)(TIME_MAX_MS + 1)));
    (void)time_date_is_valid((int32_t)number);
    return 0;
}

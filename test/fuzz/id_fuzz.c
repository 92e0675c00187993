/* Public ids: nothing parses but what we print, and every id comes back. */
#include "base/id.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print(struct buf *buf, int64_t id)
{
    buf_reset(buf);
    id_print(buf, "pay", id);
    CHECK(buf_ok(buf));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    uint64_t number = 0;
    int64_t id, back;
    struct buf buf;

    buf_init(&buf, 64);
    if (id_parse(text, "pay", &id) == ERR_OK) {
        print(&buf, id);
        CHECK(str_eq(buf_str(&buf), text));
    }
    memcpy(&number, data, size < sizeof(number) ? size : sizeof(number));
    id = (int64_t)(number >> 1);
    if (id > 0) {
        print(&buf, id);
        CHECK(id_parse(buf_str(&buf), "pay", &back) == ERR_OK && back == id);
        CHECK(id_parse(buf_str(&buf), "ref", &back) == ERR_FIELD_FORMAT);
    }
    buf_free(&buf);
    return 0;
}

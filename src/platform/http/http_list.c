#include "platform/http/http.h"

enum { HTTP_LIST_MAX = 16 << 20 };

struct reply *reply_list(struct request *req, const struct field_set *set, const void *items,
                         size_t count, size_t item_size, struct str next_cursor)
{
    struct buf body;

    buf_init_arena(&body, req->arena, HTTP_LIST_MAX);
    buf_add(&body, STR("{\"object\":\"list\",\"data\":["));
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            buf_add_char(&body, ',');
        }
        json_print_fields(&body, set, (const char *)items + i * item_size);
    }
    buf_add(&body, next_cursor.len > 0 ? STR("],\"has_more\":true,\"next_cursor\":")
                                       : STR("],\"has_more\":false"));
    if (next_cursor.len > 0) {
        json_print_text(&body, next_cursor);
    }
    buf_add_char(&body, '}');
    return buf_ok(&body) ? reply_json(req, 200, buf_str(&body)) : reply_error(req, ERR_BUF_FULL);
}

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

struct reply *reply_page(struct request *req, const struct list_page *page,
                         const struct list_shape *shape)
{
    bool more = page->count > page->limit;
    size_t count = more ? page->limit : page->count;
    struct str next = STR("");

    if (more) {
        const void *last = (const char *)page->rows + (count - 1) * shape->row_size;
        int64_t cursor = *(const int64_t *)last;

        next = shape->cursor_prefix != NULL ? id_str(req->arena, shape->cursor_prefix, cursor)
                                            : str_printf(req->arena, "%lld", (long long)cursor);
    }
    return reply_list(req, shape->set, page->rows, count, shape->row_size, next);
}

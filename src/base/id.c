#include "base/id.h"

enum {
    SEQUENCE_BITS = 12,
    SEQUENCE_MAX = (1 << SEQUENCE_BITS) - 1,
    TIME_SHIFT = 22,
    TIME_BITS = 41
};

static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void id_maker_init(struct id_maker *maker, uint32_t node)
{
    CHECK(node <= ID_NODE_MAX);
    *maker = (struct id_maker){.last_ms = ID_EPOCH_MS, .node = node};
}

void id_maker_raise(struct id_maker *maker, int64_t id)
{
    if (id_time_ms(id) >= maker->last_ms) {
        maker->last_ms = id_time_ms(id);
        maker->sequence = SEQUENCE_MAX; /* its millisecond is over */
    }
}

int64_t id_make(struct id_maker *maker, int64_t now_ms)
{
    int64_t since_epoch;

    if (now_ms > maker->last_ms) {
        maker->last_ms = now_ms;
        maker->sequence = 0;
    } else if (maker->sequence < SEQUENCE_MAX) {
        maker->sequence++;
    } else {
        maker->last_ms++;
        maker->sequence = 0;
    }
    since_epoch = maker->last_ms - ID_EPOCH_MS;
    CHECK(since_epoch < INT64_C(1) << TIME_BITS);
    return (since_epoch << TIME_SHIFT) | (int64_t)(maker->node << SEQUENCE_BITS) |
           (int64_t)maker->sequence;
}

int64_t id_time_ms(int64_t id)
{
    return ID_EPOCH_MS + (id >> TIME_SHIFT);
}

void id_print(struct buf *buf, const char *prefix, int64_t id)
{
    char text[ID_PREFIX_MAX + 1 + ID_TEXT_LEN];
    size_t prefix_len = strlen(prefix);
    size_t len = prefix_len + 1 + ID_TEXT_LEN;
    uint64_t rest = (uint64_t)id;

    CHECK(id > 0 && prefix_len <= ID_PREFIX_MAX);
    memcpy(text, prefix, prefix_len);
    text[prefix_len] = '_';
    for (size_t at = len; at > prefix_len + 1; at--) {
        text[at - 1] = digits[rest & 31];
        rest >>= 5;
    }
    buf_add(buf, (struct str){text, len});
}

struct str id_str(struct arena *arena, const char *prefix, int64_t id)
{
    struct buf buf;

    buf_init_arena(&buf, arena, ID_PREFIX_MAX + 1 + ID_TEXT_LEN);
    id_print(&buf, prefix, id);
    return buf_str(&buf);
}

/* The value of a digit, or -1: look-alikes (I L O U) and lower case are not ours. */
static int digit_value(char c)
{
    const char *at = c == '\0' ? NULL : memchr(digits, c, sizeof(digits) - 1);

    return at == NULL ? -1 : (int)(at - digits);
}

enum err id_parse(struct str text, const char *prefix, int64_t *out)
{
    size_t prefix_len = strlen(prefix);
    uint64_t id = 0;

    if (text.len != prefix_len + 1 + ID_TEXT_LEN || memcmp(text.ptr, prefix, prefix_len) != 0 ||
        text.ptr[prefix_len] != '_') {
        return ERR_FIELD_FORMAT;
    }
    /* 13 digits hold 65 bits; an id has 63. */
    if (text.ptr[prefix_len + 1] > '7') {
        return ERR_FIELD_FORMAT;
    }
    for (size_t i = prefix_len + 1; i < text.len; i++) {
        int value = digit_value(text.ptr[i]);

        if (value < 0) {
            return ERR_FIELD_FORMAT;
        }
        id = id << 5 | (uint64_t)value;
    }
    if (id == 0) {
        return ERR_FIELD_FORMAT;
    }
    *out = (int64_t)id;
    return ERR_OK;
}

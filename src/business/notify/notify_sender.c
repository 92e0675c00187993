/* The sender of one loop: what is due, lane by lane, posted and recorded.
 *
 * An item is a copy of a pending row as it was committed. Items wait in a heap by due instant; a
 * due one joins its lane, where at most notify.in_flight_per_endpoint are on their way at once, so
 * that a slow receiver delays nobody else. What a post needs (event, endpoint) is read in batches.
 * An item whose row has changed since is dropped: the change has brought a newer item. */
#include "base/crypto.h"
#include "base/encode.h"
#include "business/notify/notify_int.h"

enum {
    NOTIFY_LOAD_MAX = 64, /* items per read */
    NOTIFY_BODY_MAX = 24 << 10,
    NOTIFY_READ_RETRY_MS = 500,
    NOTIFY_BROKEN_RETRY_MS = 60 * 1000,
    NOTIFY_LANES = 1024, /* hash buckets */
};

struct metric notify__attempts_metric = {
    .name = "tomato_notify_attempts_total",
    .type = METRIC_COUNTER,
    .help = "Webhook attempts by result",
    .label_name = "result",
    .labels = (const char *const[]){"delivered", "refused", "failed", NULL},
};
struct metric notify__pending_metric = {
    .name = "tomato_notify_pending",
    .type = METRIC_GAUGE,
    .help = "Webhook deliveries waiting in memory",
};

struct item {
    struct item *next;
    int64_t wake_at_ms;        /* the row's due instant, or later after a failure of ours */
    struct notify_pending row; /* as committed */
};

struct lane {
    struct lane *next; /* in its hash bucket */
    int64_t key;
    struct item *first;
    struct item **tail;
    unsigned in_flight;
};

/* An endpoint as it was read, with its opened secrets. */
struct endpoint {
    struct endpoint *next;
    struct arena *arena;
    int64_t id;
    struct merchant_endpoint row;
    struct secret keys[2];
    size_t key_count;
    int64_t read_at_ms;
    unsigned users;
    bool forgotten;
};

struct notify_sender {
    struct app *app;
    struct loop *loop;
    struct http_client *client;
    enum http_addresses addresses;
    unsigned in_flight_max;
    int64_t deadline_ms;
    struct loop_timer wake;
    bool wake_ready;
    struct item **heap; /* by wake_at_ms */
    size_t heap_len, heap_size;
    struct lane *lanes[NOTIFY_LANES];
    struct endpoint *endpoints;
    struct item *ready; /* admitted by their lanes, to be read */
    struct item **ready_tail;
    bool reading;
};

/* ---- heap ---- */

static void heap_add(struct notify_sender *s, struct item *item)
{
    size_t at;

    if (s->heap_len == s->heap_size) {
        size_t size = s->heap_size == 0 ? 256 : s->heap_size * 2;

        s->heap = mem_grow(s->heap, s->heap_size * sizeof(*s->heap), size * sizeof(*s->heap));
        s->heap_size = size;
    }
    for (at = ++s->heap_len; at > 1 && s->heap[at / 2 - 1]->wake_at_ms > item->wake_at_ms;
         at /= 2) {
        s->heap[at - 1] = s->heap[at / 2 - 1];
    }
    s->heap[at - 1] = item;
}

static struct item *heap_pop(struct notify_sender *s)
{
    struct item *top = s->heap[0];
    struct item *last = s->heap[--s->heap_len];
    size_t at = 1;
    size_t child;

    while ((child = at * 2) <= s->heap_len) {
        if (child < s->heap_len && s->heap[child]->wake_at_ms < s->heap[child - 1]->wake_at_ms) {
            child++;
        }
        if (s->heap[child - 1]->wake_at_ms >= last->wake_at_ms) {
            break;
        }
        s->heap[at - 1] = s->heap[child - 1];
        at = child;
    }
    if (s->heap_len > 0) {
        s->heap[at - 1] = last;
    }
    return top;
}

/* ---- lanes ---- */

static struct lane *lane_of(struct notify_sender *s, int64_t key)
{
    struct lane **bucket = &s->lanes[(uint64_t)key % NOTIFY_LANES];
    struct lane *lane = *bucket;

    while (lane != NULL && lane->key != key) {
        lane = lane->next;
    }
    if (lane == NULL) {
        lane = mem_new(sizeof(*lane));
        lane->key = key;
        lane->tail = &lane->first;
        lane->next = *bucket;
        *bucket = lane;
    }
    return lane;
}

static void lane_drop_if_idle(struct notify_sender *s, struct lane *lane)
{
    struct lane **at = &s->lanes[(uint64_t)lane->key % NOTIFY_LANES];

    if (lane->in_flight > 0 || lane->first != NULL) {
        return;
    }
    while (*at != lane) {
        at = &(*at)->next;
    }
    *at = lane->next;
    mem_free(lane);
}

static void admit(struct notify_sender *s, struct lane *lane)
{
    while (lane->first != NULL && lane->in_flight < s->in_flight_max) {
        struct item *item = lane->first;

        lane->first = item->next;
        if (lane->first == NULL) {
            lane->tail = &lane->first;
        }
        lane->in_flight++;
        item->next = NULL;
        *s->ready_tail = item;
        s->ready_tail = &item->next;
    }
}

static void read_ready(struct notify_sender *s);

static void run_due(struct notify_sender *s)
{
    int64_t now_ms = loop_now_ms(s->loop);

    while (s->heap_len > 0 && s->heap[0]->wake_at_ms <= now_ms) {
        struct item *item = heap_pop(s);
        struct lane *lane = lane_of(s, item->row.lane);

        item->next = NULL;
        *lane->tail = item;
        lane->tail = &item->next;
        admit(s, lane);
    }
    if (s->heap_len > 0) {
        loop_timer_set(&s->wake, s->heap[0]->wake_at_ms - now_ms);
    }
    read_ready(s);
}

/* One of the lane is no longer on its way: there is room for the next. */
static void lane_leave(struct notify_sender *s, int64_t key)
{
    struct lane *lane = lane_of(s, key);

    CHECK(lane->in_flight > 0);
    lane->in_flight--;
    admit(s, lane);
    lane_drop_if_idle(s, lane);
    read_ready(s);
}

static void item_end(struct notify_sender *s, struct item *item)
{
    int64_t lane = item->row.lane;

    mem_free(item);
    metric_add(&notify__pending_metric, 0, -1);
    lane_leave(s, lane);
}

/* Something of ours failed, so its row is as it was: the same again after a while. */
static void item_again(struct notify_sender *s, struct item *item, int64_t after_ms)
{
    int64_t now_ms = loop_now_ms(s->loop);
    int64_t lane = item->row.lane;

    item->wake_at_ms = now_ms + after_ms;
    heap_add(s, item);
    after_ms = s->heap[0]->wake_at_ms - now_ms;
    loop_timer_set(&s->wake, after_ms > 0 ? after_ms : 0);
    lane_leave(s, lane);
}

/* ---- endpoints ---- */

static void endpoint_release(struct endpoint *endpoint)
{
    if (--endpoint->users == 0) {
        for (size_t i = 0; i < endpoint->key_count; i++) {
            secret_wipe(&endpoint->keys[i]);
        }
        arena_free(endpoint->arena);
    }
}

static void endpoint_forget(struct notify_sender *s, int64_t id)
{
    for (struct endpoint **at = &s->endpoints; *at != NULL; at = &(*at)->next) {
        if ((*at)->id == id) {
            struct endpoint *endpoint = *at;

            *at = endpoint->next;
            endpoint_release(endpoint);
            return;
        }
    }
}

static struct endpoint *endpoint_find(struct notify_sender *s, int64_t id)
{
    for (struct endpoint *e = s->endpoints; e != NULL; e = e->next) {
        if (e->id == id) {
            /* During a rotation the set of keys depends on the time. */
            if (e->row.previous_secret.len > 0 &&
                loop_now_ms(s->loop) - e->read_at_ms > TIME_MINUTE_MS) {
                endpoint_forget(s, id);
                return NULL;
            }
            return e;
        }
    }
    return NULL;
}

/* ---- one post ---- */

struct post {
    struct notify_sender *sender;
    struct arena *arena;
    struct item *item;
    struct endpoint *endpoint;
    struct event event;
    struct str url;
    struct http_call call;
    struct notify_result result;
    struct command command;
};

struct str notify_signature(struct arena *arena, struct str id, int64_t timestamp_s,
                            struct str body, const struct secret *keys, size_t key_count)
{
    struct str text = str_printf(arena, STR_FMT ".%lld." STR_FMT, STR_ARG(id),
                                 (long long)timestamp_s, STR_ARG(body));
    struct buf out;

    buf_init_arena(&out, arena, 256);
    for (size_t i = 0; i < key_count; i++) {
        unsigned char mac[CRYPTO_SHA256_LEN];

        crypto_hmac_sha256(&keys[i], text, mac);
        buf_add(&out, i == 0 ? STR("v1,") : STR(" v1,"));
        base64_encode(&out, (struct str){(const char *)mac, sizeof(mac)});
    }
    CHECK(buf_ok(&out));
    return buf_str(&out);
}

static struct str body_of(struct post *post)
{
    const struct event *event = &post->event;
    struct buf body;

    buf_init_arena(&body, post->arena, NOTIFY_BODY_MAX);
    buf_add(&body, STR("{\"id\":\""));
    id_print(&body, "evt", event->id);
    buf_add(&body, STR("\",\"object\":\"event\",\"type\":"));
    json_print_text(&body, event->type);
    buf_add(&body, STR(",\"created_at\":\""));
    time_print(&body, event->created_at_ms);
    buf_add(&body, STR("\",\"api_version\":\"2026-11-01\",\"sequence\":"));
    buf_add_int(&body, event->sequence);
    buf_add(&body, STR(",\"data\":{\"object\":"));
    buf_add(&body, event->data);
    buf_add(&body, STR("}}"));
    CHECK(buf_ok(&body));
    return buf_str(&body);
}

static void post_recorded(struct command *command)
{
    struct post *post = command->ctx;
    struct notify_sender *s = post->sender;

    if (command->err != ERR_OK) {
        log_warn("notify", "notify.result_not_recorded", NULL,
                 LOG_ID("delivery", "whd", post->result.delivery_id), LOG_ERR(command->err),
                 LOG_END);
        item_again(s, post->item, NOTIFY_READ_RETRY_MS);
    } else {
        item_end(s, post->item);
    }
    endpoint_release(post->endpoint);
    arena_free(post->arena);
}

static int64_t retry_after_ms(const struct http_call *call)
{
    int64_t seconds;

    if (call->err != ERR_OK ||
        str_parse_int(http_call_answer_header(call, "Retry-After"), &seconds) != ERR_OK ||
        seconds < 0 || seconds > 86400) {
        return 0;
    }
    return seconds * TIME_SECOND_MS;
}

/* The beginning of the answer, when it is text that can be shown and stored. */
static struct str excerpt(struct str answer)
{
    size_t len = answer.len < NOTIFY_RESPONSE_MAX ? answer.len : NOTIFY_RESPONSE_MAX;

    while (len > 0 && len < answer.len && ((unsigned char)answer.ptr[len] & 0xC0) == 0x80) {
        len--;
    }
    return str_is_utf8(str_slice(answer, 0, len)) ? str_slice(answer, 0, len) : (struct str){"", 0};
}

static void post_record(struct post *post)
{
    uint32_t random;

    crypto_random(&random, sizeof(random));
    post->result.delivery_id = post->item->row.id;
    post->result.jitter = random % 1000000;
    post->command = (struct command){.kind = &notify__result_kind,
                                     .arg = &post->result,
                                     .done = post_recorded,
                                     .loop = post->sender->loop,
                                     .ctx = post};
    if (store_submit(post->sender->app->store, &post->command) != ERR_OK) {
        post->command.err = ERR_STORE_BUSY;
        post_recorded(&post->command);
    }
}

static void posted(struct http_call *call)
{
    struct post *post = call->ctx;
    bool delivered = call->err == ERR_OK && call->status >= 200 && call->status <= 299;

    metric_add(&notify__attempts_metric, delivered ? 0 : call->err == ERR_OK ? 1 : 2, 1);
    post->result.err = call->err;
    post->result.status = call->err == ERR_OK ? call->status : 0;
    post->result.duration_us = call->duration_us;
    post->result.retry_after_ms = retry_after_ms(call);
    post->result.response = call->err == ERR_OK ? excerpt(call->answer) : (struct str){"", 0};
    if (!delivered) {
        log_info("notify", "notify.not_delivered", NULL,
                 LOG_ID("delivery", "whd", post->item->row.id), LOG_INT("status", call->status),
                 LOG_ERR(call->err), LOG_END);
    }
    post_record(post);
}

static void post_send(struct post *post)
{
    struct notify_sender *s = post->sender;
    int64_t now_s = loop_now_ms(s->loop) / TIME_SECOND_MS;
    struct str id = id_str(post->arena, "evt", post->event.id);
    struct http_call *call = &post->call;

    if (post->endpoint->row.status != MERCHANT_ENDPOINT_ENABLED) {
        post->result.err = ERR_MERCHANT_ENDPOINT_DISABLED;
        post_record(post);
        return;
    }
    *call = (struct http_call){.arena = post->arena,
                               .method = STR("POST"),
                               .url = post->url.len > 0 ? post->url : post->endpoint->row.url,
                               .body = body_of(post),
                               .total_deadline_ms = s->deadline_ms,
                               .answer_max = 64 << 10,
                               .addresses = s->addresses,
                               .done = posted,
                               .ctx = post};
    http_call_header(call, STR("Content-Type"), STR("application/json"));
    http_call_header(call, STR("User-Agent"), STR("Tomato-Webhooks/1"));
    http_call_header(call, STR("webhook-id"), id);
    http_call_header(call, STR("webhook-timestamp"),
                     str_printf(post->arena, "%lld", (long long)now_s));
    http_call_header(call, STR("webhook-signature"),
                     notify_signature(post->arena, id, now_s, call->body, post->endpoint->keys,
                                      post->endpoint->key_count));
    http_call_start(s->client, call);
}

/* ---- reading what posts need, in batches ---- */

struct read {
    struct notify_sender *sender;
    struct arena *arena;
    struct query query;
    struct item *items; /* a chain */
    struct read_one {
        struct item *item;
        struct arena *arena; /* of the post, holds event and url */
        struct event event;
        struct str url;
        bool gone;
        enum err err; /* of this one alone: an endpoint whose secret cannot be opened */
    } ones[NOTIFY_LOAD_MAX];
    size_t count;
    struct endpoint *endpoints; /* read in this batch */
};

static enum err read_endpoint(struct read *read, struct reader *reader, int64_t id)
{
    struct endpoint *endpoint;
    struct arena *arena;
    enum err err;

    for (struct endpoint *e = read->endpoints; e != NULL; e = e->next) {
        if (e->id == id) {
            return ERR_OK;
        }
    }
    arena = arena_new();
    endpoint = ARENA_NEW(arena, struct endpoint);
    endpoint->arena = arena;
    endpoint->id = id;
    endpoint->users = 1;
    endpoint->read_at_ms = clock_now_ms(read->sender->app->clock);
    err = merchant_endpoint_read(reader, id, arena, &endpoint->row);
    if (err == ERR_OK) {
        err = merchant_endpoint_secrets(read->sender->app, arena, &endpoint->row,
                                        endpoint->read_at_ms, endpoint->keys, &endpoint->key_count);
    }
    if (err != ERR_OK) {
        arena_free(arena);
        return err;
    }
    endpoint->next = read->endpoints;
    read->endpoints = endpoint;
    return ERR_OK;
}

static enum err read_one(struct reader *reader, struct read_one *one)
{
    struct notify_pending now;
    struct notify_delivery delivery;
    enum err err = reader_get(reader, &notify__pending_table, one->item->row.id, one->arena, &now);

    if (err == ERR_STORE_NOT_FOUND ||
        (err == ERR_OK && now.due_at_ms != one->item->row.due_at_ms)) {
        one->gone = true;
        return ERR_OK;
    }
    TRY(err);
    TRY(reader_get(reader, &event_table, now.event_id, one->arena, &one->event));
    if (now.lane != now.endpoint_id) {
        TRY(reader_get(reader, &notify__delivery_table, now.id, one->arena, &delivery));
        one->url = delivery.url;
    }
    return ERR_OK;
}

static void read_run(struct query *query, struct reader *reader)
{
    struct read *read = query->ctx;

    for (size_t i = 0; i < read->count && query->err == ERR_OK; i++) {
        struct read_one *one = &read->ones[i];

        query->err = read_one(reader, one);
        if (query->err == ERR_OK && !one->gone) {
            one->err = read_endpoint(read, reader, one->item->row.endpoint_id);
        }
    }
}

static void read_failed(struct read *read)
{
    log_warn("notify", "notify.read_failed", NULL, LOG_ERR(read->query.err), LOG_END);
    for (size_t i = 0; i < read->count; i++) {
        arena_free(read->ones[i].arena);
        item_again(read->sender, read->ones[i].item, NOTIFY_READ_RETRY_MS);
    }
}

static void send_one(struct notify_sender *s, struct read_one *one)
{
    struct endpoint *endpoint = endpoint_find(s, one->item->row.endpoint_id);
    struct post *post;

    if (one->err != ERR_OK) {
        log_error("notify", "notify.endpoint_unreadable", NULL,
                  LOG_ID("endpoint", "whe", one->item->row.endpoint_id), LOG_ERR(one->err),
                  LOG_END);
        arena_free(one->arena);
        item_again(s, one->item, NOTIFY_BROKEN_RETRY_MS);
        return;
    }
    if (one->gone) {
        arena_free(one->arena);
        item_end(s, one->item);
        return;
    }
    if (endpoint == NULL) { /* forgotten between reading and sending: it has just changed */
        arena_free(one->arena);
        item_again(s, one->item, NOTIFY_READ_RETRY_MS);
        return;
    }
    post = ARENA_NEW(one->arena, struct post);
    *post = (struct post){.sender = s,
                          .arena = one->arena,
                          .item = one->item,
                          .endpoint = endpoint,
                          .event = one->event,
                          .url = one->url};
    endpoint->users++;
    post_send(post);
}

static void read_done(struct query *query)
{
    struct read *read = query->ctx;
    struct notify_sender *s = read->sender;

    s->reading = false;
    while (read->endpoints != NULL) {
        struct endpoint *endpoint = read->endpoints;

        read->endpoints = endpoint->next;
        endpoint_forget(s, endpoint->id);
        endpoint->next = s->endpoints;
        s->endpoints = endpoint;
    }
    if (query->err != ERR_OK) {
        read_failed(read);
    } else {
        for (size_t i = 0; i < read->count; i++) {
            send_one(s, &read->ones[i]);
        }
    }
    arena_free(read->arena);
    read_ready(s);
}

static void read_ready(struct notify_sender *s)
{
    struct arena *arena;
    struct read *read;

    if (s->reading || s->ready == NULL) {
        return;
    }
    arena = arena_new();
    read = ARENA_NEW(arena, struct read);
    read->sender = s;
    read->arena = arena;
    while (s->ready != NULL && read->count < NOTIFY_LOAD_MAX) {
        struct item *item = s->ready;

        s->ready = item->next;
        read->ones[read->count++] = (struct read_one){.item = item, .arena = arena_new()};
    }
    if (s->ready == NULL) {
        s->ready_tail = &s->ready;
    }
    s->reading = true;
    read->query = (struct query){
        .run = read_run, .done = read_done, .loop = s->loop, .arena = arena, .ctx = read};
    if (store_query(s->app->store, &read->query) != ERR_OK) {
        read->query.err = ERR_STORE_BUSY;
        read_done(&read->query);
    }
}

/* ---- from outside ---- */

struct added {
    struct task task;
    struct notify_sender *sender;
    int64_t forget_endpoint; /* or 0 */
    size_t count;
    struct notify_pending rows[];
};

static void on_wake(struct loop_timer *timer)
{
    run_due((struct notify_sender *)(void *)((char *)timer - offsetof(struct notify_sender, wake)));
}

static void on_added(struct task *task)
{
    struct added *added = (struct added *)task;
    struct notify_sender *s = added->sender;

    if (!s->wake_ready) {
        loop_timer_init(s->loop, &s->wake, on_wake);
        s->wake_ready = true;
    }
    if (added->forget_endpoint != 0) {
        endpoint_forget(s, added->forget_endpoint);
    }
    for (size_t i = 0; i < added->count; i++) {
        struct item *item = mem_new(sizeof(*item));

        item->row = added->rows[i];
        item->wake_at_ms = item->row.due_at_ms;
        heap_add(s, item);
    }
    metric_add(&notify__pending_metric, 0, (int64_t)added->count);
    mem_free(added);
    run_due(s);
}

static void tell(struct notify_sender *sender, int64_t forget_endpoint,
                 const struct notify_pending *rows, size_t count)
{
    struct added *added = mem_new(sizeof(*added) + count * sizeof(*rows));

    added->task.run = on_added;
    added->sender = sender;
    added->forget_endpoint = forget_endpoint;
    added->count = count;
    if (count > 0) {
        memcpy(added->rows, rows, count * sizeof(*rows));
    }
    loop_post(sender->loop, &added->task);
}

void notify__sender_add(struct notify_sender *sender, const struct notify_pending *rows,
                        size_t count)
{
    tell(sender, 0, rows, count);
}

void notify__sender_forget(struct notify_sender *sender, int64_t endpoint_id)
{
    tell(sender, endpoint_id, NULL, 0);
}

struct notify_sender *notify__sender_new(struct app *app, unsigned loop)
{
    struct notify_sender *s = mem_new(sizeof(*s));

    s->app = app;
    s->loop = app->loops[loop];
    s->client = app->clients[loop];
    s->addresses = conf_bool(app->conf, "notify.allow_loopback") ? HTTP_ADDRESS_PUBLIC_LOOPBACK
                                                                 : HTTP_ADDRESS_PUBLIC;
    s->in_flight_max = (unsigned)conf_int(app->conf, "notify.in_flight_per_endpoint");
    s->deadline_ms = conf_int(app->conf, "notify.deadline");
    s->ready_tail = &s->ready;
    return s;
}

static void sender_closed(struct loop_timer *timer)
{
    mem_free((char *)timer - offsetof(struct notify_sender, wake));
}

void notify__sender_free(struct notify_sender *s)
{
    while (s->heap_len > 0) {
        mem_free(heap_pop(s));
    }
    for (size_t i = 0; i < NOTIFY_LANES; i++) {
        while (s->lanes[i] != NULL) {
            struct lane *lane = s->lanes[i];

            s->lanes[i] = lane->next;
            while (lane->first != NULL) {
                struct item *item = lane->first;

                lane->first = item->next;
                mem_free(item);
            }
            mem_free(lane);
        }
    }
    while (s->endpoints != NULL) {
        struct endpoint *endpoint = s->endpoints;

        s->endpoints = endpoint->next;
        endpoint_release(endpoint);
    }
    mem_free(s->heap);
    if (s->wake_ready) {
        loop_timer_close(&s->wake, sender_closed);
    } else {
        mem_free(s);
    }
}

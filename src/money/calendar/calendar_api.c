/* The operators' API of the calendar. */
#include "money/calendar/calendar_int.h"
#include "platform/store/store_reply.h"

enum { CALENDAR_DATE_MAX = 21991231 };

static const struct enum_name kind_names[] = {
    {DAY_WORK, "work"},
    {DAY_MAKEUP_WORK, "makeup_work"},
    {DAY_WEEKEND, "weekend"},
    {DAY_HOLIDAY, "holiday"},
    {0, NULL},
};

struct day_view {
    int64_t date;
    enum day_kind kind;
    struct str name;
    struct str source;
};

/* ---- loading ---- */

struct load {
    int64_t from;
    int64_t to;
    struct str source;
    struct field_list days;
    struct calendar_replace replace;
    struct day_view *views;
};

static const struct field load_day_fields[] = {
    FIELD(struct day_view, date, FIELD_INT, .required = true, .min = 1, .max = CALENDAR_DATE_MAX,
          .example = "20271001"),
    FIELD(struct day_view, kind, FIELD_ENUM, .names = kind_names, .required = true,
          .help = "makeup_work: a workday on a weekend", .example = "holiday"),
    FIELD(struct day_view, name, FIELD_TEXT, .max = CALENDAR_NAME_MAX, .example = "国庆节"),
};
static const struct field load_fields[] = {
    FIELD(struct load, from, FIELD_INT, .required = true, .min = 1, .max = CALENDAR_DATE_MAX,
          .help = "The first date of the range whose entries are replaced", .example = "20270101"),
    FIELD(struct load, to, FIELD_INT, .required = true, .min = 1, .max = CALENDAR_DATE_MAX,
          .help = "The last one, of the same year", .example = "20271231"),
    FIELD(struct load, source, FIELD_TEXT, .max = CALENDAR_SOURCE_MAX,
          .help = "Which notice says so"),
    FIELD(struct load, days, FIELD_LIST, .max = 366, .sub = load_day_fields,
          .sub_count = ARRAY_LEN(load_day_fields), .sub_size = sizeof(struct day_view),
          .required = true, .help = "Rising by date; other days of the range lose their entry"),
};
static const struct field_set load_set = FIELD_SET("calendar_load", load_fields);

static const struct field day_fields[] = {
    {.name = "object", .type = FIELD_CONST, .text = "calendar_day", .always = true},
    FIELD(struct day_view, date, FIELD_INT, .always = true, .help = "yyyymmdd",
          .example = "20271001"),
    FIELD(struct day_view, kind, FIELD_ENUM, .names = kind_names, .always = true),
    FIELD(struct day_view, name, FIELD_TEXT, .max = CALENDAR_NAME_MAX),
    FIELD(struct day_view, source, FIELD_TEXT, .max = CALENDAR_SOURCE_MAX),
};
static const struct field_set day_set = FIELD_SET("calendar_day", day_fields);

static struct reply *loaded(struct request *req, struct command *command)
{
    const struct load *load = (const struct load *)(const void *)((const char *)command->arg -
                                                                  offsetof(struct load, replace));

    return reply_list(req, &day_set, load->views, load->replace.count, sizeof(*load->views),
                      STR(""));
}

static struct reply *load_handler(struct request *req)
{
    struct load *load = ARENA_NEW(req->arena, struct load);
    struct calendar_entry *entries;

    if (request_body(req, &load_set, load) != ERR_OK) {
        return reply_refusal(req);
    }
    load->views = load->days.items;
    entries = ARENA_ARRAY(req->arena, struct calendar_entry, load->days.count);
    for (size_t i = 0; i < load->days.count; i++) {
        load->views[i].source = load->source;
        entries[i] = (struct calendar_entry){
            .id = load->views[i].date,
            .kind = load->views[i].kind,
            .name = load->views[i].name,
            .source = load->source,
        };
    }
    load->replace = (struct calendar_replace){
        .from = (int32_t)load->from,
        .to = (int32_t)load->to,
        .entries = entries,
        .count = load->days.count,
    };
    return reply_command(req, &calendar_replace_kind, &load->replace, loaded);
}

/* ---- reading ---- */

struct year_query {
    int64_t year;
};
static const struct field year_fields[] = {
    FIELD(struct year_query, year, FIELD_INT, .required = true, .min = CALENDAR_YEAR_MIN,
          .max = CALENDAR_YEAR_MAX, .example = "2027"),
};
static const struct field_set year_set = FIELD_SET("calendar_query", year_fields);

struct year {
    struct calendar_entry *entries;
    size_t count;
};

static enum err read_year(struct reader *reader, struct request *req, const void *arg, void *result)
{
    const struct year_query *query = arg;
    struct year *year = result;

    return calendar_read_year(reader, query->year, req->arena, &year->entries, &year->count);
}

static struct reply *got_year(struct request *req, void *result)
{
    const struct year *year = result;
    struct day_view *views = ARENA_ARRAY(req->arena, struct day_view, year->count);

    for (size_t i = 0; i < year->count; i++) {
        const struct calendar_entry *entry = &year->entries[i];

        views[i] = (struct day_view){entry->id, entry->kind, entry->name, entry->source};
    }
    return reply_list(req, &day_set, views, year->count, sizeof(*views), STR(""));
}

static struct reply *year_handler(struct request *req)
{
    struct year_query *query = ARENA_NEW(req->arena, struct year_query);

    if (request_query(req, &year_set, query) != ERR_OK) {
        return reply_refusal(req);
    }
    return reply_query(req, query, sizeof(struct year), read_year, got_year);
}

static const enum err load_errors[] = {ERR_CALENDAR_RANGE, ERR_CALENDAR_ENTRY, ERR_CALENDAR_PAST,
                                       ERR_OK};

const struct route calendar__routes[] = {
    {
        .method = "POST",
        .path = "/v1/calendar",
        .handler = load_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "calendar:write",
        .body = &load_set,
        .reply = &day_set,
        .reply_is_list = true,
        .errors = load_errors,
        .summary = "Replace the holidays and make-up workdays of a range of dates",
        ROUTE_HERE,
    },
    {
        .method = "GET",
        .path = "/v1/calendar",
        .handler = year_handler,
        .auth = HTTP_AUTH_OPERATOR,
        .permission = "calendar:read",
        .query = &year_set,
        .reply = &day_set,
        .reply_is_list = true,
        .summary = "List the holidays and make-up workdays of a year",
        ROUTE_HERE,
    },
    {.method = NULL},
};

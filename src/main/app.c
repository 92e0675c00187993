#include "main/program.h"

#include "business/auth/auth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct conf_row platform_rows[] = {
    {.key = "data.dir",
     .type = CONF_TEXT,
     .value = "var",
     .max = 4000,
     .help = "Folder of the data file, the master key and what else is kept"},
    {.key = "store.url",
     .type = CONF_SECRET,
     .value = "",
     .max = 4000,
     .help =
         "sqlite:/path/file.db or mysql://user:password@host:port/database (host:port,host:port "
         "for the nodes of a Galera cluster); empty: tomato.db in data.dir"},
    {.key = "store.reader_url",
     .type = CONF_SECRET,
     .value = "",
     .max = 4000,
     .help = "Where queries read, when it is another server; empty: store.url"},
    {.key = "store.readers",
     .type = CONF_INT,
     .value = "2",
     .min = 1,
     .max = 64,
     .help = "Read-only connections"},
    {.key = "store.queue_max",
     .type = CONF_INT,
     .value = "65536",
     .min = 16,
     .max = 1000000,
     .help = "Commands that may wait for the writer; what is more gets 503"},
    {.key = "store.batch_max",
     .type = CONF_INT,
     .value = "512",
     .min = 1,
     .max = 8192,
     .help = "Commands committed together at the most"},
    {.key = "store.node",
     .type = CONF_INT,
     .value = "0",
     .min = 0,
     .max = 1023,
     .help = "Number of this node in the ids it makes; another for each process that writes"},
    {.key = "vault.key_file",
     .type = CONF_TEXT,
     .value = "",
     .max = 4000,
     .help = "File of the master key; empty: master.key in data.dir. Keep a copy elsewhere"},
    {.key = "http.address",
     .type = CONF_TEXT,
     .value = "0.0.0.0",
     .max = 64,
     .help = "Address to listen on"},
    {.key = "http.port",
     .type = CONF_INT,
     .value = "9999",
     .min = 0,
     .max = 65535,
     .help = "Port to listen on; 0: any free one (then http.public_url must be set)"},
    {.key = "http.public_url",
     .type = CONF_TEXT,
     .value = "",
     .max = 512,
     .help = "How channels and payers reach this server; empty: http://127.0.0.1:port"},
    {.key = "http.loops",
     .type = CONF_INT,
     .value = "0",
     .min = 0,
     .max = APP_LOOPS_MAX,
     .help = "Event loops; 0: one per core"},
    {.key = "http.connections_max",
     .type = CONF_INT,
     .value = "10000",
     .min = 1,
     .max = 1000000,
     .help = "Open connections in all"},
    {.key = "http.connections_per_address_max",
     .type = CONF_INT,
     .value = "1000",
     .min = 1,
     .max = 1000000,
     .help = "Open connections of one address"},
    {.key = "http.header_deadline",
     .type = CONF_DURATION,
     .value = "10s",
     .min = 100,
     .max = 600000,
     .help = "Time a client has to send the headers"},
    {.key = "http.body_deadline",
     .type = CONF_DURATION,
     .value = "30s",
     .min = 100,
     .max = 600000,
     .help = "Time a client has to send the whole body"},
    {.key = "http.idle",
     .type = CONF_DURATION,
     .value = "75s",
     .min = 100,
     .max = 3600000,
     .help = "How long a connection may stay open without a request"},
    {.key = "http.stop_deadline",
     .type = CONF_DURATION,
     .value = "10s",
     .min = 0,
     .max = 600000,
     .help = "Time for what is in flight when the server is stopped"},
    {.key = "http.tls_certificate",
     .type = CONF_TEXT,
     .value = "",
     .max = 4000,
     .help = "PEM file of the certificate chain; empty: no TLS"},
    {.key = "http.tls_key",
     .type = CONF_TEXT,
     .value = "",
     .max = 4000,
     .help = "PEM file of the certificate's key"},
    {.key = "http.tls_client_ca",
     .type = CONF_TEXT,
     .value = "",
     .max = 4000,
     .help = "PEM file of the authority client certificates must come from; empty: none asked"},
    {.key = "log.level",
     .type = CONF_TEXT,
     .value = "info",
     .max = 8,
     .help = "debug, info, warn or error"},
};

static size_t conf_sets(struct conf_rows *sets)
{
    size_t count = 0;

    sets[count++] = (struct conf_rows){platform_rows, ARRAY_LEN(platform_rows)};
    for (size_t i = 0; i < program_module_count; i++) {
        sets[count++] = program_modules[i]->conf;
    }
    return count;
}

static bool log_level_of(struct str name, enum log_level *level)
{
    static const struct {
        const char *name;
        enum log_level level;
    } levels[] = {
        {"debug", LOG_DEBUG}, {"info", LOG_INFO}, {"warn", LOG_WARN}, {"error", LOG_ERROR}};

    for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
        if (str_eq(name, str_of(levels[i].name))) {
            *level = levels[i].level;
            return true;
        }
    }
    return false;
}

bool program_configure(const char *file, struct conf **conf)
{
    struct conf_rows sets[APP_MODULES_MAX + 1];
    struct conf_problem problem = {""};
    enum log_level level;

    if (file == NULL) {
        file = getenv("TOMATO_CONFIG");
    }
    if (file == NULL && access("tomato.conf", R_OK) == 0) {
        file = "tomato.conf";
    }
    if (conf_load(sets, conf_sets(sets), str_of(file), conf, &problem) != ERR_OK) {
        (void)fprintf(stderr, "tomato: %s\n", problem.text);
        return false;
    }
    if (!log_level_of(conf_text(*conf, "log.level"), &level)) {
        (void)fprintf(stderr, "tomato: log.level: must be debug, info, warn or error\n");
        return false;
    }
    log_configure(level, STDERR_FILENO);
    return true;
}

static bool complain(const char *what, enum err err, const char *detail)
{
    (void)fprintf(stderr, "tomato: %s: %s%s%s\n", what, err_text(err),
                  detail[0] == '\0' ? "" : ": ", detail);
    return false;
}

static struct str in_data_dir(struct arena *arena, const struct conf *conf, const char *name)
{
    return str_printf(arena, STR_FMT "/%s", STR_ARG(conf_text(conf, "data.dir")), name);
}

static bool open_vault(struct app *app, struct arena *arena)
{
    struct str file = conf_text(app->conf, "vault.key_file");
    bool sealed;
    enum err err = auth_is_sealed(app->store, &sealed);

    if (file.len == 0) {
        file = in_data_dir(arena, app->conf, "master.key");
    }
    if (err == ERR_OK) {
        err = vault_open(file, !sealed, &app->vault);
    }
    return err == ERR_OK || complain("the master key cannot be opened", err, str_cstr(arena, file));
}

/* A server waits as a standby, a tool takes the writer's place at once, a reader takes none. */
enum purpose { TO_SERVE = 1, TO_CHANGE, TO_READ };

/* What helps when the database was asked for in a way that cannot work. */
static const char *advice(enum purpose purpose, enum err err)
{
    if (purpose == TO_READ && err == ERR_STORE_MIGRATION) {
        return "tomato: it is of another version; tomato serve of this one brings it up to date\n"
               "数据库属于其他版本，由本版本的 tomato serve 升级。\n";
    }
    if (purpose == TO_CHANGE && err == ERR_STORE_FENCED) {
        return "tomato: a server runs on it; use its API, or stop it first\n"
               "服务正在使用该数据库：请使用接口，或先停止服务。\n";
    }
    return "";
}

/* A file that is only read must be there: nothing is made for it. */
static bool is_there(struct arena *arena, struct str url)
{
    const struct str scheme = STR("sqlite:");
    const char *path;

    if (!str_starts(url, scheme)) {
        return true;
    }
    path = str_cstr(arena, str_slice(url, scheme.len, url.len));
    if (access(path, R_OK) == 0) {
        return true;
    }
    (void)fprintf(stderr, "tomato: the data file cannot be read: %s: %s\n", path, strerror(errno));
    return false;
}

static bool open_store(struct app *app, struct arena *arena, enum purpose purpose)
{
    struct store_part parts[APP_MODULES_MAX + 2];
    size_t count = 0;
    char detail[256] = "";
    struct secret url = conf_secret(app->conf, "store.url");
    struct secret reader_url = conf_secret(app->conf, "store.reader_url");
    struct store_options options = {
        .url = secret_bytes(&url),
        .reader_url = secret_bytes(&reader_url),
        .queue_max = (size_t)conf_int(app->conf, "store.queue_max"),
        .batch_max = (size_t)conf_int(app->conf, "store.batch_max"),
        .readers = (unsigned)conf_int(app->conf, "store.readers"),
        .node = (unsigned)conf_int(app->conf, "store.node"),
        .clock = app->clock,
        .parts = parts,
        .migrate = purpose != TO_READ,
        .read_only = purpose == TO_READ,
    };
    enum err err;

    parts[count++] = event_part;
    parts[count++] = timer_part;
    for (size_t i = 0; i < program_module_count; i++) {
        if (program_modules[i]->store != NULL) {
            parts[count++] = *program_modules[i]->store;
        }
    }
    options.part_count = count;
    if (purpose != TO_READ) {
        (void)mkdir(str_cstr(arena, conf_text(app->conf, "data.dir")), 0700);
    }
    if (options.url.len == 0) {
        options.url = str_printf(arena, "sqlite:" STR_FMT,
                                 STR_ARG(in_data_dir(arena, app->conf, "tomato.db")));
    }
    if (purpose == TO_READ && !is_there(arena, options.url)) {
        return false;
    }
    err = purpose == TO_SERVE ? standby_open(app, &options, detail)
                              : store_open(&options, &app->store, detail);
    if (err != ERR_OK) {
        (void)complain("the database cannot be opened", err, detail);
        (void)fputs(advice(purpose, err), stderr);
    }
    return err == ERR_OK;
}

static void open_loops(struct app *app, bool serve)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t wanted = conf_int(app->conf, "http.loops");

    if (wanted == 0) {
        wanted = cores < 1 ? 1 : cores > APP_LOOPS_MAX ? APP_LOOPS_MAX : cores;
    }
    app->loop_count = serve ? (unsigned)wanted : 1;
    for (unsigned i = 0; i < app->loop_count; i++) {
        app->loops[i] = loop_new("loop", i, app->clock);
        app->clients[i] = http_client_new(app->loops[i], &(struct http_client_options){0});
    }
}

static bool start_modules(struct app *app)
{
    for (size_t i = 0; i < program_module_count; i++) {
        const struct module *module = program_modules[i];
        enum err err = module->start == NULL ? ERR_OK : module->start(app, &app->states[i]);

        if (err != ERR_OK) {
            return complain(module->name, err, "");
        }
        app->module_count = i + 1;
    }
    return true;
}

static void start_services(struct app *app)
{
    const struct subscriber *subscribers[APP_MODULES_MAX];
    const struct timer_kind **kinds = mem_new(APP_MODULES_MAX * sizeof(*kinds));
    size_t subscriber_count = 0;
    size_t kind_count = 0;

    for (size_t i = 0; i < program_module_count; i++) {
        const struct module *module = program_modules[i];

        for (size_t j = 0; j < module->subscriber_count; j++) {
            CHECK(subscriber_count < ARRAY_LEN(subscribers));
            subscribers[subscriber_count++] = module->subscribers[j];
        }
        for (size_t j = 0; j < module->timer_count; j++) {
            CHECK(kind_count < APP_MODULES_MAX);
            kinds[kind_count++] = module->timers[j];
        }
    }
    app->events = events_start(app->store, subscribers, subscriber_count, app->clock);
    app->timer_kinds = kinds;
    app->timers = timers_start(app, app->store, app->loops[0], kinds, kind_count);
}

bool program_open(struct conf *conf, bool serve, struct app **out)
{
    struct app *app = mem_new(sizeof(*app));
    struct arena *arena = arena_new();
    bool ok;

    app->conf = conf;
    app->modules = program_modules;
    *out = app;
    ok = open_store(app, arena, serve ? TO_SERVE : TO_CHANGE) && open_vault(app, arena);
    arena_free(arena);
    if (!ok) {
        return false;
    }
    app->workers = workers_new(2, 1024);
    open_loops(app, serve);
    if (serve) {
        start_services(app);
    }
    app->module_count = program_module_count;
    return start_modules(app);
}

bool program_open_reader(struct conf *conf, struct app **out)
{
    struct app *app = mem_new(sizeof(*app));
    struct arena *arena = arena_new();
    bool ok;

    app->conf = conf;
    *out = app;
    ok = open_store(app, arena, TO_READ);
    arena_free(arena);
    return ok;
}

static void stop_client(void *client)
{
    http_client_stop(client);
}

static void free_client(void *client)
{
    http_client_free(client);
}

/* From the outside in: nothing new begins, calls in flight end, what is queued commits, the loops
 * stop, and only then the modules go. */
void program_close(struct app *app)
{
    if (app->timers != NULL) {
        timers_stop(app->timers);
    }
    for (unsigned i = 0; i < app->loop_count; i++) {
        loop_call(app->loops[i], stop_client, app->clients[i]);
    }
    if (app->events != NULL) {
        events_stop(app->events);
    }
    if (app->store != NULL) {
        store_stop(app->store); /* commits what waits; answers go to the loops */
    }
    for (unsigned i = 0; i < app->loop_count; i++) {
        loop_call(app->loops[i], free_client, app->clients[i]);
        loop_join(app->loops[i]);
    }
    for (size_t i = app->module_count; i > 0; i--) {
        if (program_modules[i - 1]->stop != NULL && app->states[i - 1] != NULL) {
            program_modules[i - 1]->stop(app, app->states[i - 1]);
        }
    }
    for (unsigned i = 0; i < app->loop_count; i++) {
        loop_free(app->loops[i]);
    }
    if (app->store != NULL) {
        store_close(app->store); /* last: what ends with the loops asks it once more */
    }
    if (app->timers != NULL) {
        timers_free(app->timers);
    }
    if (app->workers != NULL) {
        workers_free(app->workers);
    }
    mem_free(app->timer_kinds);
    vault_free(app->vault);
    mem_free(app);
}

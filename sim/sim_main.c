/* tomato-sim, the program: options, one loop, a clean end. */
#include "sim/sim.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

static const char help[] =
    "tomato-sim: simulated payment channels (WeChat Pay APIv3 and a plain mock channel).\n"
    "tomato-sim：模拟支付渠道（微信支付 APIv3 与简单的 mock 渠道）。\n"
    "\n"
    "  --port N          port to listen on, 0 for a free one (9998)   监听端口，0 "
    "表示任意空闲端口\n"
    "  --address A       address to listen on (127.0.0.1)             监听地址\n"
    "  --data DIR        keys and the journal of orders (var/sim)     密钥与订单流水的目录\n"
    "  --merchants FILE  merchants to set up, one JSON object a line  商户配置文件，每行一个 JSON\n"
    "  --speed N         redelivery waits are N times shorter (1)     回调重试的等待时间缩短 N 倍\n"
    "  --seed N          of random faults (1)                         随机故障的种子\n"
    "  --orders-max N    orders kept in memory (1000000)              内存中订单数上限\n"
    "  --log FILE        log lines go there (standard error)          日志文件，默认标准错误\n"
    "  --help            this text                                    显示本帮助\n"
    "\n"
    "The admin API and both protocols are described in docs/simulator.md. Ctrl-C stops it.\n"
    "管理接口与两种协议见 docs/simulator.md。按 Ctrl-C 停止。\n";

struct settings {
    struct sim_options sim;
    const char *log;
    bool help;
};

struct option_row {
    const char *name;
    struct str *text;
    int64_t *number;
    int64_t min, max;
};

static const struct option_row *row_named(const struct option_row *rows, size_t count,
                                          const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

static bool read_options(int argc, char **argv, struct settings *settings)
{
    int64_t port = 9998;
    struct str log = {NULL, 0};
    const struct option_row rows[] = {
        {"--port", NULL, &port, 0, 65535},
        {"--address", &settings->sim.address, NULL, 0, 0},
        {"--data", &settings->sim.data, NULL, 0, 0},
        {"--merchants", &settings->sim.merchants_file, NULL, 0, 0},
        {"--speed", NULL, &settings->sim.speed, 1, SIM_SPEED_MAX},
        {"--seed", NULL, &settings->sim.seed, 0, INT64_MAX},
        {"--orders-max", NULL, &settings->sim.orders_max, 1, 100000000},
        {"--log", &log, NULL, 0, 0},
    };

    for (int i = 1; i < argc; i += 2) {
        const struct option_row *row = row_named(rows, ARRAY_LEN(rows), argv[i]);

        if (strcmp(argv[i], "--help") == 0) {
            settings->help = true;
            return true;
        }
        if (row == NULL || i + 1 == argc) {
            (void)fprintf(stderr, "tomato-sim: %s: %s (--help)\n", argv[i],
                          row == NULL ? "unknown option" : "needs a value");
            return false;
        }
        if (row->text != NULL) {
            *row->text = str_of(argv[i + 1]);
        } else if (str_parse_int(str_of(argv[i + 1]), row->number) != ERR_OK ||
                   *row->number < row->min || *row->number > row->max) {
            (void)fprintf(stderr, "tomato-sim: %s: must be %lld to %lld\n", argv[i],
                          (long long)row->min, (long long)row->max);
            return false;
        }
    }
    settings->sim.port = (uint16_t)port;
    settings->log = log.ptr;
    return true;
}

struct stopper {
    uv_signal_t signals[2];
    struct loop *loop;
};

static void stop_asked(uv_signal_t *signal, int number)
{
    struct stopper *stopper = signal->data;

    (void)number;
    loop_stop(stopper->loop);
}

static void watch_signals(struct stopper *stopper, struct loop *loop)
{
    const int numbers[] = {SIGINT, SIGTERM};

    stopper->loop = loop;
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        CHECK(uv_signal_init(loop_uv(loop), &stopper->signals[i]) == 0);
        stopper->signals[i].data = stopper;
        CHECK(uv_signal_start(&stopper->signals[i], stop_asked, numbers[i]) == 0);
    }
    (void)signal(SIGPIPE, SIG_IGN);
}

static bool open_log(const char *path)
{
    int fd = path == NULL ? 2 : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

    if (fd < 0) {
        (void)fprintf(stderr, "tomato-sim: %s cannot be written\n", path);
        return false;
    }
    log_configure(LOG_INFO, fd);
    return true;
}

static void stop(void *sim)
{
    sim_stop(sim);
}

int main(int argc, char **argv)
{
    struct settings settings = {.sim = {.address = STR("127.0.0.1"),
                                        .data = STR("var/sim"),
                                        .speed = 1,
                                        .seed = 1,
                                        .orders_max = 1000000}};
    struct stopper stopper;
    char problem[256] = "";
    struct loop *loop;
    struct sim *sim;
    enum err err;

    if (!read_options(argc, argv, &settings)) {
        return 2;
    }
    if (settings.help) {
        (void)fputs(help, stdout);
        return 0;
    }
    if (!open_log(settings.log)) {
        return 2;
    }
    loop = loop_new("sim", 0, NULL);
    watch_signals(&stopper, loop);
    err = sim_start(loop, &settings.sim, problem, &sim);
    if (err == ERR_OK) {
        (void)printf("tomato-sim listening on http://" STR_FMT ":%u\n",
                     STR_ARG(settings.sim.address), http_server_port(sim->server));
        (void)fflush(stdout);
        loop_run(loop);
    } else {
        (void)fprintf(stderr, "tomato-sim: %s\n", problem);
    }
    loop_call(loop, stop, sim);
    uv_close((uv_handle_t *)&stopper.signals[0], NULL);
    uv_close((uv_handle_t *)&stopper.signals[1], NULL);
    loop_free(loop);
    sim_free(sim);
    return err == ERR_OK ? 0 : 1;
}

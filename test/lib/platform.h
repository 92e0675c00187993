/* The real programs as child processes: a tomato with a data folder of its own, a simulator, and a
 * merchant set up with the command line. For benchmarks of the whole. */
#ifndef TEST_LIB_PLATFORM_H
#define TEST_LIB_PLATFORM_H

#include "base/crypto.h"

#include <sys/types.h>

enum { PLATFORM_ENDPOINTS_MAX = 8 };

struct platform {
    struct arena *arena;
    char folder[64];   /* the data, and the simulator's below it */
    const char *build; /* where the programs are: TOMATO_BUILD, or build/release */
    pid_t serve;
    pid_t sim;
    int port;
    int sim_port;
    int hook_port; /* where webhooks are to go */
    const char *merchant;
    const char *app;
    const char *key_id;
    struct secret key;
    const char *operator_key; /* of platform_new_operator */
};

/* Starts the simulator and makes the merchant: 0.6 % at least 1, one HMAC key, `endpoints` webhook
 * endpoints that want payment.succeeded, one channel account for mock and one for WeChat, where
 * new orders pay themselves. The server is not started yet. */
struct platform *platform_new(int hook_port, unsigned endpoints);
/* Without simulator and merchant: a data folder, and an operator's bearer key. */
struct platform *platform_new_operator(const char *permissions);
/* Returns the microseconds until /readyz said yes. */
int64_t platform_serve(struct platform *platform);
void platform_stop(struct platform *platform); /* the server; it must end with 0 */
void platform_free(struct platform *platform);

/* Resident memory of the server, bytes. */
int64_t platform_rss(const struct platform *platform);
/* User and system time of a child so far, microseconds. */
int64_t platform_cpu_us(pid_t child);
int64_t platform_binary_size(const struct platform *platform);

#endif

/* tomato routes: every path the server answers, who may call it, and where its row stands. */
#include "main/program.h"

#include <stdio.h>

static const char *const auth_names[] = {
    [HTTP_AUTH_NONE] = "public",       [HTTP_AUTH_MERCHANT] = "merchant",
    [HTTP_AUTH_OPERATOR] = "operator", [HTTP_AUTH_CHANNEL] = "channel",
    [HTTP_AUTH_METRICS] = "metrics",   [HTTP_AUTH_EITHER] = "either",
};

int program_routes(void)
{
    const struct route *sets[APP_ROUTE_SETS_MAX];
    size_t count = module_route_sets(program_modules, program_module_count, sets);

    (void)printf("%-6s %-48s %-9s %-20s %s\n", "METHOD", "PATH", "AUTH", "PERMISSION", "SOURCE");
    for (size_t i = 0; i < count; i++) {
        for (const struct route *route = sets[i]; route->method != NULL; route++) {
            (void)printf("%-6s %-48s %-9s %-20s %s:%d\n", route->method, route->path,
                         auth_names[route->auth],
                         route->permission == NULL ? "-" : route->permission, route->file,
                         route->line);
        }
    }
    return 0;
}

/* Routes as a tree of path segments. A literal segment wins over a parameter, also when the path
 * does not go on below it: "/v1/payments/search" hides what "/v1/payments/{id}" has below. */
#include "platform/http/http_int.h"

enum { ROUTER_METHODS_MAX = 6 };

struct router_node {
    struct str segment;
    struct router_node *children; /* literals */
    struct router_node *sibling;
    struct router_node *param;
    const struct route *routes[ROUTER_METHODS_MAX];
    size_t route_count;
};

struct router {
    struct arena *arena;
    struct router_node root;
};

static struct router_node *child_of(const struct router_node *node, struct str segment)
{
    struct router_node *child = node->children;

    while (child != NULL && !str_eq(child->segment, segment)) {
        child = child->sibling;
    }
    return child;
}

static struct router_node *child_add(struct router *router, struct router_node *node,
                                     struct str segment)
{
    struct router_node *child;

    if (segment.len > 0 && segment.ptr[0] == '{') {
        CHECK(segment.len > 2 && segment.ptr[segment.len - 1] == '}');
        if (node->param == NULL) {
            node->param = ARENA_NEW(router->arena, struct router_node);
        }
        return node->param;
    }
    child = child_of(node, segment);
    if (child == NULL) {
        child = ARENA_NEW(router->arena, struct router_node);
        child->segment = segment;
        child->sibling = node->children;
        node->children = child;
    }
    return child;
}

static void router_add(struct router *router, const struct route *route)
{
    struct router_node *node = &router->root;
    struct str rest = str_of(route->path);
    struct str segment;
    bool more;

    CHECK(rest.len > 0 && rest.ptr[0] == '/');
    rest = str_slice(rest, 1, rest.len);
    do {
        more = str_cut(&rest, '/', &segment);
        node = child_add(router, node, segment);
    } while (more);
    CHECK(router_method(node, str_of(route->method)) == NULL ||
          str_eq(str_of(route->method), STR("HEAD")));
    CHECK(node->route_count < ROUTER_METHODS_MAX);
    node->routes[node->route_count++] = route;
}

struct router *router_new(const struct route *const *sets, size_t count)
{
    struct router *router = mem_new(sizeof(*router));

    router->arena = arena_new();
    for (size_t i = 0; i < count; i++) {
        for (const struct route *route = sets[i]; route->method != NULL; route++) {
            router_add(router, route);
        }
    }
    return router;
}

void router_free(struct router *router)
{
    arena_free(router->arena);
    mem_free(router);
}

const struct router_node *router_find(const struct router *router, struct str path,
                                      struct str params[REQUEST_PARAMS_MAX])
{
    const struct router_node *node = &router->root;
    size_t param_count = 0;
    struct str segment;
    bool more;

    if (path.len == 0 || path.ptr[0] != '/') {
        return NULL;
    }
    path = str_slice(path, 1, path.len);
    do {
        const struct router_node *child;

        more = str_cut(&path, '/', &segment);
        child = child_of(node, segment);
        if (child == NULL) {
            child = node->param;
            if (child == NULL || segment.len == 0 || param_count == REQUEST_PARAMS_MAX) {
                return NULL;
            }
            params[param_count++] = segment;
        }
        node = child;
    } while (more);
    return node->route_count > 0 ? node : NULL;
}

const struct route *router_method(const struct router_node *node, struct str method)
{
    const struct route *get = NULL;

    for (size_t i = 0; i < node->route_count; i++) {
        struct str has = str_of(node->routes[i]->method);

        if (str_eq(has, method)) {
            return node->routes[i];
        }
        if (str_eq(has, STR("GET"))) {
            get = node->routes[i];
        }
    }
    return str_eq(method, STR("HEAD")) ? get : NULL;
}

void router_print_methods(struct buf *buf, const struct router_node *node)
{
    for (size_t i = 0; i < node->route_count; i++) {
        buf_printf(buf, "%s%s", i > 0 ? ", " : "", node->routes[i]->method);
        if (str_eq(str_of(node->routes[i]->method), STR("GET"))) {
            buf_add(buf, STR(", HEAD"));
        }
    }
}

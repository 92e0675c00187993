#include "edge/web/web.h"

void web_secure(struct reply *reply)
{
    reply_header(reply, "Content-Security-Policy",
                 STR("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                     "connect-src 'self'; form-action 'none'; base-uri 'none'; "
                     "frame-ancestors 'none'"));
    reply_header(reply, "X-Content-Type-Options", STR("nosniff"));
    reply_header(reply, "X-Frame-Options", STR("DENY"));
    reply_header(reply, "Referrer-Policy", STR("no-referrer"));
}

struct reply *web_reply(struct request *req, struct str name)
{
    for (size_t i = 0; i < web_asset_count; i++) {
        if (str_eq(name, str_of(web_assets[i].name))) {
            struct reply *reply =
                reply_text(req, 200, web_assets[i].content_type, web_assets[i].body);

            web_secure(reply);
            reply_header(reply, "Cache-Control", STR("no-cache"));
            return reply;
        }
    }
    return reply_error(req, ERR_HTTP_NOT_FOUND);
}

struct reply *web_asset_handler(struct request *req)
{
    return web_reply(req, str_printf(req->arena, STR_FMT "/" STR_FMT, STR_ARG(req->params[0]),
                                     STR_ARG(req->params[1])));
}

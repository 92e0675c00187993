/* The pages in the program: files of web/, compiled in, served with strict headers.
 *
 * Every page gets a Content-Security-Policy that allows scripts, styles and images of this server
 * alone, none inline; no frames, no sniffing, no referrer. */
#ifndef EDGE_WEB_WEB_H
#define EDGE_WEB_WEB_H

#include "platform/http/http.h"

struct web_asset {
    const char *name; /* path below web/ */
    const char *content_type;
    struct str body;
};
extern const struct web_asset web_assets[];
extern const size_t web_asset_count;

/* A page or file by its name; 404 when there is none. */
struct reply *web_reply(struct request *req, struct str name);
/* The security headers, for pages made otherwise. */
void web_secure(struct reply *reply);
/* GET /assets/{folder}/{file}: every embedded file but the pages themselves. */
struct reply *web_asset_handler(struct request *req);

#endif

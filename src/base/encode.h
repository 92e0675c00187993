/* Text encodings of bytes: hex, base64 and base32 of RFC 4648 with strict padding (the Crockford
 * base32 of ids is in id.h), percent-encoding of RFC 3986. Decoders refuse what no encoder of the
 * same standard would have written, with ERR_ENCODING. */
#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H

#include "base/str.h"

void hex_encode(struct buf *buf, struct str bytes); /* lower case */
MUST_USE enum err hex_decode(struct arena *arena, struct str text,
                             struct str *out); /* both cases */
void base64_encode(struct buf *buf, struct str bytes);
MUST_USE enum err base64_decode(struct arena *arena, struct str text, struct str *out);
void base64url_encode(struct buf *buf, struct str bytes); /* no padding */
MUST_USE enum err base64url_decode(struct arena *arena, struct str text, struct str *out);
void base32_encode(struct buf *buf, struct str bytes); /* padded, upper case */
MUST_USE enum err base32_decode(struct arena *arena, struct str text, struct str *out);
void url_encode(struct buf *buf, struct str text); /* all but A-Z a-z 0-9 - . _ ~ */
/* Takes everything RFC 3986 lets stand in a path segment or a query; '+' stays a plus. */
MUST_USE enum err url_decode(struct arena *arena, struct str text, struct str *out);

#endif

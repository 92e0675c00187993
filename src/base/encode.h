/* Text encodings of bytes: hex, base64 (RFC 4648, strict padding), base32 Crockford for ids is in
 * id.h; base32 here is RFC 4648; percent-encoding of RFC 3986. Decoders refuse what an encoder
 * would not have written, with ERR_ENCODING. */
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
MUST_USE enum err url_decode(struct arena *arena, struct str text, struct str *out);

#endif

/* The cashier: the page a payer sees. /cashier/<token> shows what is paid for, the QR code, the
 * time left and, by server-sent events, what becomes of it. The token is the payment's id and a
 * secret of 100 random bits: who has it may look, nobody else can guess one. */
#ifndef EDGE_CASHIER_CASHIER_H
#define EDGE_CASHIER_CASHIER_H

#include "platform/module/module.h"

extern const struct module cashier_module;

/* A text as a QR code, SVG, with the quiet zone of four modules the standard asks for. False when
 * the text is too long for one. */
bool cashier_qr_svg(struct buf *out, struct str text);

#endif

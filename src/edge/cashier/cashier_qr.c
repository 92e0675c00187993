#include "edge/cashier/cashier.h"

#include <qrencode.h>
#include <stdlib.h>

enum { CASHIER_QR_QUIET = 4, CASHIER_QR_TEXT_MAX = 1024 };

static void row_path(struct buf *out, const QRcode *code, int y)
{
    for (int x = 0; x < code->width; x++) {
        int from = x;

        while (x < code->width && (code->data[y * code->width + x] & 1) != 0) {
            x++;
        }
        if (x > from) {
            buf_printf(out, "M%d %dh%dv1h-%dz", from + CASHIER_QR_QUIET, y + CASHIER_QR_QUIET,
                       x - from, x - from);
        }
    }
}

bool cashier_qr_svg(struct buf *out, struct str text)
{
    QRcode *code;
    int size;

    if (text.len == 0 || text.len > CASHIER_QR_TEXT_MAX) {
        return false;
    }
    code = QRcode_encodeData((int)text.len, (const unsigned char *)text.ptr, 0, QR_ECLEVEL_M);
    if (code == NULL) {
        return false;
    }
    size = code->width + 2 * CASHIER_QR_QUIET;
    buf_printf(out,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
               "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/>"
               "<path d=\"",
               size, size, size, size);
    for (int y = 0; y < code->width; y++) {
        row_path(out, code, y);
    }
    buf_add(out, STR("\"/></svg>"));
    QRcode_free(code);
    return buf_ok(out);
}

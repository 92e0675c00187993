#include "sim/sim_payer_page.h"

const struct str sim_payer_style = STR_INIT(
    "body{margin:0;font:16px/1.5 system-ui,sans-serif;background:#f3f4f2;color:#1d211e}"
    "main{max-width:22rem;margin:6vh auto;padding:1.5rem;background:#fff;border-radius:12px;"
    "box-shadow:0 1px 8px #0002}"
    "h1{font-size:1rem;margin:0 0 1rem;color:#57605a;font-weight:500}"
    ".amount{font-size:2.4rem;font-weight:600;margin:.2rem 0 1rem}"
    "dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem;margin:0 0 1.5rem}"
    "dt{color:#57605a}dd{margin:0;text-align:right;overflow-wrap:anywhere}"
    "button{display:block;width:100%;padding:.8rem;margin:.5rem 0 0;border:1px solid #c9cfca;"
    "border-radius:8px;background:#fff;font:inherit;cursor:pointer}"
    "button.pay{background:#07823f;border-color:#07823f;color:#fff;font-weight:600}"
    "button:focus-visible{outline:3px solid #2a6fd6;outline-offset:2px}"
    "button:disabled{opacity:.5;cursor:default}"
    "#state{min-height:1.5em;margin:1rem 0 0;text-align:center}"
    "footer{margin:1.5rem 0 0;font-size:.8rem;color:#57605a;text-align:center}a{color:inherit}");

const struct str sim_payer_script =
    STR_INIT("'use strict';\n"
             "const main = document.querySelector('main');\n"
             "const state = document.getElementById('state');\n"
             "const buttons = document.querySelectorAll('button');\n"
             "const lock = (off) => buttons.forEach((b) => { b.disabled = off; });\n"
             "async function act(action) {\n"
             "  if (action === 'wait') { state.textContent = main.dataset.wait; return; }\n"
             "  lock(true);\n"
             "  try {\n"
             "    const answer = await fetch('/payer/' + action, {\n"
             "      method: 'POST', headers: {'Content-Type': 'application/json'},\n"
             "      body: JSON.stringify({code_url: main.dataset.code}),\n"
             "    });\n"
             "    const body = await answer.json();\n"
             "    if (!answer.ok) { state.textContent = main.dataset.refused; }\n"
             "    else if (action === 'pay') { state.textContent = main.dataset.paid; return; }\n"
             "    else { state.textContent = main.dataset.declined; }\n"
             "    if (body.code === 'ORDER_CLOSED' || body.code === 'ORDER_EXPIRED') { return; }\n"
             "  } catch (error) { state.textContent = main.dataset.refused; }\n"
             "  lock(false);\n"
             "}\n"
             "buttons.forEach((b) => b.addEventListener('click', () => act(b.dataset.action)));\n");

struct texts {
    const char *lang, *other, *other_name;
    const char *title, *merchant, *subject, *order, *pay, *decline, *wait;
    const char *paid, *declined, *waiting, *refused, *closed, *expired, *unknown, *note;
};

static const struct texts texts_en = {
    "en",
    "zh",
    "中文",
    "Pay (simulated)",
    "Merchant",
    "For",
    "Order",
    "Pay",
    "Decline",
    "Wait",
    "Paid. You may close this page.",
    "Declined. The order is still open.",
    "Nothing was sent. The order stays open.",
    "This did not work.",
    "This order is closed.",
    "This order has expired.",
    "There is no such order.",
    "A simulator: no money moves.",
};

static const struct texts texts_zh = {
    "zh-CN",
    "en",
    "English",
    "付款（模拟）",
    "商户",
    "商品",
    "订单",
    "确认支付",
    "拒绝支付",
    "暂不支付",
    "支付成功，可以关闭本页。",
    "已拒绝，订单仍可支付。",
    "未做任何操作，订单仍可支付。",
    "操作失败。",
    "订单已关闭。",
    "订单已过期。",
    "订单不存在。",
    "这是模拟器，不会发生真实资金往来。",
};

static void add_escaped(struct buf *page, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.ptr[i]) {
        case '&':
            buf_add(page, STR("&amp;"));
            break;
        case '<':
            buf_add(page, STR("&lt;"));
            break;
        case '>':
            buf_add(page, STR("&gt;"));
            break;
        case '"':
            buf_add(page, STR("&quot;"));
            break;
        default: /* characters, not an enum */
            buf_add_char(page, text.ptr[i]);
            break;
        }
    }
}

static void add_row(struct buf *page, const char *name, struct str value)
{
    buf_printf(page, "<dt>%s</dt><dd>", name);
    add_escaped(page, value);
    buf_add(page, STR("</dd>"));
}

static void add_button(struct buf *page, const char *action, const char *text)
{
    buf_printf(page, "<button type=\"button\" class=\"%s\" data-action=\"%s\">%s</button>", action,
               action, text);
}

/* Why the order cannot be paid, or NULL. */
static const char *final_state(const struct texts *texts, const struct sim_order *order,
                               bool expired)
{
    switch (order->status) {
    case SIM_PENDING:
        return expired ? texts->expired : NULL;
    case SIM_SUCCEEDED:
        return texts->paid;
    case SIM_CLOSED:
        return texts->closed;
    }
    return NULL;
}

static void add_order(struct buf *page, const struct texts *texts, const struct sim_order *order,
                      bool expired)
{
    const char *final = final_state(texts, order, expired);
    char token[SIM_TOKEN_LEN + 1];

    sim_order_token(order, token);
    buf_printf(page,
               "<main data-code=\"%s%s\" data-paid=\"%s\" data-declined=\"%s\" data-wait=\"%s\" "
               "data-refused=\"%s\"><h1>%s</h1><div class=\"amount\">",
               order->merchant->personality == SIM_WECHAT ? "weixin://wxpay/bizpayurl?pr="
                                                          : "mock://pay/",
               token, texts->paid, texts->declined, texts->waiting, texts->refused, texts->title);
    amount_print(page, order->amount, order->currency);
    buf_printf(page, " " STR_FMT "</div><dl>", STR_ARG(currency_code(order->currency)));
    add_row(page, texts->merchant, order->merchant->number);
    add_row(page, texts->subject, order->subject);
    add_row(page, texts->order, order->order_no);
    buf_add(page, STR("</dl>"));
    if (final == NULL) {
        add_button(page, "pay", texts->pay);
        add_button(page, "decline", texts->decline);
        add_button(page, "wait", texts->wait);
    }
    buf_printf(page, "<p id=\"state\" role=\"status\">%s</p>", final == NULL ? "" : final);
}

void sim_payer_page(struct buf *page, const struct sim_order *order, bool expired, bool english)
{
    const struct texts *texts = english ? &texts_en : &texts_zh;

    buf_printf(page,
               "<!doctype html><html lang=\"%s\"><head><meta charset=\"utf-8\">"
               "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
               "<title>%s</title><link rel=\"stylesheet\" href=\"/payer/page.css\"></head><body>",
               texts->lang, texts->title);
    if (order == NULL) {
        buf_printf(page, "<main><h1>%s</h1><p>%s</p>", texts->title, texts->unknown);
    } else {
        add_order(page, texts, order, expired);
    }
    buf_printf(page,
               "<footer>%s <a href=\"?lang=%s\">%s</a></footer></main>"
               "<script src=\"/payer/page.js\"></script></body></html>",
               texts->note, texts->other, texts->other_name);
}

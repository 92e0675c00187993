'use strict';

const words = {
  en: {
    other: '中文',
    status: {
      loading: 'One moment…', processing: 'Preparing the payment…', unknown: 'Asking the payment channel…',
      requires_action: 'Scan to pay', closing: 'Closing…', succeeded: 'Paid', closed: 'Closed',
      failed: 'Failed', conflicted: 'Being checked', missing: 'There is no such payment',
    },
    hint: {
      requires_action: { wechat: 'Open WeChat and scan the code', other: 'Scan the code with your wallet' },
      unknown: 'This page goes on by itself', succeeded: 'Thank you', closed: 'This order can no longer be paid',
      failed: 'Nothing was charged', conflicted: 'Please contact the merchant',
    },
    left: 'Time left', order: 'Order', back: 'Back to the merchant',
  },
  zh: {
    other: 'English',
    status: {
      loading: '请稍候…', processing: '正在创建支付…', unknown: '正在向支付渠道确认…',
      requires_action: '扫码支付', closing: '正在关闭…', succeeded: '支付成功', closed: '已关闭',
      failed: '支付失败', conflicted: '核实中', missing: '支付单不存在',
    },
    hint: {
      requires_action: { wechat: '打开微信，扫一扫二维码', other: '请用钱包应用扫描二维码' },
      unknown: '页面会自动更新', succeeded: '感谢您的付款', closed: '此订单已不可支付',
      failed: '未发生扣款', conflicted: '请联系商户',
    },
    left: '剩余时间', order: '订单号', back: '返回商户',
  },
};

const $ = (id) => document.getElementById(id);
const base = location.pathname.replace(/\/$/, '');
const asked = new URLSearchParams(location.search).get('lang');
let language = asked === 'zh' || asked === 'en' ? asked : /^zh/i.test(navigator.language) ? 'zh' : 'en';
let state = { status: 'loading' };
let endsAt = 0;

function hintOf(w) {
  const hint = w.hint[state.status];
  if (!hint || typeof hint === 'string') return hint || '';
  return (state.method || '').startsWith('wechat') ? hint.wechat : hint.other;
}

function showLeft() {
  const w = words[language];
  const left = Math.max(0, Math.round((endsAt - performance.now()) / 1000));
  const two = (n) => String(n).padStart(2, '0');
  const hours = Math.floor(left / 3600);
  $('left').hidden = state.status !== 'requires_action';
  $('left').textContent = `${w.left} ${hours ? `${hours}:` : ''}${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
}

function show() {
  const w = words[language];
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  document.title = `${w.status[state.status] || ''} · ${state.merchant || 'Tomato'}`;
  $('language').textContent = w.other;
  $('merchant').textContent = state.merchant || '';
  $('subject').textContent = state.subject || '';
  $('amount').textContent = state.amount || '';
  $('currency').textContent = state.currency === 'CNY' ? '¥' : state.currency || '';
  $('stage').dataset.status = state.status;
  $('status').textContent = w.status[state.status] || state.status;
  $('hint').textContent = hintOf(w);
  $('order').textContent = state.order_no ? `${w.order} ${state.order_no}` : '';
  const showQr = state.status === 'requires_action' && state.qr;
  if (showQr && !$('qr').getAttribute('src')) $('qr').src = `${base}/qr.svg`;
  $('qr').hidden = !showQr;
  $('qr').alt = w.status.requires_action;
  $('back').hidden = !(state.final && /^https?:\/\//.test(state.return_url || ''));
  if (!$('back').hidden) { $('back').href = state.return_url; $('back').textContent = w.back; }
  showLeft();
}

function take(next) {
  state = next;
  endsAt = performance.now() + (next.left_ms || 0);
  show();
}

function follow() {
  const events = new EventSource(`${base}/events`);
  events.addEventListener('state', (event) => {
    take(JSON.parse(event.data));
    if (state.final) events.close();
  });
}

$('language').addEventListener('click', () => { language = language === 'zh' ? 'en' : 'zh'; show(); });
setInterval(showLeft, 500);
show();
fetch(`${base}/state`).then(async (answer) => {
  if (!answer.ok) { take({ status: 'missing', final: true }); return; }
  take(await answer.json());
  if (!state.final) follow();
}).catch(() => setTimeout(() => location.reload(), 3000));

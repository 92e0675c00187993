import { words } from './words.js';

const $ = (id) => document.getElementById(id);
const saved = new URLSearchParams(location.search).get('lang');
let language = saved === 'zh' || saved === 'en' ? saved : /^zh/i.test(navigator.language) ? 'zh' : 'en';
let about = {};
let show = null; // the payment on this page
let waiting = null; // events that came before the number of our run was known
const w = () => words[language];
const wide = matchMedia('(min-width: 46rem)'); // room for messages that open by themselves

// ---- small pieces of the page ----

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'class') node.className = value;
    else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value !== false) node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const token = /("(?:\\.|[^"\\])*")(\s*:)?|\b(-?\d+|true|false|null)\b/g;

// JSON as it came, laid out and coloured; what is no JSON is shown as it is.
function coloured(text) {
  const out = document.createDocumentFragment();
  let pretty = text;
  try { pretty = JSON.stringify(JSON.parse(text), null, 2); } catch { out.append(text); return out; }
  let at = 0;
  for (const found of pretty.matchAll(token)) {
    out.append(pretty.slice(at, found.index));
    out.append(make('span', { class: found[2] ? 'k' : found[1] ? 's' : 'n' }, found[1] || found[3]), found[2] || '');
    at = found.index + found[0].length;
  }
  out.append(pretty.slice(at));
  return out;
}

function message(title, { line, headers = [], body = '' }, open) {
  const pre = make('pre', { tabindex: '0' });
  if (line) pre.append(make('span', { class: 'k' }, line), '\n');
  for (const [name, value] of headers) pre.append(make('span', { class: 'h' }, `${name}: `), `${value}\n`);
  if (body) pre.append((line || headers.length) ? '\n' : '', coloured(body));
  const key = `${title}${line || headers[0]}`;
  const summary = make('summary', { onclick: () => show.open.set(key, !details.open) }, title, ' ', make('span', { class: 'more' }, line || ''));
  const details = make('details', { class: 'message', open: show.open.get(key) ?? (open && wide.matches) }, summary, pre);
  return details;
}

const asked = (request) => ({ line: `${request.method} ${request.url}`, headers: request.headers, body: request.body });
const told = (answer) => ({
  line: answer.error ? answer.error : `${answer.status} · ${(answer.duration_us / 1000).toFixed(1)} ms`,
  headers: answer.headers, body: answer.body,
});
const isBad = (answer) => Boolean(answer.error) || answer.status > 299;
const chip = (text, kind = '') => make('span', { class: `chip ${kind}` }, text);
const parsed = (message_) => { try { return JSON.parse(message_.answer.body); } catch { return {}; } };
const yuan = (minor) => `¥${Math.floor(minor / 100)}.${String(minor % 100).padStart(2, '0')}`;

// ---- the six steps, each drawn from what has been seen ----

function drawRequest() {
  return [show.request && message(w().request, asked(show.request.request), true)];
}

function drawAnswer() {
  if (!show.answer) return [];
  const { answer } = show.answer;
  const bad = isBad(answer);
  return [
    bad && make('div', { class: 'chips' }, chip(answer.error ? w().noAnswer : w().refused, 'bad')),
    message(w().answer, told(answer), true),
  ];
}

function payer(decline) {
  send('/demo/payer', { code_url: show.code, decline, run: show.run });
}

function drawPayer() {
  if (!show.code) return [];
  const open = !show.final;
  return [
    open && make('div', { class: 'payer' },
      make('img', { src: `/demo/qr.svg?text=${encodeURIComponent(show.code)}`, alt: w().qr }),
      make('div', { class: 'actions' },
        make('button', { type: 'button', class: 'primary', id: 'pay-now', onclick: () => payer(false) }, w().payNow),
        make('button', { type: 'button', id: 'decline', onclick: () => payer(true) }, w().decline),
        make('a', { class: 'button', target: '_blank', rel: 'noopener', href: `${about.sim_url}/payer?code_url=${encodeURIComponent(show.code)}` }, w().payerPage),
        make('a', { class: 'button', target: '_blank', rel: 'noopener', href: `${about.base_url}${show.cashier}?lang=${language}` }, w().cashier))),
    ...show.payers.flatMap((one) => [
      message(w().payerAsked, asked(one.request), false),
      message(w().answer, told(one.answer), isBad(one.answer)),
    ]),
  ];
}

function drawCallback() {
  const order = show.channel && (parsed(show.channel).orders || [])[0];
  if (!show.states.length) return [];
  return [
    make('div', { class: 'chips' }, `${w().state}: `,
      ...show.states.flatMap((state, i) => [i ? '→' : null,
        chip(state.status, state.status === 'succeeded' ? 'good' : ['failed', 'conflicted'].includes(state.status) ? 'bad' : '')])),
    order && make('div', { class: 'chips' }, chip(`${w().callbacks}: ${order.callbacks_sent}`),
      order.callback_acknowledged ? chip(`${w().acknowledged} (${order.last_callback_status})`, 'good') : null),
    show.channel && message(w().channelView, told(show.channel.answer), false),
    show.attempts && message(w().attempts, told(show.attempts.answer), false),
    show.payment && message(w().payment, told(show.payment.answer), false),
  ];
}

function accountName(id) {
  const account = (show.accounts || []).find((one) => one.id === id);
  if (!account) return [id];
  const owner = account.merchant_id ? w().ofMerchant : account.channel_account_id ? w().ofChannel : w().ofPlatform;
  return [`${account.code} ${w().accounts[account.name] || account.name}`, make('small', {}, owner)];
}

function drawJournal() {
  if (!show.journal) return [];
  const entries = (parsed(show.journal).data || []).flatMap((journal) => journal.entries);
  if (!entries.length) return [make('p', {}, w().noJournal)];
  const sum = (side) => entries.filter((e) => e.side === side).reduce((total, e) => total + e.amount, 0);
  const cell = (text) => make('td', { class: 'money-cell' }, text);
  return [
    make('table', {},
      make('thead', {}, make('tr', {}, make('th', {}, w().account), make('th', { class: 'money-cell' }, w().debit), make('th', { class: 'money-cell' }, w().credit))),
      make('tbody', {}, ...entries.map((e) => make('tr', {}, make('td', {}, ...accountName(e.account_id)),
        cell(e.side === 'debit' ? yuan(e.amount) : ''), cell(e.side === 'credit' ? yuan(e.amount) : '')))),
      make('tfoot', {}, make('tr', {}, make('td', {}, w().sum), cell(yuan(sum('debit'))), cell(yuan(sum('credit')))))),
    message(w().journal, { ...told(show.journal.answer), line: `GET ${show.journal.request.url.replace(/^https?:\/\/[^/]+/, '')}` }, false),
  ];
}

function drawWebhooks() {
  const mine = ourWebhooks();
  return mine.flatMap((hook) => [
    make('div', { class: 'chips' }, chip(hook.type), chip(`✓ ${w().verified}`, 'good')),
    message('POST /webhooks', { headers: hook.headers, body: hook.body }, hook.type === 'payment.succeeded'),
  ]).concat(mine.length ? [make('p', { class: 'time' }, w().written)] : []);
}

const ourWebhooks = () => show.webhooks.filter((hook) => hook.payment === show.id);
const drawings = [drawRequest, drawAnswer, drawPayer, drawCallback, drawJournal, drawWebhooks];

// When each step happened (ms after the click), and which one is under way.
function times() {
  const final = show.states.find((s) => ['succeeded', 'closed', 'failed', 'conflicted'].includes(s.status));
  const told_ = ourWebhooks().filter((hook) => final && hook.type === `payment.${final.status}`)[0];
  return [show.request?.at, show.answer?.at, show.paid?.at, final?.at, show.journal?.at, told_?.at];
}

function draw() {
  const at = show ? times() : [];
  const refused = show?.answer && isBad(show.answer.answer);
  const now = show && !refused ? [0, 1, 2, 3, 4, 5].find((i) => at[i] === undefined && !(i === 2 && show.final)) : undefined;
  $('steps').replaceChildren(...w().steps.map(([title, text], i) => {
    const state = at[i] !== undefined ? 'on' : i === now ? 'now' : 'idle';
    return make('li', { class: `step ${state}`, id: `step-${i + 1}` },
      make('div', { class: 'head' }, make('b', {}, at[i] !== undefined ? '✓' : String(i + 1)), make('h2', {}, title),
        make('span', { class: 'time' }, at[i] !== undefined ? `+${Math.round(at[i])} ms` : i === now ? w().waiting : ''), make('p', {}, text)),
      make('div', { class: 'content' }, ...(show ? drawings[i]().filter(Boolean) : [])));
  }));
  for (const node of document.querySelectorAll('#flow [data-step]')) {
    const steps = node.dataset.step.split(' ').map((n) => Number(n) - 1);
    node.classList.toggle('now', steps.includes(now));
    const reached = !(refused && 'beyond' in node.dataset);
    node.classList.toggle('on', reached && !steps.includes(now) && steps.some((i) => at[i] !== undefined));
  }
  $('pay').textContent = show ? w().again : w().pay;
}

function drawWords() {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  document.title = `${w().title} · ${w().name}`;
  for (const node of document.querySelectorAll('[data-word]')) node.textContent = w()[node.dataset.word];
  $('language').textContent = w().other;
  if ([words.en.subjectValue, words.zh.subjectValue, ''].includes($('subject').value)) $('subject').value = w().subjectValue;
  if ($('method').value === 'mock_qr') document.querySelector('[data-word=channel]').textContent = w().channelMock;
  draw();
}

// ---- events ----

const takers = {
  request: (news) => { show.request = news; },
  answer: (news) => {
    const payment = parsed(news);
    show.answer = news;
    show.id = payment.id;
    if (!isBad(news.answer)) takeState(news, payment);
  },
  payment: (news) => { show.payment = news; takeState(news, parsed(news)); },
  payer: (news) => { show.payers.push(news); if (!isBad(news.answer) && news.request.url.endsWith('/pay')) show.paid = news; },
  channel: (news) => { show.channel = news; },
  attempts: (news) => { show.attempts = news; },
  accounts: (news) => { show.accounts = parsed(news).data; },
  journal: (news) => { show.journal = news; },
};

function takeState(news, payment) {
  if (payment.next_action?.qr_code) { show.code = payment.next_action.qr_code; show.cashier = payment.next_action.cashier_path; }
  if (show.states.at(-1)?.status !== payment.status) show.states.push({ status: payment.status, at: news.at });
  show.final = ['succeeded', 'closed', 'failed', 'conflicted'].includes(payment.status);
  // Paid on the payer's own page: the channel's word is the first we hear of it.
  if (payment.status === 'succeeded' && !show.paid) show.paid = news;
}

function take(name, news) {
  if (waiting) { waiting.push([name, news]); return; }
  if (!show) return;
  if (name === 'webhook') show.webhooks.push(news);
  else if (news.run === show.run) takers[name](news);
  else return;
  draw();
  if (name === 'answer' && show.code) $('step-3').scrollIntoView({ block: 'nearest', behavior: 'smooth' });
}

function listen() {
  const events = new EventSource('/demo/events');
  for (const name of [...Object.keys(takers), 'webhook']) {
    events.addEventListener(name, (event) => take(name, { ...JSON.parse(event.data), at: performance.now() - (show?.startedAt ?? 0) }));
  }
}

// ---- what the visitor does ----

function complain(text) {
  $('problem').textContent = text;
  $('problem').hidden = !text;
}

async function send(path, body) {
  try {
    const answer = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
    const value = await answer.json();
    if (!answer.ok) throw new Error(language === 'zh' ? value.error?.message_zh : value.error?.message);
    return value;
  } catch (error) {
    complain(error instanceof TypeError ? w().unreachable : error.message);
    return null;
  }
}

$('form').addEventListener('submit', async (event) => {
  const match = $('amount').value.trim().match(/^(\d{1,9})(?:\.(\d{1,2}))?$/);
  event.preventDefault();
  complain('');
  if (!match) { complain(w().badAmount); $('amount').focus(); return; }
  waiting = [];
  show = { startedAt: performance.now(), open: new Map(), states: [], payers: [], webhooks: [] };
  $('pay').disabled = true;
  const made = await send('/demo/payments', {
    amount: Number(match[1]) * 100 + Number((match[2] || '').padEnd(2, '0')),
    subject: $('subject').value.trim(), method: $('method').value,
  });
  const early = waiting;
  waiting = null;
  $('pay').disabled = false;
  if (made) show.run = made.run; else show = null;
  for (const [name, news] of early) take(name, news);
  draw();
});
$('language').addEventListener('click', () => { language = language === 'zh' ? 'en' : 'zh'; drawWords(); });
$('method').addEventListener('change', drawWords);

drawWords();
listen();
about = await fetch('/demo/about').then((answer) => answer.json()).catch(() => ({}));
$('docs').href = `${about.base_url}/docs`;
$('console').href = `${about.base_url}/console`;

// What an operator does in the console: cash-outs, settlements, manual vouchers, each in a browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Platform } from '../scenario/lib.mjs';
import { startBrowser } from './browser.mjs';
import { openConsole, text, texts } from './console.mjs';

let p, browser, account;
const open = (hash, options) => openConsole(browser, p, hash, options);

const credited = (no, amount, merchant) => p.operator('POST', '/v1/adjustments', { adjustment_no: no, kind: 'event', event: 'adjustment_credited',
  reason_code: 'goodwill', merchant_id: merchant, currency: 'CNY', amount, reason: 'money for the tests' });

before(async () => {
  p = await Platform.start({ fundMode: 'collect', conf: { TOMATO_MERCHANT_COLLECT_LICENCE: 'true' } });
  account = (await p.made('POST', '/v1/accounts', { merchant_id: p.owner.id, type: 'settlement', currency: 'CNY' })).id;
  await p.card({ merchant_id: p.owner.id, kind: 'corporate', bank_code: 'ICBC', bank_name: 'ICBC', number: '110907890000000001', holder: 'Tomato', is_default: true });
  await p.reviewed(await credited('A1', 100000, p.owner.id));
  browser = await startBrowser();
});
after(async () => { await browser.end(); await p.end(); });

const row = (id) => `document.getElementById(${JSON.stringify(id)})`;
const below = (id) => `${row(id)}.nextElementSibling`;
const field = (form, name) => `${form}.querySelector('[name=${name}]')`;
const fill = (form, values) => Object.entries(values).map(([name, value]) => `{ const node = ${field(form, name)};
  node.value = ${JSON.stringify(value)}; node.dispatchEvent(new Event('input', { bubbles: true })); node.dispatchEvent(new Event('change', { bubbles: true })); }`).join('\n');
const wrongAt = (form, name) => `${field(form, name)}.closest('label').querySelector('.wrong').textContent`;
const buttons = (node) => `[...${node}.querySelectorAll('button')].map((button) => button.textContent)`;
const press = (node, name) => `[...${node}.querySelectorAll('button')].find((button) => button.textContent === ${JSON.stringify(name)}).click()`;
const statusOf = (id) => `${row(id)}.querySelector('.chip').textContent`;

// Fills the form below the row, and gives the review that comes of it.
async function ask(page, id, act, values) {
  await page.run(press(row(id), act));
  await page.run(fill(below(id), values));
  await page.click(`#${id} + tr button.primary`);
  await page.wait(`${below(id)}.querySelector('a[href="#reviews/pending"]') !== null`);
  return page.run(`${below(id)}.querySelector('a[href="#reviews/pending"]').textContent`);
}
const approve = async (review) => assert.equal((await p.operator('POST', `/v1/reviews/${review}/approve`, {})).body.status, 'approved');
async function reload(page, id) {
  const hash = await page.run('location.hash');
  await page.run(`location.hash = 'days'`);
  await page.wait(`${row(id)} === null && document.querySelector('#page h1') !== null`);
  await page.run(`location.hash = ${JSON.stringify(hash)}`);
  await page.wait(`${row(id)} !== null`);
}

// What is refused is an error of the network in the browser's log, but none of the page.
async function fits(page) {
  assert.ok(await page.run('document.documentElement.scrollWidth <= innerWidth'), 'nothing is cut off');
  assert.deepEqual(page.errors().filter((e) => e.method === 'Runtime.exceptionThrown'), []);
}

const cashOut = async (no) => (await p.made('POST', '/v1/cash-outs', { account, amount: 5000, merchant_order_no: no })).id;

test('what became of a cash-out is said step by step, and only what its state allows', async () => {
  const id = await cashOut('W1');
  const page = await open('trades', { width: 1440 });
  assert.deepEqual(await page.run(buttons(row(id))), ['Outcome', 'Cancel']);
  await page.run(press(row(id), 'Outcome'));
  assert.deepEqual(await page.run(`[...${field(below(id), 'outcome')}.options].map((one) => one.value)`), ['sent', 'failed']);
  await page.click(`#${id} + tr button.primary`);
  await page.wait(`${wrongAt(below(id), 'reason')} !== ''`);
  assert.match(await page.run(wrongAt(below(id), 'reason')), /required field is missing|too short/);
  assert.equal(await page.run(`${field(below(id), 'reason')}.getAttribute('aria-invalid')`), 'true');
  const sent = await ask(page, id, 'Outcome', { outcome: 'sent', reason: 'ordered at the bank', evidence: 'B1' });
  const { body: review } = await p.operator('GET', `/v1/reviews/${sent}`);
  assert.deepEqual([review.kind, review.change.outcome, review.evidence, review.status], ['trade.cash_out', 'sent', 'B1', 'pending']);
  await page.wait(`${text('#waiting')} === '1'`);
  await approve(sent);
  await reload(page, id);
  assert.deepEqual([await page.run(statusOf(id)), await page.run(buttons(row(id)))], ['sent', ['Outcome']]);
  await approve(await ask(page, id, 'Outcome', { outcome: 'succeeded', reason: 'paid' }));
  await reload(page, id);
  await page.run(press(row(id), 'Outcome'));
  assert.deepEqual(await page.run(`[...${field(below(id), 'outcome')}.options].map((one) => one.value)`), ['returned']);
  await page.run(`${field(below(id), 'with_fee')}.checked = true`);
  await approve(await ask(page, id, 'Outcome', { reason: 'came back' }));
  await reload(page, id);
  assert.deepEqual([await page.run(statusOf(id)), await page.run(buttons(row(id)))], ['returned', []]);
  await fits(page);
});

test('a cash-out that waits is cancelled at once; one that moved on says so beside the form', async () => {
  const [first, second] = [await cashOut('W2'), await cashOut('W3')];
  const page = await open('trades', { language: 'zh', width: 375 });
  await page.run(press(row(first), '取消'));
  await page.run(fill(below(first), { reason: '不再需要' }));
  await page.click(`#${first} + tr button.primary`);
  await page.wait(`${statusOf(first)} === '已取消'`);
  assert.deepEqual(await page.run(buttons(row(first))), []);
  assert.equal((await p.made('GET', `/v1/cash-outs/${first}`)).reason, '不再需要');
  await page.run(press(row(second), '取消'));
  await p.reviewed(await p.operator('POST', `/v1/cash-outs/${second}/outcome`, { outcome: 'sent', reason: 'at the bank' }));
  await page.run(fill(below(second), { reason: '不再需要' }));
  await page.click(`#${second} + tr button.primary`);
  await page.wait(`${below(second)}.querySelector('.problem') !== null`);
  assert.match(await page.run(`${below(second)}.querySelector('.problem').textContent`), /trade_state/);
  await fits(page);
});

test('a refund made by hand was paid out, when another operator confirms it, or gives its money back', async () => {
  const payment = await p.created({ amount: 10000 });
  await p.pay(payment);
  await p.reaches(payment, 'succeeded');
  const refund = async (no) => (await p.made('POST', '/v1/refunds', { payment_id: payment.id, amount: 1000, merchant_refund_no: no, reason: 'cold soup' })).id;
  const [paid, failed] = [await refund('R1'), await refund('R2')];
  const page = await open('trades');
  assert.deepEqual(await page.run(buttons(row(paid))), ['Paid out', 'Not paid']);
  await approve(await ask(page, paid, 'Paid out', { reason: 'by hand', evidence: 'B3' }));
  await page.run(press(row(failed), 'Not paid'));
  await page.run(fill(below(failed), { reason: 'no such account' }));
  await page.click(`#${failed} + tr button.primary`);
  await page.wait(`${statusOf(failed)} === 'failed'`);
  await reload(page, paid);
  assert.deepEqual([await page.run(statusOf(paid)), await page.run(buttons(row(paid)))], ['succeeded', []]);
  await fits(page);
});

// Of a merchant of its own: there is one of an account and date.
async function settlement(name) {
  const merchant = (await p.made('POST', '/v1/merchants', { merchant_no: name, name, fund_mode: 'collect' })).id;
  const app = await p.made('POST', `/v1/merchants/${merchant}/apps`, { name: 'web' });
  const key = await p.made('POST', `/v1/merchants/${merchant}/keys`, { app: app.id, permissions: 'settle:*' });
  const { id } = await p.made('POST', '/v1/accounts', { merchant_id: merchant, type: 'settlement', currency: 'CNY' });
  await p.reviewed(await p.operator('PUT', `/v1/accounts/${id}/settlement-rule`,
    { cycle: 'week', cycle_days: '1,2,3,4,5,6,7', reserve_days: 0, mode: 'self_service', reason: 'contract' }));
  await p.reviewed(await credited(name, 3000, merchant));
  const answer = await p.merchant('POST', '/v1/settlements', { settlement_no: name, currency: 'CNY', amount: 1000 }, {}, key);
  assert.equal(answer.status, 200, answer.raw);
  return answer.body.id;
}

test('a settlement is paid, then returned, when another operator confirms it, or cancelled while it waits', async () => {
  const first = await settlement('first');
  const page = await open('settlement');
  assert.deepEqual(await page.run(buttons(row(first))), ['Outcome', 'Cancel']);
  await page.run(press(row(first), 'Cancel'));
  await page.click(`#${first} + tr button.primary`);
  await page.wait(`${wrongAt(below(first), 'reason')} !== ''`);
  await page.run(fill(below(first), { reason: 'wrong card' }));
  await page.click(`#${first} + tr button.primary`);
  await page.wait(`${statusOf(first)} === 'cancelled'`);
  assert.deepEqual(await page.run(buttons(row(first))), []);
  const second = await settlement('second');
  await reload(page, first);
  await approve(await ask(page, second, 'Outcome', { outcome: 'paid', reason: 'paid at the bank', evidence: 'B2' }));
  await reload(page, second);
  assert.deepEqual(await page.run(buttons(row(second))), ['Outcome']);
  await approve(await ask(page, second, 'Outcome', { outcome: 'returned', reason: 'account closed' }));
  await reload(page, second);
  assert.deepEqual([await page.run(statusOf(second)), await page.run(buttons(row(second)))], ['returned', []]);
  await fits(page);
});

const choose = (event) => `{ const select = document.querySelector('[name=event]'); select.value = '${event}'; select.dispatchEvent(new Event('change')); }`;
const voucher = `document.querySelector('[name=adjustment_no]').form`;

test('a manual voucher takes the fields of its event, in major units, and tells what is wrong beside each', async () => {
  const page = await open('trades');
  await page.run(choose('channel_settled'));
  assert.deepEqual(await page.run(`[...${voucher}.querySelectorAll('[name]')].map((one) => one.name)`),
    ['channel_account_id', 'currency', 'amount', 'cost', 'adjustment_no', 'reason_code', 'original', 'reason', 'evidence']);
  assert.ok((await page.run(texts('.legs li'))).includes('Debit 1002 Deposits at the bank · Amount − Channel’s cost'), (await page.run(texts('.legs li'))).join());
  const submit = `${voucher}.querySelector('.primary').click()`;
  await page.run(fill(voucher, { channel_account_id: p.mockAccount.id, amount: '1,000.005', reason_code: 'bank_statement', reason: 'settled' }));
  await page.run(submit);
  await page.wait(`${wrongAt(voucher, 'amount')} === 'This is no amount of the currency CNY'`);
  await page.run(fill(voucher, { amount: '1,000.50', cost: '1000.51' }));
  await page.run(submit);
  await page.wait(`${wrongAt(voucher, 'cost')} !== ''`);
  assert.equal(await page.run(wrongAt(voucher, 'amount')), '');
  await page.run(fill(voucher, { cost: '2', adjustment_no: 'V1' }));
  await page.run(submit);
  await page.wait(`document.querySelector('a[href="#reviews/pending"].review') !== null`);
  const review = await page.run(text('a[href="#reviews/pending"].review'));
  const { body } = await p.operator('GET', `/v1/reviews/${review}`);
  assert.deepEqual([body.amount, body.change.cost, body.change.channel_account_id], [100050, 200, p.mockAccount.id]);
  const { name } = await p.made('GET', `/v1/channel-accounts/${p.mockAccount.id}`);
  const checker = await open('reviews', { width: 375 });
  const told = await checker.run(texts(`#${review} dd`));
  for (const one of ['Channel has settled', name, '1,000.50 CNY', '2.00 CNY', 'as the bank’s statement says']) assert.ok(told.includes(one), `${one}: ${told.join('; ')}`);
  assert.equal(await checker.run(`document.querySelector('#${review} details').open`), false);
  await fits(checker);
  await approve(review);
  assert.equal((await p.made('GET', '/v1/adjustments?limit=1')).data[0].adjustment_no, 'V1');
  await fits(page);
});

test('an exchange is told in both currencies, and a difference may be negative', async () => {
  const page = await open('trades', { language: 'zh', width: 375 });
  await page.run(choose('currency_sold'));
  await page.run(fill(voucher, { merchant_id: p.owner.id, other_currency: 'jpy', sold: '70', bought: '1000', rounding: '3', reason_code: 'contract', reason: '换汇', adjustment_no: 'V2' }));
  await page.run(`${voucher}.querySelector('.primary').click()`);
  await page.wait(`document.querySelector('a.review') !== null`);
  const { body } = await p.operator('GET', `/v1/reviews/${await page.run(text('a.review'))}`);
  assert.deepEqual([body.change.sold, body.change.bought, body.change.rounding, body.change.other_currency], [7000, 1000, 3, 'JPY']);
  const bought = await p.operator('POST', '/v1/adjustments', { adjustment_no: 'V7', kind: 'event', event: 'currency_bought', merchant_id: p.owner.id, reason_code: 'contract', reason: 'exchange',
    currency: 'CNY', sold: 7000, other_currency: 'JPY', bought: 1000, rounding: 3 });
  const checker = await open('reviews', { width: 375 });
  const told = async (id) => (await checker.run(texts(`#${id} dd`))).filter((one) => /CNY|JPY/.test(one));
  assert.deepEqual(await told(body.id), ['70.00 CNY', '1,000 JPY', '3 JPY']);
  assert.deepEqual(await told(bought.body.id), ['70.00 CNY', '1,000 JPY', '0.03 CNY']);
  const charged = await p.operator('POST', '/v1/adjustments', { adjustment_no: 'V8', kind: 'event', event: 'platform_fee_charged', merchant_id: p.owner.id, reason_code: 'contract', reason: 'a fee',
    mode: 'collect', currency: 'CNY', fee: 5 });
  assert.equal(charged.status, 202, charged.raw);
  const modes = await open('reviews', { language: 'zh', width: 375 });
  assert.ok((await modes.run(texts(`#${charged.body.id} dd`))).includes('平台收款'));
  await page.run(choose('channel_fee_differed'));
  await page.run(fill(voucher, { channel_account_id: p.mockAccount.id, difference: '-0.04', reason_code: 'difference', reason: '差额', adjustment_no: 'V3' }));
  await page.run(`${voucher}.querySelector('.primary').click()`);
  await page.wait(`document.querySelector('a.review')?.textContent.startsWith('rev_')`);
  const { body: differed } = await p.operator('GET', `/v1/reviews/${await page.run(text('a.review'))}`);
  assert.equal(differed.change.difference, -4);
  assert.deepEqual(await page.run(`[...document.querySelector('[name=event]').options].filter((one) => /[a-z]/.test(one.textContent)).map((one) => one.textContent)`), []);
  await fits(page);
});

test('who checks an adjustment sees the legs that were given, and the journal it is about', async () => {
  await p.reviewed(await credited('V5', 900, p.owner.id));
  const { journal } = (await p.made('GET', '/v1/adjustments?limit=1')).data[0];
  const { entries } = await p.made('GET', `/v1/ledger/journals/${journal}`);
  const other = entries.find((entry) => entry.account_id !== account).account_id;
  const { body: review } = await p.operator('POST', '/v1/adjustments', { adjustment_no: 'V6', kind: 'legs', original: journal, reason_code: 'own_code', reason: 'back',
    legs: [{ account, side: 'credit', amount: 900, matures_on: 20301231 }, { account: other, side: 'debit', amount: 900 }] });
  const page = await open('reviews', { language: 'zh', width: 375 });
  const rows = await page.run(`[...document.querySelectorAll('#${review.id} tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))`);
  assert.deepEqual(rows.map((row) => row.slice(1)), [['', '9.00', 'CNY', '2030-12-31'], ['9.00', '', 'CNY', '']]);
  assert.match(rows[0][0], /应付商户待结算.*番茄小厨/);
  assert.equal(await page.run(text(`#${review.id} a[href="#journal/${journal}"]`)), journal);
  assert.ok((await page.run(texts(`#${review.id} dd`))).includes('own_code'));
  await fits(page);
  await p.operator('POST', `/v1/reviews/${review.id}/withdraw`, {});
});

test('a journal is reversed from where it is shown, once, and tells what was done about it', async () => {
  await p.reviewed(await credited('V4', 700, p.owner.id));
  const { journal } = (await p.made('GET', '/v1/adjustments?limit=1')).data[0];
  const page = await open(`journal/${journal}`, { width: 375 });
  const asked = `document.querySelector('[name=adjustment_no]').form`;
  await page.run(press(`document.getElementById('page')`, 'Reverse'));
  await page.run(fill(asked, { reason_code: 'wrong_amount', reason: 'booked twice' }));
  await page.run(`${asked}.querySelector('.primary').click()`);
  await page.wait(`document.querySelector('a.review') !== null`);
  await fits(page);
  const id = await page.run(text('a.review'));
  const { body } = await p.operator('GET', `/v1/reviews/${id}`);
  assert.deepEqual([body.change.kind, body.change.original, body.amount], ['reversal', journal, 700]);
  await approve(id);
  const after = await open(`journal/${journal}`, { language: 'zh' });
  assert.deepEqual(await after.run(texts('#page section p .chip')), ['红冲']);
  assert.deepEqual(await after.run(texts('#page button')), ['回单（PDF）']);
  await after.click('#page section p a');
  await after.wait(`location.hash !== '#journal/${journal}' && document.querySelector('#page td .entity, #page table') !== null`);
  await fits(after);
});

test('lists name accounts and operators as people do, and tell their ids beside', async () => {
  const { number } = await p.made('GET', `/v1/accounts/${account}`);
  const id = await cashOut('W5');
  await p.stop();
  const named = JSON.parse(p.tool('merchant', 'operator-key', '--name', 'Wang')).secret;
  await p.serve();
  const answer = await p.request('POST', `/v1/accounts/${account}/remark`, { remark: 'regular' }, { Authorization: `Bearer ${named}` });
  assert.equal(answer.status, 200, answer.raw);
  const page = await open(`account/${account}`, { key: named });
  const wang = named.split('_').slice(0, 2).join('_');
  assert.equal(await page.run(text(`#page section:last-child span[title="${wang}"]`)), 'Wang');
  await page.run(`location.hash = 'trades'`);
  await page.wait(`${row(id)} !== null`);
  const cell = `${row(id)}.querySelector('.entity')`;
  assert.deepEqual(await page.run(`[${cell}.querySelector('a').title, ${cell}.textContent]`), [account, `2241 Payable to merchant番茄小厨 Tomato ${number}`]);
  for (const hash of ['settlement', 'reviews/approved', 'trades']) {
    await page.run(`location.hash = '${hash}'`);
    await page.wait(`location.hash === '#${hash}' && document.querySelector('#page h1') !== null && document.querySelector('#page .entity, #page article') !== null`);
    assert.deepEqual((await page.run(texts('#page td a, #page dd'))).filter((one) => /^acc_/.test(one)), [], hash);
  }
  await fits(page);
});

test('in a narrow window amounts are not hidden behind what can be done', async () => {
  const id = await cashOut('W6');
  const page = await open('trades', { language: 'zh', width: 375 });
  const at = (selector) => `${row(id)}.querySelector('${selector}').getBoundingClientRect()`;
  assert.ok(await page.run(`${at('.money')}.right <= ${at('.acts')}.left`));
  await page.run(`location.hash = 'account/${account}'`);
  await page.wait(`document.querySelector('button.plain') !== null`);
  await page.click('button.plain');
  await page.wait(`document.querySelector('.journal .chip') !== null`);
  assert.deepEqual((await page.run(texts('.journal .chip'))).filter((one) => /[a-z]/.test(one)), []);
  assert.ok(await page.run(`document.querySelector('.below').getBoundingClientRect().right <= innerWidth`));
  await fits(page);
});

test('a run that is under way is looked at again until it is done, and a file in the making is asked for once', async () => {
  const page = await open('days');
  const run = (status, done) => ({ date: 20260101, status, done, all: 4, settled: done, skipped: 0, failed: 0, amounts: [] });
  await page.run(`{ const real = fetch; window.asked = 0; window.fetch = async (path, options) => (path.includes('/settlement-runs')
    ? Response.json({ data: [asked++ ? ${JSON.stringify(run('done', 4))} : ${JSON.stringify(run('running', 1))}], has_more: false }) : real(path, options)); }`);
  await page.run(`location.hash = 'settlement'`);
  await page.wait(`(${text('#page section')} ?? '').includes('1 / 4')`);
  await page.wait(`(${text('#page section')} ?? '').includes('4 / 4')`);
  await page.run(`location.hash = 'account/${account}'`);
  await page.wait(`document.querySelector('button.plain') !== null`);
  await page.run(`{ window.files = 0; window.fetch = () => new Promise((good) => { files++; window.answer = good; }); HTMLAnchorElement.prototype.click = function () {}; }`);
  const csv = `[...document.querySelectorAll('#page form button')].at(-2)`;
  await page.run(`window.csv = ${csv}; csv.click(); csv.click()`);
  assert.deepEqual(await page.run('[csv.disabled, csv.textContent, files]'), [true, 'Working…', 1]);
  await page.run(`answer(new Response('a'))`);
  await page.wait(`!csv.disabled && csv.textContent === 'CSV'`);
  assert.equal(await page.run('asked'), 2);
  await fits(page);
});

test('who is not allowed to is told so below the form', async () => {
  const id = await cashOut('W4');
  await p.stop();
  const reader = JSON.parse(p.tool('merchant', 'operator-key', '--permissions', 'trade:read')).secret;
  await p.serve();
  const page = await open('trades', { key: reader });
  await page.run(press(row(id), 'Cancel'));
  await page.run(fill(below(id), { reason: 'no longer wanted' }));
  await page.click(`#${id} + tr button.primary`);
  await page.wait(`${below(id)}.querySelector('.problem') !== null`);
  assert.match(await page.run(`${below(id)}.querySelector('.problem').textContent`), /trade:cash/);
  assert.deepEqual(await page.run(texts('#page h2')), ['Cash-outs', 'Refunds', 'Adjustments']);
});

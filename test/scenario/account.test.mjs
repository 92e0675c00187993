// Accounts as operators manage them and merchants see them.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Platform, until } from './lib.mjs';

let p, merchant, account, channel;
const ok = async (method, path, body) => {
  const answer = await p.operator(method, path, body);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
};
const reviewed = async (path, body) => p.reviewed(await p.operator('POST', path, body));
const credit = (amount, to = account.id) => transfer(channel, to, amount);
let number = Date.now();
const transfer = (from, to, amount) => p.operator('POST', '/v1/ledger/transfers', {
  business_no: ++number,
  legs: [{ account: from, side: 'debit', amount }, { account: to, side: 'credit', amount }],
});
const freeze = (change) => p.operator('POST', `/v1/accounts/${account.id}/freezes`,
  { effect: 'amount', kind: 'risk', reason: 'a test', ...change });
const release = (id, change = {}) => p.operator('POST', `/v1/freezes/${id}/release`, { reason: 'over', ...change });
const get = () => ok('GET', `/v1/accounts/${account.id}`);

before(async () => {
  p = await Platform.start();
  merchant = p.owner.id;
  account = await ok('POST', '/v1/accounts', { merchant_id: merchant, type: 'settlement', currency: 'CNY', remark: 'first' });
  channel = (await ok('POST', '/v1/accounts', { merchant_id: merchant, type: 'deposit', currency: 'CNY' })).id;
  await reviewed(`/v1/accounts/${channel}/credit-line`, { credit_line: 100000000, reason: 'a source of money for the tests' });
});
after(() => p.end());

test('an account has a number that finds it', async () => {
  assert.match(account.number, /^10\d{8}\d{8}\d{2}\d$/);
  assert.equal(account.status, 'open');
  assert.equal((await ok('GET', `/v1/accounts/${account.number}`)).id, account.id);
  const wrong = account.number.slice(0, -1) + ((+account.number.at(-1) + 1) % 10);
  p.refused(await p.operator('GET', `/v1/accounts/${wrong}`), 404, 'ledger_account');
  // Another shard with its own check digit (ISO 7064 MOD 11,10): the serial alone is the account's.
  const digits = account.number.slice(0, -3) + String((+account.number.slice(-3, -1) + 1) % 64).padStart(2, '0');
  const last = (11 - [...digits].reduce((p, d) => ((p + +d) % 10 || 10) * 2 % 11, 10)) % 10;
  p.refused(await p.operator('GET', `/v1/accounts/${digits}${last}`), 404, 'ledger_account');
});

test('opening again answers the same account, or names what differs', async () => {
  const again = { merchant_id: merchant, type: 'settlement', currency: 'CNY', remark: 'first' };
  assert.equal((await ok('POST', '/v1/accounts', again)).id, account.id);
  p.refused(await p.operator('POST', '/v1/accounts', { ...again, remark: 'second' }), 409, 'account_conflict', 'remark');
  p.refused(await p.operator('POST', '/v1/accounts', { ...again, merchant_id: 'mer_0000000000001' }), 404, 'merchant_not_found', 'merchant_id');
});

test('opening again answers the account whatever it has become since', async () => {
  const other = await ok('POST', '/v1/merchants', { merchant_no: 'again', name: 'Again' });
  const again = { merchant_id: other.id, type: 'settlement', currency: 'CNY', remark: 'as asked' };
  const made = await ok('POST', '/v1/accounts', again);
  await ok('POST', `/v1/accounts/${made.id}/remark`, { remark: 'changed since' });
  await ok('POST', `/v1/accounts/${made.id}/freezes`, { effect: 'debit_block', kind: 'risk', reason: 'x' });
  const answer = await ok('POST', '/v1/accounts', again);
  assert.deepEqual([answer.id, answer.remark, answer.debit_blocked], [made.id, 'changed since', true]);
  p.refused(await p.operator('POST', '/v1/accounts', { ...again, remark: 'changed since' }), 409, 'account_conflict', 'remark');
});

test('a merchant sees its own accounts alone', async () => {
  const list = await p.merchant('GET', '/v1/accounts');
  assert.deepEqual(list.body.data.map((a) => a.id).sort(), [account.id, channel].sort());
  assert.equal((await p.merchant('GET', `/v1/accounts/${account.id}`)).body.id, account.id);
  const other = await ok('POST', '/v1/merchants', { merchant_no: 'other', name: 'Other' });
  const theirs = await ok('POST', '/v1/accounts', { merchant_id: other.id, type: 'settlement', currency: 'CNY' });
  p.refused(await p.merchant('GET', `/v1/accounts/${theirs.id}`), 404, 'ledger_account');
  p.refused(await p.merchant('GET', `/v1/accounts/${theirs.number}`), 404, 'ledger_account');
  p.refused(await p.merchant('GET', `/v1/accounts?merchant_id=${other.id}&limit=0`), 400, 'field_range', 'limit');
  assert.equal((await p.merchant('GET', `/v1/accounts?merchant_id=${other.id}`)).body.data.length, 2);
});

test('accounts are listed in pages', async () => {
  const first = await ok('GET', `/v1/accounts?merchant_id=${merchant}&limit=1`);
  assert.equal(first.has_more, true);
  const second = await ok('GET', `/v1/accounts?merchant_id=${merchant}&limit=1&starting_after=${first.next_cursor}`);
  assert.equal(second.has_more, false);
  assert.notEqual(first.data[0].id, second.data[0].id);
});

test('a list shows each account as it is shown alone', async () => {
  await ok('POST', `/v1/accounts/${channel}/remark`, { remark: 'a source of money' });
  const { data } = await ok('GET', '/v1/accounts?limit=200');
  assert.deepEqual(new Set(data.map((a) => a.remark)), new Set(['first', 'changed since', 'a source of money', undefined]));
  for (const one of data) { assert.deepEqual(await ok('GET', `/v1/accounts/${one.id}`), one); }
});

test('an amount is frozen and released in part', async () => {
  assert.equal((await credit(1000)).status, 200);
  const answer = await freeze({ amount: 300 });
  assert.equal(answer.status, 200);
  const hold = answer.body;
  assert.equal(hold.status, 'open');
  let now = await get();
  assert.deepEqual([now.balance, now.held, now.available], [1000, 300, 700]);
  assert.equal((await release(hold.id, { amount: 100 })).body.released, 100);
  now = await get();
  assert.deepEqual([now.held, now.available], [200, 800]);
  p.refused(await release(hold.id, { amount: 201 }), 409, 'ledger_hold_exceeded', 'amount');
  assert.equal((await release(hold.id)).body.status, 'closed');
  p.refused(await release(hold.id), 409, 'ledger_hold_closed', 'hold');
  p.refused(await freeze({ amount: 1001 }), 409, 'ledger_insufficient', 'account');
});

test('freezes overlap; each ends by its own release', async () => {
  const credits = (await freeze({ effect: 'credit_block' })).body;
  const debits = (await freeze({ effect: 'debit_block' })).body;
  let now = await get();
  assert.deepEqual([now.credit_blocked, now.debit_blocked, now.holds], [true, true, 2]);
  p.refused(await credit(1), 409, 'ledger_credit_blocked', 'legs[1].account');
  p.refused(await transfer(account.id, channel, 1), 409, 'ledger_debit_blocked', 'legs[0].account');
  await release(debits.id);
  now = await get();
  assert.deepEqual([now.credit_blocked, now.debit_blocked], [true, false]);
  await release(credits.id);
  assert.equal((await get()).holds, 0);
  const list = await ok('GET', `/v1/accounts/${account.id}/freezes?limit=2`);
  assert.deepEqual(list.data.map((f) => f.id), [debits.id, credits.id]);
  assert.equal(list.has_more, true);
});

test('a freeze that begins and ends by its time is in the history', async () => {
  const at = (ms) => new Date(Date.now() + ms).toISOString();
  const block = (await freeze({ effect: 'credit_block', starts_at: at(400), expires_at: at(900) })).body;
  assert.equal(block.status, 'waiting');
  const newest = async () => (await ok('GET', `/v1/accounts/${account.id}/history?limit=3`)).data;
  await until(async () => (await newest())[0].action === 'freeze_expired', 'the end of the freeze', 20);
  const rows = await newest();
  assert.deepEqual(rows.map((h) => [h.action, h.before.credit_blocks, h.after.credit_blocks]),
    [['freeze_expired', 1, 0], ['freeze_started', 0, 1], ['frozen', 0, 0]]);
  assert.deepEqual(rows.map((h) => h.operator_id === undefined), [true, true, false]);
  assert.deepEqual(rows.map((h) => h.hold), [block.id, block.id, block.id]);
  assert.equal(rows[0].reason, 'a test');
  const blocked = { effect: 'credit_block', kind: 'risk', amount: 0, left: 0 };
  assert.deepEqual(rows.map((h) => h.hold_step), ['expired', 'open', 'waiting'].map((status) => ({ ...blocked, status })));
});

test('the history says which freeze a row is about, and what the step did with it', async () => {
  const waiting = (await freeze({ kind: 'judicial', amount: 5000000, may_wait: true, document_no: 'doc 7' })).body;
  await reviewed(`/v1/freezes/${waiting.id}/release`, { amount: 4000000, reason: 'in part' });
  await reviewed(`/v1/freezes/${waiting.id}/release`, { reason: 'the rest' });
  const open = (await freeze({ amount: 100 })).body;
  await reviewed(`/v1/freezes/${open.id}/deduct`, { amount: 30, reason: 'an order' });
  await release(open.id);
  await ok('POST', `/v1/accounts/${account.id}/remark`, { remark: 'no hold' });
  const rows = (await ok('GET', `/v1/accounts/${account.id}/history?limit=7`)).data;
  assert.deepEqual(rows[6].before, rows[6].after); // it waits: only the hold tells of it
  const court = { effect: 'amount', kind: 'judicial', document_no: 'doc 7' };
  const risk = { effect: 'amount', kind: 'risk' };
  assert.deepEqual(rows.map((row) => row.hold), [undefined, open.id, open.id, open.id, waiting.id, waiting.id, waiting.id]);
  assert.deepEqual(rows.map((row) => [row.action, row.hold_step]), [
    ['remarked', undefined],
    ['released', { ...risk, status: 'closed', amount: 70, left: 0 }],
    ['deducted', { ...risk, status: 'open', amount: 30, left: 70 }],
    ['frozen', { ...risk, status: 'open', amount: 100, left: 100 }],
    ['released', { ...court, status: 'closed', amount: 1000000, left: 0 }],
    ['released', { ...court, status: 'waiting', amount: 4000000, left: 1000000 }],
    ['frozen', { ...court, status: 'waiting', amount: 5000000, left: 5000000 }],
  ]);
  await ok('POST', `/v1/accounts/${account.id}/remark`, { remark: 'first' });
});

test('what comes is kept for a freeze that waits for money', async () => {
  const before = await get();
  const wait = (await freeze({ amount: before.available + 500, may_wait: true })).body;
  assert.equal(wait.status, 'waiting');
  let now = await get();
  assert.deepEqual([now.awaited, now.available, now.balance], [before.available + 500, 0, before.balance]);
  p.refused(await transfer(account.id, channel, 1), 409, 'ledger_insufficient', 'legs[0].account');
  await credit(400);
  p.refused(await freeze({ amount: 1 }), 409, 'ledger_insufficient', 'account');
  p.refused(await transfer(account.id, channel, 1), 409, 'ledger_insufficient', 'legs[0].account');
  assert.equal((await release(wait.id, { amount: 200 })).body.status, 'waiting');
  now = await get();
  assert.deepEqual([now.awaited, now.available], [before.available + 300, 100]);
  await release(wait.id);
  await transfer(account.id, channel, 400);
  now = await get();
  assert.deepEqual([now.awaited, now.available], [0, before.available]);
});

test('the kinds of orders and of entries that wait are no freezes', async () => {
  for (const kind of ['withdrawal', 'refund', 'preauthorisation', 'deposit', 'pending']) {
    p.refused(await freeze({ kind, amount: 1 }), 400, 'field_value', 'kind');
    p.refused(await freeze({ kind, effect: 'debit_block' }), 400, 'field_value', 'kind');
  }
  await release((await freeze({ kind: 'dispute', amount: 1 })).body.id);
});

test('what is wrong with a freeze is named', async () => {
  const at = (ms) => new Date(Date.now() + ms).toISOString();
  p.refused(await freeze({ effect: 'debit_block', amount: 1 }), 400, 'ledger_block_amount', 'amount');
  p.refused(await freeze({ amount: 0 }), 400, 'ledger_amount', 'amount');
  p.refused(await freeze({ amount: 1, starts_at: at(90000), expires_at: at(60000) }), 400, 'ledger_hold_times', 'starts_at');
  p.refused(await freeze({ amount: 1, expires_at: at(-1000) }), 409, 'ledger_hold_expired', 'expires_at');
});

test('no amount ends all of a freeze, and nothing is no amount', async () => {
  const hold = (await freeze({ amount: 5 })).body;
  for (const amount of [0, -1]) {
    p.refused(await release(hold.id, { amount }), 400, 'field_range', 'amount');
    p.refused(await p.operator('POST', `/v1/freezes/${hold.id}/deduct`, { amount, reason: 'x' }), 400, 'field_range', 'amount');
  }
  assert.equal((await release(hold.id)).body.released, 5);
});

test('a judicial freeze names its document', async () => {
  p.refused(await freeze({ kind: 'judicial', amount: 1 }), 400, 'field_required', 'document_no');
  const hold = (await freeze({ kind: 'judicial', amount: 1, document_no: '(2026)沪01执1号', rank: 1 })).body;
  assert.equal(hold.document_no, '(2026)沪01执1号');
  await p.reviewed(await release(hold.id));
  assert.equal((await ok('GET', `/v1/accounts/${account.id}/freezes?limit=1`)).data[0].status, 'closed');
});

test('a forced deduction goes through a block, after a review', async () => {
  const before = await get();
  const block = (await freeze({ effect: 'debit_block' })).body;
  const hold = (await freeze({ kind: 'judicial', amount: 40, document_no: '(2026)沪01执2号' })).body;
  p.refused(await p.operator('POST', `/v1/freezes/${block.id}/deduct`, { reason: 'x' }), 409, 'ledger_hold_block', 'hold');
  p.refused(await p.operator('POST', `/v1/freezes/${hold.id}/deduct`, { amount: 41, reason: 'x' }), 409, 'ledger_hold_exceeded', 'amount');
  const asked = await p.operator('POST', `/v1/freezes/${hold.id}/deduct`, { amount: 30, reason: 'the court takes it' });
  assert.equal((await get()).balance, before.balance);
  const review = await p.reviewed(asked);
  const now = await get();
  assert.deepEqual([now.balance, now.held], [before.balance - 30, before.held + 10]);
  const { data } = await ok('GET', `/v1/accounts/${account.id}/history?limit=1`);
  assert.deepEqual([data[0].action, data[0].hold, data[0].review, data[0].before.balance],
    ['deducted', hold.id, review.id, before.balance]);
  const entry = (await ok('GET', `/v1/ledger/accounts/${account.id}/statement?limit=1`)).data[0];
  const journal = await ok('GET', `/v1/ledger/journals/${entry.journal_id}`);
  assert.deepEqual([journal.event, journal.source, journal.operation, journal.memo],
    ['balance_deducted', 'operator', 'deducted', '(2026)沪01执2号']);
  await p.reviewed(await release(hold.id));
  await release(block.id);
});

test('an amount that a double does not hold exactly is refused', async () => {
  const line = (amount) => p.operator('POST', `/v1/accounts/${account.id}/credit-line`, { credit_line: amount, reason: 'a test' });
  const beyond = 2 ** 53;
  p.refused(await line(beyond), 400, 'field_range', 'credit_line');
  p.refused(await freeze({ amount: beyond, may_wait: true }), 400, 'field_range', 'amount');
  p.refused(await freeze({ amount: beyond - 1 }), 409, 'ledger_insufficient', 'account');
  const { status, body: review } = await line(beyond - 1);
  assert.deepEqual([status, review.amount], [202, beyond - 1]);
  await ok('POST', `/v1/reviews/${review.id}/withdraw`, {});
});

test('every change is in the history, before and after', async () => {
  await reviewed(`/v1/accounts/${account.id}/credit-line`, { credit_line: 50, reason: 'trusted' });
  const { data } = await ok('GET', `/v1/accounts/${account.id}/history?limit=200`);
  assert.equal(data[0].action, 'credit_line');
  assert.equal(data[0].before.credit_line, 0);
  assert.equal(data[0].after.credit_line, 50);
  assert.equal(data[0].reason, 'trusted');
  assert.match(data[0].operator_id, /^op_/);
  assert.deepEqual(data.map((h) => h.number), data.map((_, i) => data.length - i));
  assert.equal(data.at(-1).action, 'opened');
  const frozen = data.find((h) => h.action === 'frozen' && h.after.held === 300);
  assert.equal(frozen.before.held, 0);
  const [whole, part] = data.filter((h) => h.hold === frozen.hold && h.action === 'released');
  assert.deepEqual([whole.before.held, whole.after.held, part.before.held, part.after.held], [200, 0, 300, 200]);
  assert.deepEqual([data[0].hold, data.at(-1).hold], [undefined, undefined]);
  await reviewed(`/v1/accounts/${account.id}/credit-line`, { credit_line: 50, reason: 'again' });
  assert.equal((await ok('GET', `/v1/accounts/${account.id}/history?limit=1`)).data[0].number, data[0].number);
  await reviewed(`/v1/accounts/${account.id}/credit-line`, { credit_line: 0, reason: 'no more' });
});

// The seed never stored a remark.
test('A18: a remark is kept', async () => {
  assert.equal((await ok('POST', `/v1/accounts/${account.id}/remark`, { remark: '备注' })).remark, '备注');
  assert.equal((await get()).remark, '备注');
});

test('an account is cancelled when nothing is left, with a code for each thing that is', async () => {
  const cancel = () => p.operator('POST', `/v1/accounts/${account.id}/cancel`, { reason: 'the shop has closed' });
  p.refused(await cancel(), 409, 'ledger_account_balance', 'account');
  assert.equal((await transfer(account.id, channel, (await get()).balance)).status, 200);
  const block = (await freeze({ effect: 'debit_block' })).body;
  p.refused(await cancel(), 409, 'ledger_account_held', 'account');
  await release(block.id);
  await reviewed(`/v1/accounts/${account.id}/deferred`, { deferred: true, reason: 'a busy one' });
  assert.equal((await credit(5)).status, 200);
  assert.equal((await get()).balance + (await get()).pending > 0, true);
  await reviewed(`/v1/accounts/${account.id}/deferred`, { deferred: false, reason: 'no longer' });
  for (let i = 0; i < 100 && (await get()).pending > 0; i++) await new Promise((r) => setTimeout(r, 50));
  assert.deepEqual([(await get()).balance, (await get()).pending], [5, 0]);
  await transfer(account.id, channel, 5);
  assert.equal((await ok('POST', `/v1/accounts/${account.id}/cancel`, { reason: 'closed' })).status, 'cancelled');
  p.refused(await credit(1), 409, 'ledger_account_closed', 'legs[1].account');
});

// The seed kept card numbers in clear.
test('A19: bank cards are sealed, masked and found again', async () => {
  const body = {
    merchant_id: merchant, kind: 'private', bank_code: 'ICBC', bank_name: '中国工商银行',
    number: '6222021234567890128', holder: '张三丰', reason: 'form 7',
  };
  p.refused(await p.operator('POST', '/v1/bank-cards', { ...body, merchant_id: 'mer_0000000000001' }), 404, 'merchant_not_found', 'merchant_id');
  const card = await p.card(body);
  assert.equal(card.number, '622202*********0128');
  assert.equal(card.is_default, true);
  assert.equal('holder' in card, false);
  p.refused(await p.operator('POST', '/v1/bank-cards', body), 409, 'account_card_exists', 'number');
  p.refused(await p.operator('POST', '/v1/bank-cards', { ...body, number: '6222021234567890129' }), 400, 'field_format', 'number');
  const second = await p.card({ ...body, kind: 'corporate', number: '110907890000000001', is_default: true });
  let { data } = await ok('GET', `/v1/bank-cards?merchant_id=${merchant}`);
  assert.deepEqual(data.map((c) => [c.id, c.is_default]), [[second.id, true], [card.id, false]]);
  p.refused(await p.operator('POST', `/v1/bank-cards/${second.id}/remove`, { merchant_id: merchant, reason: 'closed' }), 409, 'account_card_default', 'id');
  await p.reviewed(await p.operator('POST', `/v1/bank-cards/${card.id}/default`, { merchant_id: merchant, reason: 'asked to' }));
  await p.reviewed(await p.operator('POST', `/v1/bank-cards/${second.id}/remove`, { merchant_id: merchant, reason: 'closed' }));
  ({ data } = await ok('GET', `/v1/bank-cards?merchant_id=${merchant}`));
  assert.deepEqual(data.map((c) => [c.id, c.is_default]), [[card.id, true]]);
  await p.card({ ...body, kind: 'corporate', number: '110907890000000001' });
  if (process.env.TOMATO_TEST_STORE !== 'mysql') {
    for (const name of readdirSync(p.data).filter((n) => n.includes('.db'))) {
      const bytes = readFileSync(join(p.data, name));
      assert.equal(bytes.includes('6222021234567890128'), false);
      assert.equal(bytes.includes('张三丰'), false);
    }
  }
});

test('where settlements are paid to is changed by two operators, and noted', async () => {
  const { id: owner } = await ok('POST', '/v1/merchants', { merchant_no: 'two-pairs', name: 'Two pairs' });
  const body = {
    merchant_id: owner, kind: 'corporate', bank_code: 'ICBC', bank_name: 'ICBC', number: '110907890000000001',
    holder: '番茄小厨有限公司',
  };
  const cards = async () => (await ok('GET', `/v1/bank-cards?merchant_id=${owner}`)).data;
  p.refused(await p.operator('POST', '/v1/bank-cards', body), 400, 'field_required', 'reason');
  const asked = await p.operator('POST', '/v1/bank-cards', { ...body, reason: 'opened', evidence: 'doc 1' });
  assert.equal(asked.status, 202, asked.raw);
  assert.deepEqual([asked.body.kind, asked.body.subject, asked.body.status], ['account.card', owner, 'pending']);
  assert.deepEqual([asked.body.change.action, asked.body.change.number, asked.body.change.holder], ['add', '110907********0001', '番**']);
  assert.equal(asked.raw.includes('110907890000000001'), false);
  assert.deepEqual(await cards(), []);
  // Sent again it is the same review; another holder is another change.
  const again = await p.operator('POST', '/v1/bank-cards', { ...body, reason: 'opened', evidence: 'doc 1' });
  assert.equal(again.body.id, asked.body.id);
  p.refused(await p.checker('POST', '/v1/bank-cards', { ...body, reason: 'opened', evidence: 'doc 1' }), 409, 'review_pending', 'maker');
  const other = await p.operator('POST', '/v1/bank-cards', { ...body, holder: '番某', reason: 'opened', evidence: 'doc 1' });
  assert.notEqual(other.body.id, asked.body.id);
  p.refused(await p.operator('POST', `/v1/reviews/${asked.body.id}/approve`, {}), 403, 'review_self');
  await p.reviewed(asked);
  const [first] = await cards();
  assert.deepEqual([first.number, first.is_default], ['110907********0001', true]);
  const late = (await p.checker('POST', `/v1/reviews/${other.body.id}/approve`, {})).body;
  assert.deepEqual([late.status, late.error_code, late.error_param], ['failed', 'account_card_exists', 'number']);
  // A rejected card is none, and can be asked for again.
  const rejected = await p.operator('POST', '/v1/bank-cards', { ...body, number: '110907890000000002', reason: 'second' });
  assert.equal((await p.checker('POST', `/v1/reviews/${rejected.body.id}/reject`, {})).body.status, 'rejected');
  assert.equal((await cards()).length, 1);
  const second = await p.card({ ...body, number: '110907890000000002', reason: 'second' });
  assert.equal(second.is_default, false);
  // Which one is paid to.
  const at = `/v1/bank-cards/${second.id}/default`;
  const move = await p.operator('POST', at, { merchant_id: owner, reason: 'the first bank closes' });
  assert.equal(move.status, 202, move.raw);
  assert.equal((await cards()).find((c) => c.is_default).id, first.id);
  await p.reviewed(move);
  assert.equal((await cards()).find((c) => c.is_default).id, second.id);
  assert.equal((await ok('POST', at, { merchant_id: owner, reason: 'again' })).id, second.id);
  // A rule may name the card that is removed: its money then goes to the default one.
  const removal = `/v1/bank-cards/${first.id}/remove`;
  p.refused(await p.operator('POST', removal, { merchant_id: owner }), 400, 'field_required', 'reason');
  p.refused(await p.operator('POST', removal, { merchant_id: merchant, reason: 'closed' }), 404, 'account_card');
  const gone = await p.operator('POST', removal, { merchant_id: owner, reason: 'closed', evidence: 'doc 2' });
  assert.deepEqual([gone.status, gone.body.kind, gone.body.change.action, gone.body.change.card, gone.body.change.number],
    [202, 'account.card', 'remove', first.id, '110907********0001'], gone.raw);
  p.refused(await p.operator('POST', `/v1/reviews/${gone.body.id}/approve`, {}), 403, 'review_self');
  assert.equal((await cards()).length, 2);
  await p.reviewed(gone);
  assert.deepEqual((await cards()).map((c) => c.id), [second.id]);
  p.refused(await p.operator('POST', removal, { merchant_id: owner, reason: 'closed' }), 404, 'account_card');
  const { data } = await ok('GET', `/v1/bank-card-changes?merchant_id=${owner}`);
  assert.deepEqual(data.map((c) => [c.action, c.card_id, c.reason]), [['removed', first.id, 'closed'],
    ['made_default', second.id, 'the first bank closes'], ['added', second.id, 'second'], ['added', first.id, 'opened']]);
  const change = data[1];
  assert.equal(change.review_id, move.body.id);
  assert.equal(change.operator_id, move.body.maker_id);
  assert.notEqual(change.reviewer_id, change.operator_id);
  assert.deepEqual([change.before.default_card, change.before.default_number], [first.id, '110907********0001']);
  assert.deepEqual([change.after.default_card, change.after.is_default], [second.id, true]);
  assert.deepEqual([data[0].review_id, data[0].operator_id, data[0].reviewer_id], [gone.body.id, gone.body.maker_id, change.reviewer_id]);
  assert.deepEqual([data[0].before.status, data[0].after.status], ['active', 'removed']);
  // What has become the default one meanwhile stays.
  const third = await p.card({ ...body, number: '110907890000000003', reason: 'third' });
  const slip = await p.operator('POST', `/v1/bank-cards/${third.id}/remove`, { merchant_id: owner, reason: 'a slip' });
  await p.reviewed(await p.operator('POST', `/v1/bank-cards/${third.id}/default`, { merchant_id: owner, reason: 'it is used' }));
  const kept = (await p.checker('POST', `/v1/reviews/${slip.body.id}/approve`, {})).body;
  assert.deepEqual([kept.status, kept.error_code, kept.error_param], ['failed', 'account_card_default', 'id']);
  assert.equal((await cards()).find((c) => c.is_default).id, third.id);
  const page = await ok('GET', `/v1/bank-card-changes?merchant_id=${owner}&limit=3`);
  assert.equal((await ok('GET', `/v1/bank-card-changes?merchant_id=${owner}&limit=1&starting_after=${page.next_cursor}`)).data[0].id, data[1].id);
});

test('one change of the default card waits for its review at a time', async () => {
  const owner = (await ok('POST', '/v1/merchants', { merchant_no: 'default', name: 'Default' })).id;
  const card = (number) => p.card({ merchant_id: owner, kind: 'corporate', bank_code: 'ICBC', bank_name: 'ICBC', number, holder: 'Default' });
  await card('110907890000000001');
  const [second, third] = [await card('110907890000000002'), await card('110907890000000003')];
  const move = (to) => p.operator('POST', `/v1/bank-cards/${to.id}/default`, { merchant_id: owner, reason: 'a test' });
  const asked = await move(second);
  assert.equal(asked.status, 202, asked.raw);
  p.refused(await move(third), 409, 'review_pending', 'change');
  await p.reviewed(asked);
  assert.equal((await move(third)).status, 202);
});

test('entries that wait are listed, and applied by themselves', async () => {
  const other = await ok('POST', '/v1/merchants', { merchant_no: 'busy', name: 'Busy' });
  const busy = await ok('POST', '/v1/accounts', { merchant_id: other.id, type: 'settlement', currency: 'CNY' });
  await reviewed(`/v1/accounts/${busy.id}/deferred`, { deferred: true, reason: 'a busy one' });
  const block = await ok('POST', `/v1/accounts/${busy.id}/freezes`, { effect: 'debit_block', kind: 'risk', reason: 'x' });
  await release(block.id);
  for (let i = 1; i <= 3; i++) assert.equal((await credit(i, busy.id)).status, 200);
  const waiting = (await ok('GET', `/v1/ledger/pending-entries?account_id=${busy.id}&limit=2`)).data;
  assert.deepEqual(waiting.map((e) => [e.number, e.amount, e.status]), [[1, 1, 'waiting'], [2, 2, 'waiting']]);
  for (let i = 0; i < 200 && (await ok('GET', `/v1/accounts/${busy.id}`)).pending > 0; i++) {
    await new Promise((r) => setTimeout(r, 50));
  }
  const now = await ok('GET', `/v1/accounts/${busy.id}`);
  assert.deepEqual([now.balance, now.pending], [6, 0]);
  const applied = (await ok('GET', `/v1/ledger/pending-entries?account_id=${busy.id}&status=applied&limit=200`)).data;
  assert.deepEqual(applied.map((e) => e.amount), [1, 2, 3]);
  assert.ok(applied.every((e) => e.journal_id.startsWith('jnl_')));
  assert.equal((await p.operator('POST', `/v1/ledger/accounts/${busy.id}/pending-entries/retry`)).status, 204);
  p.refused(await p.operator('POST', '/v1/ledger/accounts/acc_0000000000001/pending-entries/retry'), 404, 'ledger_account');
});

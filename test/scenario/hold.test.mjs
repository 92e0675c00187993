// Whose hold it is: each is ended by who placed it, and by nobody else.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Platform } from './lib.mjs';

let p, account, other, key;
let number = Date.now();
const step = (hold, what, body) => p.operator('POST', `/v1/ledger/holds/${hold}/${what}`, { business_no: ++number, reason: 'a step', ...body });
const legs = (amount, from = account.id, to = other.id) => [
  { account: from, side: 'debit', amount }, { account: to, side: 'credit', amount }];
const freeze = (change) => p.made('POST', `/v1/accounts/${account.id}/freezes`,
  { effect: 'amount', kind: 'risk', amount: 100, reason: 'a test', ...change });
const place = (change) => p.operator('POST', '/v1/ledger/holds',
  { business_no: ++number, account: account.id, kind: 'withdrawal', amount: 100, reason: 'a hold', ...change });
const held = async () => (await p.operator('GET', `/v1/accounts/${account.id}`)).body.held;
const holdOf = async (id) => (await p.operator('GET', `/v1/ledger/holds/${id}`)).body;

before(async () => {
  p = await Platform.start({ fundMode: 'collect', conf: { TOMATO_MERCHANT_COLLECT_LICENCE: 'true' } });
  account = await p.made('POST', '/v1/accounts', { merchant_id: p.owner.id, type: 'settlement', currency: 'CNY' });
  other = await p.made('POST', '/v1/accounts', { merchant_id: p.owner.id, type: 'deposit', currency: 'CNY' });
  await p.reviewed(await p.operator('POST', `/v1/accounts/${other.id}/credit-line`, { credit_line: 100000000, reason: 'a source of money' }));
  await p.made('POST', '/v1/ledger/transfers', { business_no: ++number, legs: legs(100000, other.id, account.id) });
  key = await p.made('POST', `/v1/merchants/${p.owner.id}/keys`, { app: p.app.id, permissions: 'payment:* trade:* settle:*' });
  await p.card({ merchant_id: p.owner.id, kind: 'corporate', bank_code: 'ICBC',
    bank_name: 'ICBC', number: '110907890000000001', holder: 'Tomato', is_default: true });
});
after(() => p.end());

// Neither API ends a hold that is the other's, or a state machine's.
const refusedByLedger = async (hold) => {
  p.refused(await step(hold, 'release', { whole: true }), 409, 'ledger_hold_foreign', 'hold');
  p.refused(await step(hold, 'capture', { legs: legs(1) }), 409, 'ledger_hold_foreign', 'hold');
};
const refusedByFreezes = async (hold) => {
  p.refused(await p.operator('POST', `/v1/freezes/${hold}/release`, { reason: 'x' }), 409, 'ledger_hold_foreign', 'hold');
  p.refused(await p.operator('POST', `/v1/freezes/${hold}/deduct`, { reason: 'x' }), 409, 'ledger_hold_foreign', 'hold');
};

test('a freeze is not ended over the ledger', async () => {
  for (const change of [{}, { kind: 'judicial', document_no: '(2026)沪01执1号' }]) {
    const hold = await freeze(change);
    const before = await held();
    assert.equal((await holdOf(hold.id)).source, 'operator');
    await refusedByLedger(hold.id);
    assert.equal(await held(), before);
    const answer = await p.operator('POST', `/v1/freezes/${hold.id}/release`, { reason: 'over' });
    if (change.kind === 'judicial') { await p.reviewed(answer); } else { assert.equal(answer.status, 200, answer.raw); }
    assert.equal(await held(), before - 100);
  }
});

test('a block is not lifted over the ledger', async () => {
  const block = await freeze({ effect: 'debit_block', amount: undefined });
  await refusedByLedger(block.id);
  assert.equal((await p.operator('POST', `/v1/freezes/${block.id}/release`, { reason: 'over' })).status, 200);
});

test('freezes are not placed over the ledger', async () => {
  for (const kind of ['judicial', 'risk', 'pending']) {
    p.refused(await place({ kind }), 400, 'field_value', 'kind');
  }
});

test('a hold of the ledger is ended there, not as a freeze', async () => {
  const made = await place();
  assert.equal(made.status, 200, made.raw);
  const hold = made.body.hold_id;
  assert.equal((await holdOf(hold)).source, 'api');
  await refusedByFreezes(hold);
  assert.equal((await step(hold, 'capture', { legs: legs(40) })).status, 200);
  assert.equal((await step(hold, 'release', { whole: true })).status, 200);
  assert.equal((await holdOf(hold)).status, 'closed');
});

test('what an operator does with a hold has a reason and is in the history of its account', async () => {
  const history = async (count) => (await p.operator('GET', `/v1/accounts/${account.id}/history?limit=${count}`)).body.data;
  p.refused(await place({ reason: undefined }), 400, 'field_required', 'reason');
  p.refused(await place({ reason: '' }), 400, 'field_length', 'reason');
  const [{ number: first }] = await history(1);
  const body = { business_no: ++number, account: account.id, kind: 'dispute', amount: 100, reason: 'complaint 7' };
  const made = await p.operator('POST', '/v1/ledger/holds', body);
  assert.equal((await p.operator('POST', '/v1/ledger/holds', body)).body.exists, true); // noted once
  const hold = made.body.hold_id;
  for (const [what, rest] of [['capture', { legs: legs(1) }], ['release', { whole: true }]]) {
    p.refused(await step(hold, what, { ...rest, reason: undefined }), 400, 'field_required', 'reason');
  }
  const start = (await history(1))[0].after;
  assert.equal((await step(hold, 'capture', { legs: legs(40), reason: 'agreed' })).status, 200);
  assert.equal((await step(hold, 'release', { whole: true, reason: 'the rest' })).status, 200);
  p.refused(await step(hold, 'release', { whole: true }), 409, 'ledger_hold_closed', 'hold');
  const rows = await history(3);
  assert.deepEqual(rows.map((row) => [row.number, row.action, row.reason]), [[first + 3, 'hold_released', 'the rest'],
    [first + 2, 'hold_captured', 'agreed'], [first + 1, 'hold_placed', 'complaint 7']]);
  assert.deepEqual(rows.map((row) => row.hold), [hold, hold, hold]);
  assert.deepEqual(rows.map((row) => [row.before.held - start.held, row.after.held - start.held, row.after.balance - row.before.balance]),
    [[-40, -100, 0], [0, -40, -40], [-100, 0, 0]]);
  assert.ok(rows.every((row) => /^op_/.test(row.operator_id)));
  assert.deepEqual(rows.map((row) => row.hold_step), [['closed', 60, 0], ['open', 40, 60], ['open', 100, 100]]
    .map(([status, amount, left]) => ({ effect: 'amount', kind: 'dispute', status, amount, left })));
});

test('a hold that an operator placed with an end is noted when it ends', async () => {
  const made = await place({ reason: 'for a second', expires_at: new Date(Date.now() + 1500).toISOString() });
  assert.equal(made.status, 200, made.raw);
  const newest = async () => (await p.operator('GET', `/v1/accounts/${account.id}/history?limit=1`)).body.data[0];
  for (let i = 0; i < 200 && (await newest()).action !== 'hold_expired'; i++) await new Promise((r) => setTimeout(r, 50));
  const row = await newest();
  assert.deepEqual([row.action, row.reason, row.before.held - row.after.held, 'operator_id' in row], ['hold_expired', 'for a second', 100, false]);
  assert.deepEqual([row.hold, row.hold_step.status, row.hold_step.amount, row.hold_step.left], [made.body.hold_id, 'expired', 100, 0]);
});

test("a cash-out's hold ends with the cash-out", async () => {
  const made = await p.merchant('POST', '/v1/cash-outs', { account: account.id, amount: 1000, merchant_order_no: 'W1' }, {}, key);
  assert.equal(made.status, 200, made.raw);
  const [newest] = (await p.operator('GET', `/v1/accounts/${account.id}/history?limit=1`)).body.data;
  assert.equal(newest.action, 'hold_expired'); // the cash-out itself tells of its hold
  assert.equal((await holdOf(made.body.hold)).source, 'cash');
  await refusedByLedger(made.body.hold);
  await refusedByFreezes(made.body.hold);
  assert.equal((await holdOf(made.body.hold)).status, 'open');
});

test("a refund's holds end with the refund", async () => {
  const payment = await p.created({ amount: 1000 });
  await p.pay(payment);
  await p.reaches(payment, 'succeeded');
  const made = await p.operator('POST', '/v1/refunds', { payment_id: payment.id, amount: 400, merchant_refund_no: 'R1', reason: 'cold soup' });
  assert.equal(made.status, 200, made.raw);
  const holds = [made.body.hold, made.body.immature_hold].filter(Boolean);
  assert.ok(holds.length > 0);
  for (const hold of holds) {
    assert.equal((await holdOf(hold)).source, 'refund');
    await refusedByLedger(hold);
    await refusedByFreezes(hold);
  }
});

test("a settlement's hold ends with the settlement", async () => {
  await p.reviewed(await p.operator('PUT', `/v1/accounts/${account.id}/settlement-rule`,
    { cycle: 'week_work', cycle_days: '1,2,3,4,5', reserve_days: 1, mode: 'self_service', reason: 'a test' }));
  const made = await p.merchant('POST', '/v1/settlements', { settlement_no: 'S1', currency: 'CNY', amount: 500 }, {}, key);
  assert.equal(made.status, 200, made.raw);
  await refusedByLedger(made.body.hold);
  await refusedByFreezes(made.body.hold);
  const before = await held();
  assert.equal((await p.operator('POST', `/v1/settlements/${made.body.id}/cancel`, { reason: 'not wanted' })).status, 200);
  assert.equal(await held(), before - 500);
});

test('the books are right after all of it', async () => {
  assert.equal(await p.stop(), 0);
  assert.doesNotMatch(p.tool('ledger', 'prove'), /WRONG/);
  await p.serve();
});

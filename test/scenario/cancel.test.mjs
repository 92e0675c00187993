// What stands in the way of cancelling an account, each with its own code, and the way back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Platform, until } from './lib.mjs';

let p, source;
let number = Date.now();
const no = (letter) => `${letter}${++number}`;
const accountOf = (owner, type = 'settlement', currency = 'CNY') =>
  p.made('POST', '/v1/accounts', { merchant_id: owner.id, type, currency });
const shop = async () => {
  const owner = await p.made('POST', '/v1/merchants', { merchant_no: no('M'), name: 'Shop', fund_mode: 'collect' });
  return { owner, account: await accountOf(owner) };
};
const transfer = (from, to, amount) => p.made('POST', '/v1/ledger/transfers', {
  business_no: ++number,
  legs: [{ account: from.id, side: 'debit', amount }, { account: to.id, side: 'credit', amount }],
});
const get = (account) => p.made('GET', `/v1/accounts/${account.id}`);
const metrics = async () => (await p.request('GET', '/metrics')).raw;
const cancel = (account) => p.operator('POST', `/v1/accounts/${account.id}/cancel`, { reason: 'the shop has closed' });
const refused = async (account, code) => p.refused(await cancel(account), 409, code, 'account');
const cancelled = async (account) => {
  const answer = await cancel(account);
  assert.equal(answer.status, 200, answer.raw);
  assert.equal(answer.body.status, 'cancelled');
};

before(async () => {
  p = await Platform.start({ fundMode: 'collect', conf: { TOMATO_MERCHANT_COLLECT_LICENCE: 'true' } });
  const bank = await p.made('POST', '/v1/merchants', { merchant_no: no('B'), name: 'Source' });
  source = await accountOf(bank, 'deposit');
  await p.reviewed(await p.operator('POST', `/v1/accounts/${source.id}/credit-line`, { credit_line: 100000000, reason: 'money for the tests' }));
});
after(() => p.end());

test('a refund under way stands in the way', async () => {
  const account = await accountOf(p.owner);
  const payment = await p.created({ amount: 1000 });
  await p.pay(payment);
  await p.reaches(payment, 'succeeded');
  await transfer(source, account, 1000 - (await get(account)).balance); // the fee is kept
  const refund = () => p.made('POST', '/v1/refunds', { payment_id: payment.id, amount: 1000, merchant_refund_no: no('R'), reason: 'cold soup' });
  const first = await refund();
  await refused(account, 'account_open_order');
  await p.made('POST', `/v1/refunds/${first.id}/fail`, { reason: 'not yet' });
  await refused(account, 'ledger_account_balance');
  const second = await refund();
  await p.reviewed(await p.operator('POST', `/v1/refunds/${second.id}/complete`, { reason: 'paid at the counter' }));
  assert.equal((await get(account)).balance, 0);
});

test('a payment under way stands in the way of the account it would be booked to, and of no other', async () => {
  const account = await accountOf(p.owner);
  const [deposit, dollars] = [await accountOf(p.owner, 'deposit'), await accountOf(p.owner, 'settlement', 'USD')];
  const payment = await p.created();
  await refused(account, 'account_open_order');
  await cancelled(deposit);
  await cancelled(dollars);
  await p.merchant('POST', `/v1/payments/${payment.id}/close`);
  await p.reaches(payment, 'closed');
  await cancelled(account);
});

test('money that comes for a cancelled account waits, and is booked when a second operator has reopened it', async () => {
  const account = await accountOf(p.owner);
  const reopen = () => p.operator('POST', `/v1/accounts/${account.id}/reopen`, { reason: 'closed by mistake' });
  const payment = await p.created({ amount: 1000 });
  await cancelled(account); // it is already: nothing is asked
  await p.pay(payment);
  await p.reaches(payment, 'succeeded');
  let now = await get(account);
  assert.deepEqual([now.status, now.balance, now.pending], ['cancelled', 0, 1]);
  await until(async () => (await metrics()).includes('tomato_ledger_pending_entries{status="parked"} 1\n'), 'the gauge of parked entries');
  assert.match(await metrics(), /\ntomato_ledger_pending_entries\{status="waiting"\} 0\n/);
  assert.match(await metrics(), /\ntomato_ledger_pending_oldest_seconds 0\n/);
  assert.match(await metrics(), /\ntomato_ledger_backlog_failures_total 0\n/);
  const asked = await reopen();
  assert.deepEqual([asked.status, asked.body.kind], [202, 'account.change'], asked.raw);
  assert.equal((await reopen()).body.id, asked.body.id);
  p.refused(await p.operator('POST', `/v1/reviews/${asked.body.id}/approve`, {}), 403, 'review_self');
  assert.equal((await get(account)).status, 'cancelled');
  const review = await p.reviewed(asked);
  assert.equal((await get(account)).status, 'open');
  await until(async () => (await get(account)).pending === 0, 'the entry to be applied');
  now = await get(account);
  assert.deepEqual([now.balance, now.immature], [994, 994]);
  const [change] = (await p.made('GET', `/v1/accounts/${account.id}/history?limit=1`)).data;
  assert.deepEqual([change.action, change.before.status, change.after.status, change.review, change.reason],
    ['reopened', 'cancelled', 'open', review.id, 'closed by mistake']);
  p.refused(await reopen(), 409, 'account_not_cancelled', 'account');
  p.refused(await p.operator('POST', `/v1/accounts/${account.id}/reopen`, {}), 400, 'field_required', 'reason');
});

test('a cancelled account takes no change, nor one that was asked for before', async () => {
  const { account } = await shop();
  const change = (what, body, method = 'POST') => p.operator(method, `/v1/accounts/${account.id}/${what}`, { reason: 'a test', ...body });
  const changes = [['credit-line', { credit_line: 5 }], ['deferred', { deferred: true }],
    ['settlement-rule', { cycle: 'week', cycle_days: '1', reserve_days: 0, mode: 'automatic' }, 'PUT']];
  for (const one of changes) {
    const asked = await change(...one);
    assert.equal(asked.status, 202, asked.raw);
    await cancelled(account);
    const { body: review } = await p.checker('POST', `/v1/reviews/${asked.body.id}/approve`, { remark: 'seen' });
    assert.deepEqual([review.status, review.error_code], ['failed', 'ledger_account_closed']);
    p.refused(await change(...one), 409, 'ledger_account_closed', 'account');
    p.refused(await p.operator('POST', `/v1/accounts/${account.id}/remark`, { remark: 'x' }), 409, 'ledger_account_closed', 'account');
    await p.reviewed(await change('reopen'));
  }
});

test('a cash-out under way stands in the way', async () => {
  const { owner, account } = await shop();
  await p.card({ merchant_id: owner.id, kind: 'corporate', bank_code: 'ICBC',
    bank_name: 'ICBC', number: '110907890000000001', holder: 'Tomato', is_default: true });
  await transfer(source, account, 1000);
  await p.made('POST', '/v1/cash-outs', { account: account.id, amount: 1000, merchant_order_no: no('W') });
  assert.equal((await get(account)).held, 1000);
  await refused(account, 'account_open_order');
});

test('a waiting settlement, a balance, a freeze and an entry that waits: each has its code', async () => {
  const { owner, account } = await shop();
  const app = await p.made('POST', `/v1/merchants/${owner.id}/apps`, { name: 'web' });
  const key = await p.made('POST', `/v1/merchants/${owner.id}/keys`, { app: app.id, permissions: 'settle:*' });
  await p.reviewed(await p.operator('PUT', `/v1/accounts/${account.id}/settlement-rule`,
    { cycle: 'week', cycle_days: '1', reserve_days: 0, mode: 'self_service', reason: 'a test' }));
  await transfer(source, account, 500);
  const made = await p.merchant('POST', '/v1/settlements', { settlement_no: no('S'), currency: 'CNY', amount: 500 }, {}, key);
  assert.equal(made.body.status, 'waiting', made.raw);
  await refused(account, 'account_unsettled');
  await p.made('POST', `/v1/settlements/${made.body.id}/cancel`, { reason: 'not wanted' });
  await refused(account, 'ledger_account_balance');
  await transfer(account, source, 500);
  const block = await p.made('POST', `/v1/accounts/${account.id}/freezes`, { effect: 'debit_block', kind: 'risk', reason: 'a test' });
  await refused(account, 'ledger_account_held');
  await p.made('POST', `/v1/freezes/${block.id}/release`, { reason: 'over' });
  await p.reviewed(await p.operator('POST', `/v1/accounts/${account.id}/deferred`, { deferred: true, reason: 'a busy one' }));
  await transfer(source, account, 5);
  await refused(account, 'ledger_account_pending');
  await until(async () => (await get(account)).pending === 0, 'the entry to be applied');
  await refused(account, 'ledger_account_balance');
  await p.reviewed(await p.operator('POST', `/v1/accounts/${account.id}/deferred`, { deferred: false, reason: 'no longer' }));
  await transfer(account, source, 5);
  await cancelled(account);
});

test('who may not, and what is none', async () => {
  p.refused(await cancel({ id: 'acc_0000000000001' }), 404, 'ledger_account');
  const { account } = await shop();
  p.refused(await p.operator('POST', `/v1/accounts/${account.id}/cancel`, {}), 400, 'field_required', 'reason');
  p.refused(await p.merchant('POST', `/v1/accounts/${account.id}/cancel`, { reason: 'x' }), 401, 'auth_malformed');
});

// Accounts that payments open, and what opening them by hand adds.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Platform } from './lib.mjs';

let p, account;
const open = (change) => p.operator('POST', '/v1/accounts',
  { merchant_id: p.owner.id, type: 'settlement', currency: 'CNY', ...change });
const history = async () => (await p.made('GET', `/v1/accounts/${account.id}/history`)).data;

before(async () => {
  p = await Platform.start({ fundMode: 'collect', conf: { TOMATO_MERCHANT_COLLECT_LICENCE: 'true' } });
});
after(() => p.end());

test('a payment opens the account, which is in its history', async () => {
  const payment = await p.created({ amount: 1000 });
  await p.pay(payment);
  await p.reaches(payment, 'succeeded');
  [account] = (await p.made('GET', `/v1/accounts?merchant_id=${p.owner.id}`)).data;
  const rows = await history();
  assert.deepEqual(rows.map((h) => [h.number, h.action, h.operator_id, h.before, h.after.balance]),
    [[1, 'opened', undefined, {}, 0]]);
  assert.equal(rows[0].created_at, account.created_at);
});

test('it is opened by hand once, whatever was done to it before and since', async () => {
  await p.made('POST', `/v1/accounts/${account.id}/freezes`, { effect: 'debit_block', kind: 'risk', reason: 'x' });
  const made = await open({ remark: 'by hand' });
  assert.deepEqual([made.status, made.body.id, made.body.remark], [200, account.id, 'by hand'], made.raw);
  const [newest] = await history();
  assert.deepEqual([newest.action, newest.before.remark, newest.after.remark], ['opened', undefined, 'by hand']);
  assert.match(newest.operator_id, /^op_/);
  await p.made('POST', `/v1/accounts/${account.id}/remark`, { remark: 'changed since' });
  assert.equal((await open({ remark: 'by hand' })).body.remark, 'changed since');
  p.refused(await open(), 409, 'account_conflict', 'remark');
  assert.deepEqual((await history()).map((h) => h.action), ['remarked', 'opened', 'frozen', 'opened']);
});

test('a change of the settlement rule is in the history too', async () => {
  await p.reviewed(await p.operator('PUT', `/v1/accounts/${account.id}/settlement-rule`,
    { cycle: 'week_work', cycle_days: '1', reserve_days: 3, mode: 'self_service', reason: 'a contract' }));
  const [newest] = await history();
  assert.deepEqual([newest.action, newest.before.reserve_days, newest.after.reserve_days, newest.reason],
    ['settlement_rule', 1, 3, 'a contract']);
});

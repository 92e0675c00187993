// What a merchant is told of by webhook, beside its payments: refunds, cash-outs, settlements and
// adjustments. Each object comes as the API shows it at that moment.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Platform, until } from './lib.mjs';

let p, account, source, key, neighbour, theirs;
let number = Date.now();
const transfer = (from, to, amount) => p.made('POST', '/v1/ledger/transfers', { business_no: ++number,
  legs: [{ account: from, side: 'debit', amount }, { account: to, side: 'credit', amount }] });
const told = (id, path = '/webhooks') => p.receiver.received.filter((r) => r.path === path)
  .map((r) => JSON.parse(r.body)).filter((event) => event.data.object.id === id);

// The webhook of the type has come, and says what the API says.
const arrives = async (object, type, path) => {
  const event = await until(() => told(object.id, path).find((e) => e.type === type), `${type} of ${object.id}`);
  const { created_by, cancelled_by, failed_by, ...shown } = object; // for operators alone
  assert.deepEqual(event.data.object, shown);
  assert.equal(event.sequence, object.version ?? 1);
};

before(async () => {
  p = await Platform.start({ fundMode: 'collect', conf: { TOMATO_MERCHANT_COLLECT_LICENCE: 'true' } });
  account = await p.made('POST', '/v1/accounts', { merchant_id: p.owner.id, type: 'settlement', currency: 'CNY' });
  source = await p.made('POST', '/v1/accounts', { merchant_id: p.owner.id, type: 'deposit', currency: 'CNY' });
  await p.reviewed(await p.operator('POST', `/v1/accounts/${source.id}/credit-line`, { credit_line: 100000000, reason: 'a source of money' }));
  await transfer(source.id, account.id, 100000);
  key = await p.made('POST', `/v1/merchants/${p.owner.id}/keys`, { app: p.app.id, permissions: 'payment:* trade:* settle:*' });
  await p.card({ merchant_id: p.owner.id, kind: 'corporate', bank_code: 'ICBC',
    bank_name: 'ICBC', number: '110907890000000001', holder: 'Tomato', is_default: true });
  neighbour = await p.made('POST', '/v1/merchants', { merchant_no: 'M2', name: 'Neighbour', fund_mode: 'collect' });
  theirs = await p.made('POST', '/v1/accounts', { merchant_id: neighbour.id, type: 'settlement', currency: 'CNY' });
  await p.made('POST', `/v1/merchants/${neighbour.id}/webhook-endpoints`, { url: `${p.receiver.url}/neighbour` });
});
after(() => p.end());

test('a refund is told of when it is reserved and when it has ended', async () => {
  const payment = await p.created({ amount: 1000 });
  await p.pay(payment);
  await p.reaches(payment, 'succeeded');
  const made = () => p.made('POST', '/v1/refunds', { payment_id: payment.id, amount: 400, merchant_refund_no: `R${++number}`, reason: 'cold soup' });
  const get = async (refund) => (await p.operator('GET', `/v1/refunds/${refund.id}`)).body;
  const good = await made();
  await arrives(good, 'refund.reserved');
  await p.reviewed(await p.operator('POST', `/v1/refunds/${good.id}/complete`, { reason: 'paid at the counter' }));
  await arrives(await get(good), 'refund.succeeded');
  const bad = await made();
  await p.made('POST', `/v1/refunds/${bad.id}/fail`, { reason: 'card closed' });
  await arrives(await get(bad), 'refund.failed');
});

test('a cash-out is told of when it is taken', async () => {
  const made = await p.merchant('POST', '/v1/cash-outs', { account: account.id, amount: 1000, merchant_order_no: 'W1' }, {}, key);
  assert.equal(made.status, 200, made.raw);
  await arrives(made.body, 'cash_out.waiting_remittance');
});

test('a settlement is told of when it is made and when it is cancelled', async () => {
  await p.reviewed(await p.operator('PUT', `/v1/accounts/${account.id}/settlement-rule`,
    { cycle: 'week_work', cycle_days: '1,2,3,4,5', reserve_days: 1, mode: 'self_service', reason: 'a test' }));
  const made = await p.merchant('POST', '/v1/settlements', { settlement_no: 'S1', currency: 'CNY', amount: 500 }, {}, key);
  assert.equal(made.status, 200, made.raw);
  await arrives(made.body, 'settlement.waiting');
  await arrives(await p.made('POST', `/v1/settlements/${made.body.id}/cancel`, { reason: 'not wanted' }), 'settlement.cancelled');
});

test('an adjustment is told to each merchant whose account it changed, once', async () => {
  const adjusted = async (change) => {
    const asked = { adjustment_no: `T${++number}`, reason_code: 'test', reason: 'a test', ...change };
    await p.reviewed(await p.operator('POST', '/v1/adjustments', asked));
    return p.made('POST', '/v1/adjustments', asked); // the same again: the booked one
  };
  const legs = (from, to) => [{ account: from, side: 'debit', amount: 70 }, { account: to, side: 'credit', amount: 70 }];
  const both = await adjusted({ kind: 'legs', legs: legs(account.id, theirs.id) });
  await arrives(both, 'adjustment.posted');
  await arrives(both, 'adjustment.posted', '/neighbour');
  const back = await adjusted({ kind: 'reversal', original: both.journal });
  await arrives(back, 'adjustment.posted', '/neighbour');
  const own = await adjusted({ kind: 'legs', legs: legs(source.id, account.id) });
  await arrives(own, 'adjustment.posted');
  const voucher = await adjusted({ kind: 'event', event: 'adjustment_credited', merchant_id: neighbour.id, currency: 'CNY', amount: 3 });
  await arrives(voucher, 'adjustment.posted', '/neighbour');
  assert.deepEqual([told(both.id).length, told(own.id).length, told(own.id, '/neighbour').length,
    told(voucher.id).length], [1, 1, 0, 0]);
});

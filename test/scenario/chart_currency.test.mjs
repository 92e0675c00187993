// The currencies of a code: what is needed keeps them, what is only wished for is refused, and what
// really happened is booked even where the chart takes its currency no more.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Platform } from './lib.mjs';

let p, key;
const payments = []; // made before the restart: a server that has just started takes no signature of before
before(async () => {
  p = await Platform.start({ fundMode: 'collect', conf: { TOMATO_MERCHANT_COLLECT_LICENCE: 'true' } });
  key = await p.made('POST', `/v1/merchants/${p.owner.id}/keys`, { app: p.app.id, permissions: 'settle:*' });
  for (const amount of [10000, 5000]) { payments.push(await p.created({ amount })); }
});
after(() => p.end());

const shanghaiDate = (days) => Number(
  new Date(Date.now() + 8 * 3600e3 + days * 86400e3).toISOString().slice(0, 10).replaceAll('-', ''));
const post = (path, body) => p.operator('POST', path, body);
const bound = (code, name, name_zh) => ({ code, valid_from: shanghaiDate(1), side: 'credit', name, name_zh, currencies: ['USD'], reason: 'only abroad' });
const confirmed = {
  event: 'payment_succeeded', mode: 'collect', valid_from: shanghaiDate(2), reason: 'fees are confirmed later',
  legs: [
    { side: 'debit', code: 1131, owner: 'channel_account', amount: 'gross' },
    { side: 'credit', code: 2241, owner: 'merchant', amount: 'gross - fee', matures: true },
    { side: 'credit', code: 2242, owner: 'platform', amount: 'fee' },
  ],
};

test('a code that payments need keeps its currencies', async () => {
  p.refused(await post('/v1/ledger/chart', bound(2241, 'Payable to merchant', '应付商户待结算')), 409, 'ledger_code_needed', 'currencies');
});

test('a code that was narrowed is named by no template, be it asked for before or after', async () => {
  const asked = await post('/v1/ledger/vouchers', confirmed);
  assert.equal(asked.status, 202, asked.raw);
  await p.reviewed(await post('/v1/ledger/chart', bound(2242, 'Fees to be confirmed', '待确认手续费')));
  p.refused(await post('/v1/ledger/vouchers', { ...confirmed, valid_from: shanghaiDate(3) }), 400, 'ledger_code_currency', 'legs[2].code');
  const late = (await p.checker('POST', `/v1/reviews/${asked.body.id}/approve`, {})).body;
  assert.deepEqual([late.status, late.error_code, late.error_param], ['failed', 'ledger_code_currency', 'legs[2].code']);
});

// The codes of all that follows take USD alone, as they could before this was refused; there is no
// account in CNY under any of them.
test('the chart is narrowed behind the platform', async () => {
  await p.stop();
  p.sql("UPDATE ledger_chart_version SET currencies = 'USD' WHERE id > 1000000 AND id < 10000000");
  await p.serve();
  p.refused(await post('/v1/accounts', { merchant_id: p.owner.id, type: 'settlement', currency: 'CNY' }), 400, 'ledger_code_currency', 'currency');
  p.refused(await post('/v1/ledger/accounts', { code: 1012, currency: 'CNY' }), 400, 'ledger_code_currency', 'currency');
});

const balances = async (payment) => {
  const [journal] = await p.journals(payment);
  return Promise.all(journal.entries.map(async (entry) =>
    (await p.made('GET', `/v1/ledger/accounts/${entry.account_id}`)).posted));
};

test('a payment is booked, and its refund', async () => {
  const [payment] = payments;
  await p.pay(payment);
  await p.reaches(payment, 'succeeded');
  assert.deepEqual(await balances(payment), [10000, 9940, 60]);
  const refund = await p.made('POST', '/v1/refunds', { payment_id: payment.id, amount: 3000, merchant_refund_no: 'R1', reason: 'cold soup' });
  await p.reviewed(await post(`/v1/refunds/${refund.id}/complete`, { reason: 'paid by the bank' }));
  assert.equal((await p.made('GET', `/v1/refunds/${refund.id}`)).status, 'succeeded');
  assert.deepEqual(await balances(payment), [7000, 6940, 60]);
});

test('a settlement that the bank has paid is booked', async () => {
  const [account] = (await p.made('GET', `/v1/accounts?merchant_id=${p.owner.id}`)).data;
  await p.reviewed(await p.operator('PUT', `/v1/accounts/${account.id}/settlement-rule`, { cycle: 'week',
    cycle_days: '1,2,3,4,5,6,7', reserve_days: 0, mode: 'self_service', reason: 'a test' }));
  const [, payment] = payments;
  await p.pay(payment);
  await p.reaches(payment, 'succeeded');
  const made = await p.merchant('POST', '/v1/settlements', { settlement_no: 'S1', currency: 'CNY' }, {}, key);
  assert.deepEqual([made.status, made.body.amount], [200, 4970], made.raw);
  await p.reviewed(await post(`/v1/settlements/${made.body.id}/outcome`, { outcome: 'paid', reason: 'told by the bank', evidence: 'B1' }));
  assert.equal((await p.made('GET', `/v1/settlements/${made.body.id}`)).status, 'paid');
  assert.equal((await p.made('GET', `/v1/accounts/${account.id}`)).balance, 6940);
});

test('by hand, money that came is taken, and a wish is refused', async () => {
  const voucher = (adjustment_no, event) => post('/v1/adjustments', { adjustment_no, kind: 'event', event, merchant_id: p.owner.id,
    currency: 'CNY', amount: 2000, reason_code: 'bank_statement', reason: 'a deposit', evidence: 'doc 9' });
  p.refused(await voucher('D1', 'deposit_taken'), 400, 'ledger_code_currency', 'currency');
  await p.reviewed(await voucher('D2', 'deposit_paid_in'));
  const deposit = (await p.made('GET', `/v1/accounts?merchant_id=${p.owner.id}`)).data.find((one) => one.type === 'deposit');
  assert.equal(deposit.balance, 2000);
});

test('the books are right after all of it', async () => {
  assert.equal(await p.stop(), 0);
  assert.doesNotMatch(p.tool('ledger', 'prove'), /WRONG/);
  await p.serve();
});

// The worked examples of docs/ledger.md, done by HTTP: the legs are those on that page.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Platform } from './lib.mjs';

let p, codes, payment;

before(async () => {
  p = await Platform.start({ fundMode: 'collect', conf: { TOMATO_MERCHANT_COLLECT_LICENCE: 'true' } });
  const rate = await p.operator('POST', '/v1/rates',
    { owner: 'platform', currency: 'CNY', kind: 'refund', refund_policy: 'return_proportional', reason: 'an example' });
  if (rate.status === 202) { await p.reviewed(rate); }
});
after(() => p.end());

// "1131 debit 10000", … of a journal.
async function legsOf(journal) {
  const legs = [];
  for (const entry of journal.entries) {
    const account = await p.made('GET', `/v1/ledger/accounts/${entry.account_id}`);
    legs.push(`${account.code} ${entry.side} ${entry.amount}`);
  }
  return legs;
}

const payable = async () => (await p.made('GET', `/v1/ledger/accounts?merchant_id=${p.owner.id}`)).data.find((a) => a.code === 2241);

test('a payment of 100.00 with a fee of 0.60, collect mode', async () => {
  payment = await p.created({ amount: 10000 });
  await p.pay(payment);
  await p.reaches(payment, 'succeeded');
  const [journal] = (await p.made('GET', `/v1/ledger/journals?payment_id=${payment.id}`)).data;
  assert.deepEqual(await legsOf(journal), ['1131 debit 10000', '2241 credit 9940', '6021 credit 60']);
  assert.equal(journal.event, 'payment_succeeded');
});

test('a refund of 30.00, and 0.18 of the fee with it', async () => {
  const refund = await p.made('POST', '/v1/refunds', { payment_id: payment.id, amount: 3000, merchant_refund_no: 'R1', reason: 'cold soup' });
  const before = await payable();
  assert.equal(before.held, 3000 - 18);
  await p.reviewed(await p.operator('POST', `/v1/refunds/${refund.id}/complete`, { reason: 'paid by hand' }));
  const [paid] = (await p.made('GET', `/v1/ledger/journals?payment_id=${payment.id}`)).data;
  const channel = paid.entries[0].account_id;
  const entries = (await p.made('GET', `/v1/ledger/accounts/${channel}/statement?order=oldest&starting_after=1`)).data;
  const journals = entries.map((e) => e.journal_id);
  const legs = [];
  for (const id of journals) { legs.push(await legsOf(await p.made('GET', `/v1/ledger/journals/${id}`))); }
  // What matures tomorrow has a journal of its own; the rest is the fee that comes back.
  assert.deepEqual(legs, [['2241 debit 2982', '1131 credit 2982'], ['6021 debit 18', '1131 credit 18']]);
  const receipt = await p.made('GET', `/v1/ledger/journals/${journals[1]}/receipt.json`);
  assert.equal(receipt.reference, refund.id);
  const now = await payable();
  assert.deepEqual([now.posted, now.held], [9940 - 3000 + 18, 0]);
});

test('an adjustment of 15.00, which two people have agreed to', async () => {
  const { id } = await payable();
  const asked = await p.operator('POST', '/v1/adjustments', { adjustment_no: 'A1', kind: 'event', event: 'adjustment_credited',
    merchant_id: p.owner.id, currency: 'CNY', amount: 1500, reason_code: 'test', reason: 'charged too much' });
  await p.reviewed(asked);
  const [entry] = (await p.made('GET', `/v1/accounts/${id}/statement?limit=1`)).data;
  const journal = await p.made('GET', `/v1/ledger/journals/${entry.journal_id}`);
  assert.deepEqual(await legsOf(journal), ['6711 debit 1500', '2241 credit 1500']);
});

test('a withdrawal of 50.00 over a hold, of which the bank pays 30.00', async () => {
  const owner = await p.made('POST', '/v1/merchants', { merchant_no: 'W1', name: 'Withdrawal', fund_mode: 'direct' });
  const account = await p.made('POST', '/v1/accounts', { merchant_id: owner.id, type: 'settlement', currency: 'CNY' });
  const bank = await p.made('POST', '/v1/accounts', { merchant_id: owner.id, type: 'deposit', currency: 'CNY' });
  await p.reviewed(await p.operator('POST', `/v1/accounts/${bank.id}/credit-line`, { credit_line: 100000, reason: 'a source of money' }));
  const legs = (from, to, amount) => [{ account: from, side: 'debit', amount }, { account: to, side: 'credit', amount }];
  await p.made('POST', '/v1/ledger/transfers', { business_no: 1, legs: legs(bank.id, account.id, 9940) });
  const amounts = async () => {
    const now = await p.made('GET', `/v1/ledger/accounts/${account.id}`);
    return [now.posted, now.held, now.available];
  };
  const hold = await p.made('POST', '/v1/ledger/holds', { business_no: 2, account: account.id, amount: 5000, kind: 'withdrawal', reason: 'W1' });
  assert.deepEqual(await amounts(), [9940, 5000, 4940]);
  await p.made('POST', `/v1/ledger/holds/${hold.hold_id}/capture`, { business_no: 3, legs: legs(account.id, bank.id, 3000), reason: 'the bank has paid' });
  assert.deepEqual(await amounts(), [6940, 2000, 4940]);
  await p.made('POST', `/v1/ledger/holds/${hold.hold_id}/release`, { business_no: 4, whole: true, reason: 'the rest' });
  assert.deepEqual(await amounts(), [6940, 0, 6940]);
});

test('the trial balance is the sum of the examples, and the books are right', async () => {
  const rows = (await p.made('GET', '/v1/ledger/trial-balance')).rows;
  const closing = Object.fromEntries(rows.map((r) => [r.code, r.closing]));
  assert.deepEqual([closing[1131], closing[6021], closing[6711]], [10000 - 3000, 60 - 18, 1500]);
  assert.equal(closing[2241], 9940 - 3000 + 18 + 1500 + 6940);
  assert.match(p.tool('ledger', 'prove'), /the books are right\n$/);
});

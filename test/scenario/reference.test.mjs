// Every business number that a statement or a receipt prints is one that can be looked up, also of
// money that had to wait, of reversals and corrections, and of the parts of a refund.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Platform, until } from './lib.mjs';

let p, account, source, today;
let number = Date.now();
const no = (letter) => `${letter}${++number}`;
const about = {}; // what was done, by what its entries must be about
const paths = { pay: 'payments', ref: 'refunds', adj: 'adjustments', rev: 'reviews' };
const statement = async (query = 'order=oldest&limit=200') => (await p.made('GET', `/v1/accounts/${account.id}/statement?${query}`)).data;

async function paid(amount) {
  const payment = await p.created({ amount });
  await p.pay(payment);
  await p.reaches(payment, 'succeeded');
  return payment;
}

async function refunded(payment, amount) {
  const refund = await p.made('POST', '/v1/refunds', { payment_id: payment.id, amount, merchant_refund_no: no('R'), reason: 'cold soup' });
  await p.reviewed(await p.operator('POST', `/v1/refunds/${refund.id}/complete`, { reason: 'paid by the bank' }));
  return refund;
}

async function adjusted(change) {
  const adjustment_no = no('T');
  const review = await p.reviewed(await p.operator('POST', '/v1/adjustments',
    { adjustment_no, reason_code: 'test', reason: 'a test', ...change }));
  const all = (await p.made('GET', '/v1/adjustments?limit=200')).data;
  return all.find((one) => one.review === review.id);
}

const defer = async (deferred) => p.reviewed(await p.operator('POST', `/v1/accounts/${account.id}/deferred`, { deferred, reason: 'a busy one' }));
const transfer = (amount, memo) => p.made('POST', '/v1/ledger/transfers', { business_no: ++number, memo, legs: [
  { account: source.id, side: 'debit', amount }, { account: account.id, side: 'credit', amount }] });
const memos = ['货款, 十一月', '=1+1'], court = '(2026)沪01执2号';

before(async () => {
  p = await Platform.start({ fundMode: 'collect', conf: { TOMATO_MERCHANT_COLLECT_LICENCE: 'true' } });
  account = await p.made('POST', '/v1/accounts', { merchant_id: p.owner.id, type: 'settlement', currency: 'CNY' });
  source = await p.made('POST', '/v1/accounts', { merchant_id: p.owner.id, type: 'deposit', currency: 'CNY' });
  await p.reviewed(await p.operator('POST', `/v1/accounts/${source.id}/credit-line`, { credit_line: 100000, reason: 'a source of money' }));
  await p.reviewed(await p.operator('POST', '/v1/rates', { owner: 'platform', kind: 'refund', currency: 'CNY',
    flat: 5, refund_policy: 'return_proportional', reason: 'a test' }));
  await transfer(5000, memos[0]);
  about.transfer = String(number);
  const whole = await paid(1000), part = await paid(1000);
  about.whole = (await refunded(whole, 1000)).id;
  about.part = (await refunded(part, 300)).id;
  const wrong = await paid(700);
  const [original] = await p.journals(wrong);
  about.reversal = (await adjusted({ kind: 'reversal', original: original.id })).id;
  about.correction = (await adjusted({ kind: 'correction', original: original.id,
    legs: original.entries.map((e) => ({ account: e.account_id, side: e.side, amount: e.amount })) })).id;
  about.adjustment = (await adjusted({ kind: 'event', event: 'adjustment_credited', merchant_id: p.owner.id, currency: 'CNY', amount: 40 })).id;
  const freeze = await p.made('POST', `/v1/accounts/${account.id}/freezes`,
    { kind: 'judicial', effect: 'amount', amount: 40, document_no: court, reason: 'a court' });
  about.deduction = (await p.reviewed(await p.operator('POST', `/v1/freezes/${freeze.id}/deduct`, { reason: 'the court takes it' }))).id;
  await defer(true);
  about.deferred = (await paid(600)).id;
  about.deferred_adjustment = (await adjusted({ kind: 'legs', legs: [
    { account: source.id, side: 'debit', amount: 11 }, { account: account.id, side: 'credit', amount: 11 }] })).id;
  await transfer(12, memos[1]);
  await until(async () => (await statement()).at(-1).amount === 12, 'the entries to be applied');
  today = (await statement()).at(-1).business_date;
  await defer(false);
});
after(() => p.end());

test('every reference of a statement can be looked up', async () => {
  const entries = await statement();
  const printed = new Set(entries.map((e) => e.reference));
  for (const [what, reference] of Object.entries(about)) { assert.ok(printed.has(reference), `${what}: ${reference} in ${[...printed]}`); }
  for (const entry of entries) {
    const kind = paths[entry.reference.slice(0, 3)];
    const path = kind ? `/v1/${kind}/${entry.reference}` : `/v1/ledger/transfers/${entry.reference}`;
    const found = await (kind === 'payments' ? p.merchant('GET', path) : p.operator('GET', path));
    assert.equal(found.status, 200, `${entry.source} ${entry.operation} ${entry.reference}: ${found.raw}`);
    if (!kind) { assert.equal(found.body.data.length, 1, entry.reference); }
  }
});

test('the CSV and each receipt print the same references', async () => {
  const entries = await statement();
  const csv = await p.operator('GET', `/v1/accounts/${account.id}/statement.csv?from=${today}&to=${today}&lang=en`);
  const rows = csv.raw.split('\r\n').map((line) => line.split(',')).filter((cells) => /^jnl_/.test(cells[3]));
  assert.deepEqual(rows.map((cells) => cells[6].trim()), entries.map((e) => e.reference));
  for (const entry of entries) {
    const receipt = await p.made('GET', `/v1/ledger/journals/${entry.journal_id}/receipt.json`);
    assert.deepEqual([receipt.source, receipt.operation, receipt.reference], [entry.source, entry.operation, entry.reference]);
    const journal = await p.made('GET', `/v1/ledger/journals/${entry.journal_id}`);
    assert.equal(journal.reference, entry.reference);
    assert.equal(journal.business_no, journal.source === 'api' ? Number(entry.reference) : undefined);
  }
});

test('a memo is on all papers, also of money that had to wait, and is no formula in a file', async () => {
  const noted = (await statement()).filter((e) => [5000, 12].includes(e.amount));
  assert.deepEqual(noted.map((e) => e.memo), memos);
  const csv = await p.operator('GET', `/v1/accounts/${account.id}/statement.csv?from=${today}&to=${today}&lang=en`);
  const ends = csv.raw.split('\r\n').filter((line) => /jnl_/.test(line)).map((line) => /,("[^"]*"|[^,]*)$/.exec(line)[1]).filter(Boolean);
  assert.deepEqual(ends, [`"${memos[0]}"`, court, `"'${memos[1]}"`]);
  const lines = p.tool('ledger', 'statement', account.id, '100').split('\n');
  for (const [i, entry] of noted.entries()) {
    assert.equal((await p.made('GET', `/v1/accounts/${account.id}/journals/${entry.journal_id}/receipt.json`)).memo, memos[i]);
    assert.ok(lines.some((line) => line.endsWith(`${entry.journal_id}  ${memos[i]}`)), lines.join('\n'));
  }
});

test('money that had to wait is told by the payment it is of, and each journal leads to the other', async () => {
  const entry = (await statement()).find((e) => e.reference === about.deferred);
  assert.deepEqual([entry.source, entry.operation, entry.payment_id], ['payment', 'succeeded', about.deferred]);
  const [original] = await p.journals({ id: about.deferred });
  assert.equal(entry.origin_journal_id, original.id);
  const [waited] = original.pending_entries;
  assert.deepEqual([waited.account_id, waited.status, waited.amount, waited.journal_id],
    [account.id, 'applied', entry.amount, entry.journal_id]);
  const applied = await p.made('GET', `/v1/ledger/journals/${entry.journal_id}`);
  assert.deepEqual([applied.source, applied.pending_entry, applied.origin_journal_id], ['pending', waited.id, original.id]);
  const listed = (await p.made('GET', '/v1/ledger/pending-entries?status=applied')).data.find((e) => e.id === waited.id);
  assert.deepEqual([listed.source, listed.operation, listed.payment_id, listed.reference, listed.origin_journal_id, listed.journal_id],
    ['payment', 'succeeded', about.deferred, about.deferred, original.id, entry.journal_id]);
  const [day] = (await p.made('GET', `/v1/accounts/${account.id}/daily?from=${today}&to=${today}`)).data;
  assert.equal(day.sources.find((s) => s.source === 'pending'), undefined);
  const screen = p.tool('ledger', 'statement', account.id, '100', '--lang', 'en');
  for (const reference of Object.values(about)) { assert.ok(screen.includes(reference), `${reference} in\n${screen}`); }
});

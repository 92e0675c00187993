// A refund and kill -9: whatever had been answered is there afterwards, what had not is asked again,
// and it is booked once.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Platform, sleep } from './lib.mjs';

const AMOUNT = 1000, TRADE_FEE = 6, REFUND_FEE = 5;
const DELAYS = [0, 1, 4]; // ms
let p, account, source;
const payments = []; // made before the first kill: a server that has just started takes no signature of before

before(async () => {
  p = await Platform.start({ fundMode: 'collect', conf: { TOMATO_MERCHANT_COLLECT_LICENCE: 'true' } });
  account = await p.made('POST', '/v1/accounts', { merchant_id: p.owner.id, type: 'settlement', currency: 'CNY' });
  source = await p.made('POST', '/v1/accounts', { merchant_id: p.owner.id, type: 'deposit', currency: 'CNY' });
  await p.reviewed(await p.operator('POST', `/v1/accounts/${source.id}/credit-line`, { credit_line: 100000, reason: 'a source of money' }));
  await p.reviewed(await p.operator('POST', '/v1/rates', { owner: 'platform', kind: 'refund', currency: 'CNY',
    flat: REFUND_FEE, refund_policy: 'return_proportional', reason: 'a test' }));
  for (let i = 0; i <= DELAYS.length; i++) { payments.push(await paid(i + 1)); }
});
after(() => p.end());

// Three journals come of its refund: out of the maturity, out of the fee that is returned, and the
// fee of the refund out of what is available.
async function paid(number) {
  const payment = await p.created({ amount: AMOUNT });
  await p.pay(payment);
  await p.reaches(payment, 'succeeded');
  await p.made('POST', '/v1/ledger/transfers', { business_no: number, legs: [
    { account: source.id, side: 'debit', amount: REFUND_FEE }, { account: account.id, side: 'credit', amount: REFUND_FEE }] });
  return payment;
}

const refundOf = (payment) => ({ payment_id: payment.id, amount: AMOUNT, merchant_refund_no: `R${payment.merchant_order_no}`, reason: 'cold soup' });
const refunds = async (payment) => (await p.made('GET', `/v1/refunds?payment_id=${payment.id}`)).data;

// Balance and number of entries of the accounts that a refund moves.
async function books(payment) {
  const [journal] = await p.journals(payment);
  const rows = [];
  for (const { account_id: id } of journal.entries) {
    const { posted, held } = await p.made('GET', `/v1/ledger/accounts/${id}`);
    const { data: [newest] } = await p.made('GET', `/v1/ledger/accounts/${id}/statement?limit=1`);
    rows.push([posted, held ?? 0, newest.sequence]);
  }
  return rows;
}

function assertBookedOnce([channel, payable, income], now) {
  const kept = TRADE_FEE - REFUND_FEE;
  assert.deepEqual(now, [
    [channel[0] - AMOUNT, 0, channel[2] + 2],
    [payable[0] - AMOUNT + TRADE_FEE - REFUND_FEE, 0, payable[2] + 2],
    [income[0] - kept, 0, income[2] + 2],
  ]);
}

// Killed while the request is on its way; how long after it was sent differs from run to run.
async function killedDuring(request, delay) {
  const answer = request().catch(() => null);
  if (delay > 0) { await sleep(delay); }
  await p.stop('SIGKILL');
  await answer;
  await p.serve();
}

async function killed() {
  await p.stop('SIGKILL');
  await p.serve();
}

test('a kill after each answer loses nothing', async () => {
  const payment = payments.pop();
  const before = await books(payment);
  const refund = await p.made('POST', '/v1/refunds', refundOf(payment));
  await killed();
  assert.deepEqual(await refunds(payment), [refund]);
  const { body: review } = await p.operator('POST', `/v1/refunds/${refund.id}/complete`, { reason: 'paid by the bank' });
  await killed();
  assert.deepEqual(await refunds(payment), [refund]);
  assert.deepEqual((await books(payment)).map(([posted]) => posted), before.map(([posted]) => posted));
  const approve = () => p.checker('POST', `/v1/reviews/${review.id}/approve`, {});
  assert.equal((await approve()).body.status, 'approved');
  await killed();
  assert.equal((await refunds(payment))[0].status, 'succeeded');
  assert.equal((await approve()).body.status, 'approved');
  assertBookedOnce(before, await books(payment));
});

for (const delay of DELAYS) {
  test(`killed ${delay} ms after each request, and asked again, it is booked once`, async () => {
    const payment = payments.pop();
    const before = await books(payment);
    const reserve = () => p.operator('POST', '/v1/refunds', refundOf(payment));
    await killedDuring(reserve, delay);
    const { body: refund } = await reserve();
    assert.deepEqual(await refunds(payment), [refund]);
    const claim = () => p.operator('POST', `/v1/refunds/${refund.id}/complete`, { reason: 'paid by the bank' });
    await killedDuring(claim, delay);
    const { body: review } = await claim();
    assert.deepEqual([review.status, review.subject], ['pending', refund.id]);
    const approve = () => p.checker('POST', `/v1/reviews/${review.id}/approve`, {});
    await killedDuring(approve, delay);
    assert.equal((await approve()).body.status, 'approved');
    assert.equal((await refunds(payment))[0].status, 'succeeded');
    assertBookedOnce(before, await books(payment));
  });
}

test('the books are right after all of it', async () => {
  assert.equal(await p.stop(), 0);
  assert.doesNotMatch(p.tool('ledger', 'prove'), /WRONG/);
  await p.serve();
});

// The trade fee over HTTP: a contract, its fee, who may change it, and what payments keep.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Platform } from './lib.mjs';

let p, contract;
const contracts = () => `/v1/merchants/${p.owner.id}/contracts`;
const list = async () => (await p.operator('GET', contracts())).body.data;
const set = (change) => p.operator('POST', contracts(), { currency: 'CNY', reason: 'contract of May', ...change });
const rates = async (owner) => (await p.operator('GET', `/v1/rates?owner=${owner}&kind=trade`)).body.data;
const rate = async (id) => (await p.operator('GET', `/v1/rates/${id}`)).body;
const pay = async (change) => p.reaches(await paid(await p.created({ amount: 100000, ...change })), 'succeeded');
const paid = async (payment) => { await p.pay(payment); return payment; };

before(async () => {
  p = await Platform.start();
  [contract] = await list();
});
after(() => p.end());

test('the first fee is set at once, by an operator who is kept', async () => {
  assert.deepEqual([contract.object, contract.status, contract.rate_millionths, contract.fee_min], ['contract', 'active', 6000, 1]);
  const first = await rate(contract.rate);
  assert.deepEqual([first.owner, first.kind, first.rate_millionths, first.review], [contract.id, 'trade', 6000, undefined]);
  assert.match(first.operator_id, /^op_/);
});

test('the fee that is charged anyway changes nothing', async () => {
  const again = await set({ rate_millionths: 6000, fee_min: 1, reason: undefined });
  assert.equal(again.status, 200, again.raw);
  assert.deepEqual(again.body, contract);
  assert.equal((await rates(contract.id)).length, 1);
});

test('a change is asked for by one operator, approved by another, and begins when it says', async () => {
  const from = Date.now() + 2500;
  const asked = await set({ rate_millionths: 3800, fee_max: 300, effective_from: new Date(from).toISOString() });
  assert.deepEqual([asked.status, asked.body.kind, asked.body.subject], [202, 'rate.change', contract.id]);
  p.refused(await p.operator('POST', `/v1/reviews/${asked.body.id}/approve`, {}), 403, 'review_self');
  assert.equal((await rates(contract.id)).length, 1);
  await p.reviewed(asked);
  const before = await pay();
  assert.deepEqual(before.fee, { amount: 600, rate_millionths: 6000, contract: contract.id, rate: contract.rate });
  await sleep(from - Date.now() + 50);
  const after = await pay();
  const [changed, first] = await rates(contract.id);
  assert.deepEqual(after.fee, { amount: 300, rate_millionths: 3800, contract: contract.id, rate: changed.id });
  assert.deepEqual((await p.get(before)).fee, before.fee);

  // The history: before and after, who and why.
  assert.deepEqual([changed.previous, changed.review, changed.fee_max], [first.id, asked.body.id, 300]);
  assert.equal(changed.operator_id, asked.body.maker_id);
  assert.equal(Date.parse(changed.effective_from), from);
  const review = (await p.operator('GET', `/v1/reviews/${changed.review}`)).body;
  assert.deepEqual([review.status, review.reason, review.approved], ['approved', 'contract of May', 1]);
  assert.notEqual(review.first_approval.operator_id, review.maker_id);

  // The books have the fee of each payment once.
  for (const [payment, fee] of [[before, 600], [after, 300]]) {
    const journals = await p.journals(payment);
    assert.deepEqual(journals.map((j) => j.entries.map((entry) => entry.amount)), [[fee, fee]]);
  }
});

test('the contract shows the fee in effect', async () => {
  const [now] = await list();
  assert.deepEqual([now.id, now.rate_millionths, now.fee_max], [contract.id, 3800, 300]);
  const quote = await p.operator('POST', '/v1/rates/quote', { owner: contract.id, kind: 'trade', currency: 'CNY', amount: 10000 });
  assert.deepEqual([quote.body.fee, quote.body.rate, quote.body.snapshot.owner], [38, now.rate, contract.id]);
});

test("a method's own contract in tiers takes its payments over when it is approved", async () => {
  const tiers = [{ from: 0, rate_millionths: 6000, flat: 0 }, { from: 100000, rate_millionths: 2000, flat: 0 }];
  const asked = await set({ method: 'mock_qr', tier_mode: 'whole', tiers });
  const own = (await list()).find((one) => one.method === 'mock_qr');
  assert.equal(own.rate, null);
  assert.equal((await pay()).fee.contract, contract.id);
  await p.reviewed(asked);
  assert.deepEqual((await list()).find((one) => one.id === own.id).tiers, tiers);
  const [below, at] = [await pay({ amount: 99999 }), await pay({ amount: 100000 })];
  assert.deepEqual([below.fee.amount, below.fee.rate_millionths, below.fee.contract], [600, 6000, own.id]);
  assert.deepEqual([at.fee.amount, at.fee.rate_millionths, at.fee.rate], [200, 2000, below.fee.rate]);
});

test('a rejected change leaves the fee as it is', async () => {
  const asked = await p.operator('POST', '/v1/rates', { owner: contract.id, kind: 'trade', currency: 'CNY', rate_millionths: 1, reason: 'a slip' });
  assert.equal(asked.status, 202, asked.raw);
  const rejected = await p.checker('POST', `/v1/reviews/${asked.body.id}/reject`, { remark: 'no' });
  assert.equal(rejected.body.status, 'rejected', rejected.raw);
  assert.equal((await list())[0].rate_millionths, 3800);
});

for (const [what, change, status, code, param] of [
  ['a beginning in the past', { rate_millionths: 1, effective_from: '2020-01-01T00:00:00Z' }, 400, 'merchant_contract_past', 'effective_from'],
  ['neither a rate nor tiers', {}, 400, 'field_required', 'rate_millionths'],
  ['a change without a reason', { rate_millionths: 1, reason: undefined }, 400, 'field_required', 'reason'],
  ['tiers beside a rate', { rate_millionths: 1, tier_mode: 'whole', tiers: [{ from: 0, rate_millionths: 1, flat: 0 }] }, 400, 'rate_tiers', 'rate_millionths'],
  ['a maximum below the minimum', { rate_millionths: 1, fee_min: 2, fee_max: 1 }, 400, 'field_range', 'fee_max'],
]) {
  test(`${what} is refused`, async () => p.refused(await set(change), status, code, param));
}

const quote = (change) => p.operator('POST', '/v1/rates/quote', { owner: contract.id, kind: 'trade', currency: 'CNY', amount: 1, ...change });

test('a quote of a contract nobody has, or in another currency than its own, is refused', async () => {
  p.refused(await quote({ owner: 'con_0000000000001' }), 404, 'merchant_contract_not_found', 'owner');
  p.refused(await quote({ currency: 'USD' }), 400, 'field_value', 'currency');
});

test('a quote of a merchant nobody is is refused', async () => {
  p.refused(await quote({ owner: 'mer_0000000000001', kind: 'cash' }), 404, 'merchant_not_found', 'owner');
});

test('a quoted minimum takes no more than is paid', async () => {
  const usd = await set({ currency: 'USD', rate_millionths: 0, fee_min: 100 });
  for (const [amount, fee] of [[40, 40], [100, 100], [101, 100]]) {
    assert.equal((await quote({ owner: usd.body.id, currency: 'USD', amount })).body.fee, fee);
  }
});

test('a rate that is not there is refused', async () =>
  p.refused(await p.operator('GET', '/v1/rates/rat_0000000ZZZZZZ'), 404, 'rate_not_found'));

test('a contract of nobody is refused', async () => {
  const nobody = await p.operator('POST', '/v1/merchants/mer_0000000000001/contracts', { currency: 'CNY', rate_millionths: 1 });
  p.refused(nobody, 404, 'merchant_not_found');
});

// Maker and checker: what waits for a second pair of eyes.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Platform } from './lib.mjs';

let p, account, reviewer, line = 0;
const ask = (change = {}) => p.operator('POST', `/v1/accounts/${account.id}/credit-line`,
  { credit_line: ++line, reason: 'a test', ...change });
const decide = (id, what, who = 'checker', number = 0) => p[who]('POST', `/v1/reviews/${id}/${what}`, { remark: what }, number);
const get = async (id) => (await p.operator('GET', `/v1/reviews/${id}`)).body;
const creditLine = async () => (await p.operator('GET', `/v1/accounts/${account.id}`)).body.credit_line;

before(async () => {
  p = await Platform.start();
  account = await p.made('POST', '/v1/accounts', { merchant_id: p.owner.id, type: 'settlement', currency: 'CNY' });
});
after(() => p.end());

test('a change takes effect when another operator has approved it', async () => {
  const { status, body: review } = await ask({ credit_line: 500 });
  assert.equal(status, 202);
  assert.deepEqual([review.status, review.kind, review.subject, review.change.credit_line, review.needed],
    ['pending', 'account.change', account.id, 500, 1]);
  assert.equal(await creditLine(), 0);
  const answer = await decide(review.id, 'approve');
  assert.equal(answer.body.status, 'approved', answer.raw);
  assert.equal(answer.body.first_approval.remark, 'approve');
  assert.equal(await creditLine(), 500);
  const again = await decide(review.id, 'approve');
  assert.deepEqual(again.body, answer.body);
  p.refused(await decide(review.id, 'approve', 'checker', 1), 409, 'review_state', 'status');
});

test('a maker is no checker of the change', async () => {
  const { body: review } = await ask();
  p.refused(await decide(review.id, 'approve', 'operator'), 403, 'review_self');
  p.refused(await decide(review.id, 'reject', 'operator'), 403, 'review_self');
  p.refused(await decide(review.id, 'withdraw'), 403, 'review_not_maker');
  assert.equal((await decide(review.id, 'withdraw', 'operator')).body.status, 'withdrawn');
  p.refused(await decide(review.id, 'approve'), 409, 'review_state', 'status');
});

test('an operator with two keys is one operator', async () => {
  await p.stop();
  const keys = [1, 2].map(() => JSON.parse(p.tool('merchant', 'operator-key', '--name', 'Li')).secret);
  reviewer = JSON.parse(p.tool('merchant', 'operator-key', '--permissions', 'review:approve')).secret;
  await p.serve();
  const as = (key, path, body) => p.request('POST', path, body, { Authorization: `Bearer ${key}` });
  const { body: own } = await as(keys[0], `/v1/accounts/${account.id}/credit-line`, { credit_line: ++line, reason: 'a test' });
  p.refused(await as(keys[1], `/v1/reviews/${own.id}/approve`, {}), 403, 'review_self');
  p.refused(await as(keys[1], `/v1/reviews/${own.id}/reject`, {}), 403, 'review_self');
  assert.equal((await as(keys[1], `/v1/reviews/${own.id}/withdraw`, {})).body.status, 'withdrawn');
  const { body: large } = await p.operator('POST', '/v1/adjustments', {
    adjustment_no: 'two-keys', kind: 'event', reason_code: 'test', event: 'adjustment_credited',
    merchant_id: p.owner.id, currency: 'CNY', amount: 100000001, reason: 'a test',
  });
  assert.equal(large.needed, 2);
  assert.equal((await as(keys[0], `/v1/reviews/${large.id}/approve`, {})).body.approved, 1);
  p.refused(await as(keys[1], `/v1/reviews/${large.id}/approve`, {}), 409, 'review_twice');
  assert.equal((await decide(large.id, 'reject')).body.status, 'rejected');
});

test('of one account one change of a kind waits for its review at a time', async () => {
  const { id } = await p.made('POST', '/v1/accounts', { merchant_id: p.owner.id, type: 'deposit', currency: 'USD' });
  const ask = (what, change) => p.operator('POST', `/v1/accounts/${id}/${what}`, { reason: 'a test', ...change });
  const first = await ask('credit-line', { credit_line: 100 });
  p.refused(await ask('credit-line', { credit_line: 200 }), 409, 'review_pending', 'change');
  const other = await ask('deferred', { deferred: true }); // another kind of change
  assert.equal(other.status, 202, other.raw);
  p.refused(await ask('deferred', { deferred: false }), 409, 'review_pending', 'change');
  await decide(first.body.id, 'approve');
  const next = await ask('credit-line', { credit_line: 200 });
  assert.equal(next.status, 202, next.raw);
  for (const one of [other, next]) await decide(one.body.id, 'withdraw', 'operator');
});

test('a checker has the permission for what is changed', async () => {
  const source = await p.made('POST', '/v1/accounts', { merchant_id: p.owner.id, type: 'deposit', currency: 'CNY' });
  const approve = (id) => p.request('POST', `/v1/reviews/${id}/approve`, {}, { Authorization: `Bearer ${reviewer}` });
  const { body: credit } = await p.operator('POST', `/v1/accounts/${source.id}/credit-line`, { credit_line: 100, reason: 'a test' });
  p.refused(await approve(credit.id), 403, 'auth_permission', 'account:limit');
  await decide(credit.id, 'approve');
  const freeze = await p.made('POST', `/v1/accounts/${source.id}/freezes`,
    { effect: 'amount', kind: 'judicial', amount: 100, reason: 'a test', document_no: 'D1' });
  const { body: deduction } = await p.operator('POST', `/v1/freezes/${freeze.id}/deduct`, { reason: 'a test' });
  p.refused(await approve(deduction.id), 403, 'auth_permission', 'account:freeze');
  await decide(deduction.id, 'reject');
});

test('a rejected change changes nothing, and may be asked for again', async () => {
  const before = await creditLine();
  const { body: review } = await ask({ credit_line: 9000 });
  const rejected = await decide(review.id, 'reject');
  assert.deepEqual([rejected.body.status, rejected.body.closed_by.remark], ['rejected', 'reject']);
  assert.deepEqual((await decide(review.id, 'reject')).body, rejected.body);
  assert.equal(await creditLine(), before);
  const second = await ask({ credit_line: 9000 });
  assert.notEqual(second.body.id, review.id);
  await decide(second.body.id, 'withdraw', 'operator');
});

test('the same change is pending once', async () => {
  const first = await ask({ credit_line: 700 });
  const again = await ask({ credit_line: 700 });
  assert.equal(again.body.id, first.body.id);
  p.refused(await ask({ credit_line: 700, reason: 'another one' }), 409, 'review_pending', 'reason');
  const path = `/v1/accounts/${account.id}/credit-line`;
  p.refused(await p.checker('POST', path, { credit_line: 700, reason: 'a test' }), 409, 'review_pending', 'maker');
  await decide(first.body.id, 'withdraw', 'operator');
});

test('a change that is refused when it is made has failed, and says why', async () => {
  assert.equal((await p.reviewed(await ask({ credit_line: 300 }))).status, 'approved');
  const { body: deposit } = await p.operator('POST', '/v1/accounts', { merchant_id: p.owner.id, type: 'deposit', currency: 'CNY' });
  const { body: review } = await ask({ credit_line: 100 });
  await p.operator('POST', '/v1/ledger/transfers', {
    business_no: Date.now(),
    legs: [{ account: account.id, side: 'debit', amount: 200 }, { account: deposit.id, side: 'credit', amount: 200 }],
  });
  const answer = await decide(review.id, 'approve');
  assert.equal(answer.status, 200);
  assert.deepEqual([answer.body.status, answer.body.error_code, answer.body.error_param],
    ['failed', 'ledger_insufficient', 'credit_line']);
  p.refused(await ask({ credit_line: 100 }), 409, 'ledger_insufficient', 'credit_line');
  assert.equal(await creditLine(), 300);
  const history = await p.operator('GET', `/v1/accounts/${account.id}/history?limit=1`);
  assert.equal(history.body.data[0].after.credit_line, 300);
});

test('reviews are listed by status and kind, in pages', async () => {
  const { body: review } = await ask({ credit_line: 400 });
  const pending = await p.operator('GET', '/v1/reviews?status=pending');
  assert.deepEqual(pending.body.data.map((r) => r.id), [review.id]);
  const none = await p.operator('GET', '/v1/reviews?kind=settle_rule.change');
  assert.deepEqual(none.body.data, []);
  const first = (await p.operator('GET', '/v1/reviews?limit=2')).body;
  const second = (await p.operator('GET', `/v1/reviews?limit=2&starting_after=${first.next_cursor}`)).body;
  assert.ok(first.has_more && second.data[0].id < first.data[1].id);
  assert.deepEqual(await get(review.id), first.data[0]);
  p.refused(await p.operator('GET', '/v1/reviews/rev_0000000000001'), 404, 'review_not_found');
  p.refused(await p.operator('GET', '/v1/reviews?status=green'), 400, 'field_value', 'status');
  await decide(review.id, 'withdraw', 'operator');
});

test('what would change is told in English and in Chinese, with what is before it', async () => {
  const told = async (answer, ...lines) => {
    const { id, summary, summary_zh } = await get(answer.body.review ?? answer.body.id);
    assert.deepEqual([summary, summary_zh], lines, answer.raw);
    await decide(id, 'withdraw', 'operator');
  };
  const post = (path, body) => p.operator('POST', path, { reason: 'a test', ...body });
  const before = (await creditLine() / 100).toFixed(2);
  await told(await ask({ credit_line: 123456 }), `credit line: ${before} → 1234.56 CNY`, `信用额度：${before} → 1234.56 CNY`);
  await told(await post(`/v1/accounts/${account.id}/deferred`, { deferred: true }), 'entries are applied later', '入账方式：实时 → 异步');
  await told(await p.operator('PUT', `/v1/accounts/${account.id}/settlement-rule`,
    { cycle: 'week_work', cycle_days: '1,3', reserve_days: 3, mode: 'self_service', minimum: 100, reason: 'a test' }),
  'weekly on workdays, on 1,2,3,4,5, T+1, automatic → weekly on workdays, on 1,3, T+3, self-service, at least 1.00',
  '每周（遇休顺延）1,2,3,4,5，T+1，自动 → 每周（遇休顺延）1,3，T+3，自助，最低 1.00');
  await told(await post('/v1/rates', { owner: p.owner.id, kind: 'cash', currency: 'CNY', rate_millionths: 3800, fee_min: 100 }),
    `${p.owner.id} cash CNY: none → 0.38 %, at least 1.00`, `${p.owner.id} 提现 CNY: 无 → 0.38 %，最低 1.00`);
  await told(await post('/v1/bank-cards', { merchant_id: p.owner.id, kind: 'corporate', bank_code: 'ICBC', bank_name: 'ICBC', number: '110907890000000001', holder: 'Tomato' }),
    'new bank card ICBC 110907********0001', '新增银行卡 ICBC 110907********0001');
  await told(await post('/v1/operator-keys', { name: 'Zhao', permissions: 'ledger:read' }), 'Zhao: ledger:read', 'Zhao: ledger:read');
  await told(await post('/v1/ledger/vouchers', { event: 'deposit_paid_in', valid_from: 20990101, legs: [
    { side: 'debit', code: 1012, owner: 'platform', amount: 'gross' }, { side: 'credit', code: 2245, owner: 'merchant', amount: 'gross' }] }),
  'deposit_paid_in from 20990101 on: 2 legs', 'deposit_paid_in，自 20990101 起：2 条分录');
  const adjust = (adjustment_no, change) => post('/v1/adjustments', { adjustment_no, reason_code: 'test', ...change });
  await told(await adjust('A1', { kind: 'event', event: 'merchant_topped_up', merchant_id: p.owner.id, currency: 'CNY', amount: 5 }),
    'A1: merchant_topped_up', 'A1：手工凭证 merchant_topped_up');
  const deposit = await p.made('POST', '/v1/accounts', { merchant_id: p.owner.id, type: 'deposit', currency: 'CNY' });
  const legs = [{ account: deposit.id, side: 'credit', amount: 7 }, { account: account.id, side: 'debit', amount: 7 }];
  await told(await adjust('A2', { kind: 'legs', legs }), 'A2: 2 legs', 'A2：2 条分录');
  const { journal_id } = await p.made('POST', '/v1/ledger/transfers', { business_no: 77, legs });
  await told(await adjust('A3', { kind: 'reversal', original: journal_id }), `A3: reversal of ${journal_id}`, `A3：红冲 ${journal_id}`);
});

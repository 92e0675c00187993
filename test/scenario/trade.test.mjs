// Fee rates, cash-outs, refunds and adjustments over HTTP.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Platform, until } from './lib.mjs';

let p, account, other, cashKey;
let number = Date.now();
const no = (letter) => `${letter}${++number}`;
const decide = (review, what = 'approve', checker = 0) =>
  p.checker('POST', `/v1/reviews/${review.id}/${what}`, { remark: 'seen' }, checker);
const rate = (change) => p.operator('POST', '/v1/rates', { owner: 'platform', kind: 'cash', currency: 'CNY', reason: 'a test', ...change });
const quote = async (change) => (await p.operator('POST', '/v1/rates/quote', { owner: p.owner.id, kind: 'cash', currency: 'CNY', amount: 10000, ...change })).body;
const get = async (id = account.id) => (await p.operator('GET', `/v1/accounts/${id}`)).body;
const cashOut = (change, headers = {}) => p.merchant('POST', '/v1/cash-outs',
  { account: account.id, amount: 1000, merchant_order_no: no('W'), ...change }, headers, cashKey);
const legs = (amount) => [{ account: other.id, side: 'debit', amount }, { account: account.id, side: 'credit', amount }];
const adjust = (change) => p.operator('POST', '/v1/adjustments',
  { adjustment_no: no('T'), kind: 'legs', reason_code: 'test', reason: 'a test', ...change });
const approved = (answer) => p.reviewed(answer);

before(async () => {
  p = await Platform.start({ fundMode: 'collect', conf: { TOMATO_MERCHANT_COLLECT_LICENCE: 'true', TOMATO_TRADE_ADJUSTMENT_LIMIT: '100000' } });
  account = await p.made('POST', '/v1/accounts', { merchant_id: p.owner.id, type: 'settlement', currency: 'CNY' });
  other = await p.made('POST', '/v1/accounts', { merchant_id: p.owner.id, type: 'deposit', currency: 'CNY' });
  const line = await p.operator('POST', `/v1/accounts/${other.id}/credit-line`, { credit_line: 100000000, reason: 'a source of money' });
  await approved(line);
  cashKey = await p.made('POST', `/v1/merchants/${p.owner.id}/keys`, { app: p.app.id, permissions: 'payment:* trade:*' });
  await p.card({ merchant_id: p.owner.id, kind: 'corporate',
    bank_code: 'ICBC', bank_name: 'ICBC', number: '110907890000000001', holder: 'Tomato', is_default: true });
});
after(() => p.end());

// ---- rates ----

test('A5: a kind without a rate is free, and the quote says so', async () => {
  const free = await quote();
  assert.deepEqual([free.fee, free.configured, free.rate], [0, false, null]);
  assert.equal(free.snapshot.note, 'no rate is configured: no fee');
});

test('a first default of zero is set at once, all others are reviewed', async () => {
  const zero = await rate({ kind: 'settlement', rate_millionths: 0 });
  assert.equal(zero.status, 200, zero.raw);
  assert.equal(zero.body.object, 'rate');
  const asked = await rate({ rate_millionths: 3800, fee_min: 1 });
  assert.equal(asked.status, 202, asked.raw);
  assert.equal(asked.body.summary, 'platform cash CNY: none → 0.38 %, at least 0.01');
  assert.equal((await quote()).fee, 0);
  p.refused(await p.operator('POST', `/v1/reviews/${asked.body.id}/approve`, {}), 403, 'review_self');
  await approved(asked);
  // A7: 0.38 % is 3800 millionths.
  const now = await quote();
  assert.deepEqual([now.fee, now.configured, now.rate_millionths, now.snapshot.owner], [38, true, 3800, 'platform']);
  const one = await p.operator('GET', `/v1/rates/${now.rate}`);
  assert.equal(one.body.review, asked.body.id);
});

test('an agent has no rate, as there are no agents yet', async () => {
  const agent = { owner: 'agt_0000000000001' };
  p.refused(await rate({ ...agent, flat: 1 }), 400, 'rate_owner', 'owner');
  p.refused(await p.operator('POST', '/v1/rates/quote', { ...agent, kind: 'cash', currency: 'CNY', amount: 1 }), 400, 'rate_owner', 'owner');
});

test('A4: a trade fee belongs to a contract alone', async () => {
  p.refused(await rate({ kind: 'trade', rate_millionths: 1 }), 409, 'rate_trade', 'kind');
  p.refused(await p.operator('POST', '/v1/rates/quote', { owner: 'platform', kind: 'trade', currency: 'CNY', amount: 1 }), 409, 'rate_trade', 'kind');
  const contract = { owner: 'con_0000000000001' };
  p.refused(await rate({ ...contract, kind: 'trade', rate_millionths: 1 }), 404, 'merchant_contract_not_found', 'owner');
  p.refused(await p.operator('POST', '/v1/rates/quote', { ...contract, kind: 'cash', currency: 'CNY', amount: 1 }), 400, 'rate_owner', 'owner');
});

test('who asks for the rates of nobody is told what an owner is', async () => {
  const listed = await p.operator('GET', '/v1/rates?owner=nobody');
  const quoted = await p.operator('POST', '/v1/rates/quote', { owner: 'nobody', kind: 'cash', currency: 'CNY', amount: 1 });
  for (const answer of [listed, quoted]) {
    p.refused(answer, 400, 'field_format', 'owner');
    assert.match(answer.body.error.message, /must be platform, or the id of a merchant \(mer_…\) or contract \(con_…\)$/);
  }
});

for (const [what, change, status, code, param] of [
  ['a rate without a price', {}, 400, 'field_required', 'rate_millionths'],
  ['an owner that is none', { owner: 'nobody', rate_millionths: 1 }, 400, 'field_format', 'owner'],
  ['a merchant that is not there', { owner: 'mer_0000000000001', rate_millionths: 1 }, 404, 'merchant_not_found', 'owner'],
  ['a beginning in the past', { rate_millionths: 1, effective_from: '2020-01-01T00:00:00Z' }, 400, 'rate_past', 'effective_from'],
  ['a maximum below the minimum', { rate_millionths: 1, fee_min: 2, fee_max: 1 }, 400, 'field_range', 'fee_max'],
  ['tiers that do not rise', { tier_mode: 'whole', tiers: [{ from: 0 }, { from: 0 }] }, 400, 'rate_tiers', 'tiers[1].from'],
  ['a rate above one', { rate_millionths: 1000001 }, 400, 'field_range', 'rate_millionths'],
  ['a reviewed rate without a reason', { rate_millionths: 1, reason: undefined }, 400, 'field_required', 'reason'],
]) {
  test(`${what} is refused`, async () => p.refused(await rate(change), status, code, param));
}

test('rates in tiers, and the history in pages', async () => {
  const tiers = [{ from: 0, rate_millionths: 6000, flat: 0 }, { from: 5000, rate_millionths: 3000, flat: 0 }];
  await approved(await rate({ owner: p.owner.id, kind: 'settlement', tier_mode: 'marginal', tiers }));
  assert.equal((await quote({ kind: 'settlement' })).fee, 45);
  await approved(await rate({ owner: p.owner.id, kind: 'settlement', rate_millionths: 1000 }));
  assert.equal((await quote({ kind: 'settlement' })).fee, 10);
  const path = `/v1/rates?owner=${p.owner.id}&kind=settlement&limit=1`;
  const first = (await p.operator('GET', path)).body;
  const second = (await p.operator('GET', `${path}&starting_after=${first.next_cursor}`)).body;
  assert.deepEqual([first.data[0].rate_millionths, first.has_more], [1000, true]);
  assert.deepEqual([second.data[0].tiers, second.has_more], [tiers, false]);
});

// ---- adjustments ----

test('an adjustment is booked when another operator has approved it', async () => {
  const asked = await adjust({ legs: legs(50000), evidence: 'doc 7' });
  assert.equal((await get()).balance, 0);
  await approved(asked);
  assert.equal((await get()).balance, 50000);
  const list = (await p.operator('GET', '/v1/adjustments')).body;
  assert.equal(list.data[0].review, asked.body.id);
  assert.equal((await p.operator('GET', `/v1/adjustments/${list.data[0].id}`)).body.journal, list.data[0].journal);
});

test('an adjustment above the limit needs two checkers', async () => {
  const before = (await get()).balance;
  const { body: review } = await adjust({ legs: legs(100001) });
  assert.equal(review.needed, 2);
  assert.equal((await decide(review)).body.status, 'pending');
  assert.equal((await get()).balance, before);
  p.refused(await decide(review), 409, 'review_twice');
  assert.equal((await decide(review, 'approve', 1)).body.status, 'approved');
  assert.equal((await get()).balance, before + 100001);
});

test('A15: an adjustment asked for again is the first one', async () => {
  const body = { adjustment_no: no('T'), legs: legs(10) };
  const asked = await adjust(body);
  await approved(asked);
  const before = (await get()).balance;
  const again = await adjust(body);
  assert.equal(again.status, 200, again.raw);
  assert.equal(again.body.review, asked.body.id);
  p.refused(await adjust({ ...body, legs: legs(11) }), 409, 'trade_order_conflict', 'adjustment_no');
  assert.equal((await get()).balance, before);
});

test('a number is pending once, and what cannot be borne now is refused at once', async () => {
  const body = { adjustment_no: no('T'), legs: legs(10) };
  const asked = await adjust(body);
  assert.equal((await adjust(body)).body.id, asked.body.id);
  p.refused(await adjust({ ...body, legs: legs(11) }), 409, 'trade_order_conflict', 'adjustment_no');
  await approved(asked);
  const debit = { kind: 'event', event: 'adjustment_debited', merchant_id: p.owner.id, currency: 'CNY' };
  const { available } = await get();
  p.refused(await adjust({ ...debit, amount: available + 1 }), 409, 'ledger_insufficient', 'legs[0].account');
  p.refused(await adjust({ ...debit, currency: 'USD', amount: 1 }), 409, 'ledger_insufficient', 'legs[0].account');
});

test('an adjustment by a voucher', async () => {
  const before = (await get()).balance;
  await approved(await adjust({ kind: 'event', event: 'adjustment_credited', merchant_id: p.owner.id, currency: 'CNY', amount: 77 }));
  assert.equal((await get()).balance, before + 77);
});

test('what nothing else books is booked by hand, by the event of its template', async () => {
  const channel = (await p.operator('GET', '/v1/channel-accounts')).body.data[0].id;
  const event = async (change) => {
    const asked = await adjust({ kind: 'event', currency: 'CNY', ...change });
    await approved(asked);
    const { journal } = (await p.operator('GET', '/v1/adjustments?limit=1')).body.data[0];
    const booked = (await p.operator('GET', `/v1/ledger/journals/${journal}`)).body;
    assert.deepEqual([booked.source, booked.event], ['adjustment', change.event], JSON.stringify(booked));
    const codes = await Promise.all(booked.entries.map((e) => p.made('GET', `/v1/ledger/accounts/${e.account_id}`)));
    return { journal, legs: booked.entries.map((e, i) => [e.side, codes[i].code, e.amount]) };
  };
  const balances = async () => [(await get()).balance, (await get(other.id)).balance];
  const [settled, deposit] = await balances();
  const paid = await event({ event: 'deposit_paid_in', merchant_id: p.owner.id, amount: 900 });
  assert.deepEqual(paid.legs, [['debit', 1002, 900], ['credit', 2245, 900]]);
  await event({ event: 'deposit_returned', merchant_id: p.owner.id, amount: 400 });
  assert.deepEqual(await balances(), [settled + 400, deposit + 500]);
  assert.deepEqual((await event({ event: 'channel_settled', channel_account_id: channel, amount: 1000, cost: 3 })).legs,
    [['debit', 1002, 997], ['debit', 2251, 3], ['credit', 1131, 1000]]);
  await event({ event: 'surplus_found', channel_account_id: channel, amount: 50 });
  assert.deepEqual((await event({ event: 'surplus_resolved', merchant_id: p.owner.id, amount: 50, fee: 1 })).legs,
    [['debit', 2291, 50], ['credit', 2241, 49], ['credit', 6021, 1]]);
  assert.deepEqual((await event({ event: 'channel_fee_differed', channel_account_id: channel, difference: -4 })).legs,
    [['credit', 6421, 4], ['debit', 1131, 4]]);
  const fee = await event({ event: 'platform_fee_charged', mode: 'collect', merchant_id: p.owner.id, fee: 9 });
  assert.deepEqual(fee.legs, [['debit', 2241, 9], ['credit', 6021, 9]]);
  await approved(await adjust({ kind: 'reversal', original: fee.journal }));
  assert.deepEqual(await balances(), [settled + 449, deposit + 500]);
  const exchange = await adjust({ kind: 'event', event: 'currency_sold', merchant_id: p.owner.id, currency: 'CNY', sold: 70, other_currency: 'USD', bought: 10 });
  assert.equal(exchange.body.needed, 2, exchange.raw);
  await decide(exchange.body);
  assert.equal((await decide(exchange.body, 'approve', 1)).body.status, 'approved');
  const own = { kind: 'event', merchant_id: p.owner.id, currency: 'CNY', amount: 1 };
  for (const name of ['payment_succeeded', 'cash_sent', 'settlement_paid', 'refund_succeeded', 'balance_deducted']) {
    p.refused(await adjust({ ...own, event: name }), 400, 'field_value', 'event');
  }
  p.refused(await adjust({ ...own, event: 'interest_paid', fee: 1 }), 400, 'field_value', 'fee');
  p.refused(await adjust({ ...own, event: 'merchant_topped_up', fee: 2 }), 400, 'ledger_amount', 'fee');
});

test('what each event that is booked by hand has to be told is listed, and is what it is refused for', async () => {
  const events = new Map((await p.made('GET', '/v1/adjustment-events')).data.map((one) => [one.event, one.fields]));
  assert.equal(events.size, 21);
  assert.deepEqual(events.get('channel_settled'), [{ name: 'channel_account_id', required: true }, { name: 'currency', required: true },
    { name: 'amount', required: true, currency: 'currency' }, { name: 'cost', required: false, currency: 'currency' }]);
  assert.deepEqual(events.get('currency_sold').slice(-3), [{ name: 'sold', required: true, currency: 'currency' },
    { name: 'bought', required: true, currency: 'other_currency' }, { name: 'rounding', required: false, may_be_negative: true, currency: 'other_currency' }]);
  const values = { mode: 'collect', merchant_id: p.owner.id, channel_account_id: 'cha_0000000000001', receiver_id: p.owner.id, currency: 'CNY', other_currency: 'USD' };
  for (const [event, fields] of events) {
    const change = { kind: 'event', event };
    for (const { name } of fields.filter((one) => one.required)) {
      p.refused(await adjust(change), 400, 'field_required', name);
      change[name] = values[name] ?? 1;
    }
    const taken = new Set(fields.map((one) => one.name));
    for (const name of ['mode', 'merchant_id', 'channel_account_id', 'receiver_id', 'other_currency', 'amount', 'fee', 'cost', 'short', 'difference', 'sold', 'bought', 'rounding'].filter((one) => !taken.has(one))) {
      p.refused(await adjust({ ...change, [name]: values[name] ?? 1 }), 400, 'field_value', name);
    }
  }
});

test('a journal is reversed once and whole, then corrected once', async () => {
  const before = (await get()).balance;
  await approved(await adjust({ legs: legs(500) }));
  const original = (await p.operator('GET', '/v1/adjustments?limit=1')).body.data[0].journal;
  const correct = { kind: 'correction', original, legs: legs(300) };
  p.refused(await adjust(correct), 409, 'trade_not_reversed', 'original');
  const red = await adjust({ kind: 'reversal', original });
  assert.equal(red.body.amount, 500);
  await approved(red);
  assert.equal((await get()).balance, before);
  p.refused(await adjust({ kind: 'reversal', original }), 409, 'trade_reversed', 'original');
  const linked = (await p.operator('GET', `/v1/adjustments?original=${original}`)).body.data;
  assert.deepEqual(linked.map((a) => a.kind), ['reversal']);
  p.refused(await adjust({ kind: 'reversal', original: linked[0].journal }), 409, 'trade_reversal', 'original');
  await approved(await adjust(correct));
  assert.equal((await get()).balance, before + 300);
  p.refused(await adjust(correct), 409, 'trade_corrected', 'original');
  // A16: three postings about one journal, each found.
  assert.equal((await p.operator('GET', `/v1/adjustments?original=${original}`)).body.data.length, 2);
});

for (const [what, change, status, code, param] of [
  ['an adjustment that does not balance', () => ({ legs: [legs(5)[0], { ...legs(5)[1], amount: 6 }] }), 400, 'ledger_unbalanced', 'CNY'],
  ['an account that is not there', () => ({ legs: [legs(5)[0], { ...legs(5)[1], account: 'acc_0000000000001' }] }), 404, 'ledger_account', 'legs[1].account'],
  ['A13: a negative amount', () => ({ legs: legs(-5) }), 400, 'field_range', 'legs[0].amount'],
  ['a maturity that is no date', () => ({ legs: [legs(5)[0], { ...legs(5)[1], matures_on: 20261350 }] }), 400, 'ledger_maturity', 'legs[1].matures_on'],
  ['a reversal of nothing', () => ({ kind: 'reversal' }), 400, 'field_required', 'original'],
  ['a reversal with legs of its own', () => ({ kind: 'reversal', original: 'jnl_0000000000001', legs: legs(5) }), 400, 'field_value', 'legs'],
  ['a journal that is not there', () => ({ kind: 'reversal', original: 'jnl_00000000ZZZZZ' }), 404, 'ledger_journal', 'original'],
  ['an adjustment without a reason', () => ({ legs: legs(5), reason: undefined }), 400, 'field_required', 'reason'],
]) {
  test(`${what} is refused`, async () => p.refused(await adjust(change()), status, code, param));
}

test('entries that wait are not adjusted, nor is their way back reversed', async () => {
  await approved(await p.operator('POST', `/v1/accounts/${account.id}/deferred`, { deferred: true, reason: 'a test' }));
  const before = (await get()).balance;
  await approved(await adjust({ legs: legs(9) }));
  const original = (await p.operator('GET', '/v1/adjustments?limit=1')).body.data[0].journal;
  await until(async () => ((await get()).balance === before + 9 ? true : null), 'the entry to be applied');
  const [first] = (await p.operator('GET', `/v1/accounts/${account.id}/statement?limit=1`)).body.data;
  assert.notEqual(first.journal_id, original);
  p.refused(await adjust({ kind: 'reversal', original: first.journal_id }), 409, 'ledger_code_own', 'legs[1].account');
  await approved(await p.operator('POST', `/v1/accounts/${account.id}/deferred`, { deferred: false, reason: 'a test' }));
  await approved(await adjust({ kind: 'reversal', original }));
  assert.equal((await get()).balance, before);
});

// ---- cash-outs ----

test('a cash-out holds amount and fee at once', async () => {
  const before = await get();
  const answer = await cashOut({ amount: 10000 });
  assert.equal(answer.status, 200, answer.raw);
  assert.deepEqual([answer.body.status, answer.body.fee, answer.body.rate_millionths], ['waiting_remittance', 38, 3800]);
  assert.match(answer.body.card, /^crd_/);
  const now = await get();
  assert.deepEqual([now.balance, now.held, now.available], [before.balance, before.held + 10038, before.available - 10038]);
  assert.deepEqual((await p.merchant('GET', `/v1/cash-outs/${answer.body.id}`, undefined, {}, cashKey)).body, answer.body);
});

test('A5: a repeated cash-out withdraws once', async () => {
  const order = { amount: 500, merchant_order_no: no('W') };
  const first = await cashOut(order);
  const held = (await get()).held;
  assert.deepEqual((await cashOut(order)).body, first.body);
  assert.equal((await get()).held, held);
  p.refused(await cashOut({ ...order, amount: 501 }), 409, 'trade_order_conflict', 'amount');
});

for (const [what, change, status, code, param] of [
  ['A13: a negative amount', { amount: -5 }, 400, 'field_range', 'amount'],
  ['A13: a kind of movement', { kind: 'trade' }, 400, 'field_unknown', 'kind'],
  ['more than there is', { amount: 90000000 }, 409, 'ledger_insufficient', 'account'],
  ["a card that is not the merchant's", { card: 'crd_0000000000001' }, 404, 'account_card', 'card'],
  ['an account that is not there', { account: 'acc_0000000000001' }, 404, 'ledger_account', 'account'],
]) {
  test(`a cash-out with ${what} is refused`, async () => p.refused(await cashOut(change), status, code, param));
}

test('a deposit is not paid out', async () => {
  p.refused(await cashOut({ account: other.id }), 409, 'trade_account', 'account');
});

test('a key without the permission takes nothing out', async () => {
  const answer = await p.merchant('POST', '/v1/cash-outs', { account: account.id, amount: 1, merchant_order_no: no('W') });
  p.refused(answer, 403, 'auth_permission');
});

test('an operator takes out for the merchant, and sees the list', async () => {
  const made = await p.operator('POST', '/v1/cash-outs', { account: account.id, amount: 1, merchant_order_no: no('W') });
  assert.equal(made.status, 200, made.raw);
  assert.equal(made.body.merchant_id, p.owner.id);
  assert.match(made.body.created_by, /^op_/);
  const first = (await p.merchant('GET', '/v1/cash-outs?limit=1', undefined, {}, cashKey)).body;
  assert.deepEqual([first.data[0].id, 'created_by' in first.data[0]], [made.body.id, false]);
  const all = (await p.operator('GET', `/v1/cash-outs?merchant_id=${p.owner.id}&limit=200`)).body.data;
  const second = (await p.merchant('GET', `/v1/cash-outs?limit=1&starting_after=${first.next_cursor}`, undefined, {}, cashKey)).body;
  assert.equal(second.data[0].id, all[1].id);
  const waiting = (await p.operator('GET', `/v1/cash-outs?merchant_id=${p.owner.id}&status=waiting_remittance&limit=200`)).body.data;
  assert.deepEqual(waiting.map((one) => one.id), all.filter((one) => one.status === 'waiting_remittance').map((one) => one.id));
  assert.deepEqual((await p.operator('GET', '/v1/cash-outs?status=returned')).body.data, []);
});

const say = (id, outcome, change = {}) => p.operator('POST', `/v1/cash-outs/${id}/outcome`, { outcome, reason: 'told by the bank', ...change });

test('a cash-out is cancelled by its merchant while it waits', async () => {
  const before = await get();
  const { body: made } = await cashOut({ amount: 700 });
  const late = await say(made.id, 'sent');
  const cancel = (key = cashKey) => p.merchant('POST', `/v1/cash-outs/${made.id}/cancel`, { reason: 'not wanted' }, {}, key);
  p.refused(await cancel(p.key), 403, 'auth_permission');
  const cancelled = await cancel();
  assert.deepEqual([cancelled.body.status, cancelled.body.reason], ['cancelled', 'not wanted'], cancelled.raw);
  assert.deepEqual((await cancel()).body, cancelled.body);
  const after = await get();
  assert.deepEqual([after.held, after.available], [before.held, before.available]);
  const refused = await decide(late.body);
  assert.deepEqual([refused.body.status, refused.body.error_code], ['failed', 'trade_state'], refused.raw);
  const byOperator = (await cashOut({ amount: 700 })).body;
  p.refused(await p.operator('POST', `/v1/cash-outs/${byOperator.id}/cancel`, {}), 400, 'field_required', 'reason');
  const given = await p.made('POST', `/v1/cash-outs/${byOperator.id}/cancel`, { reason: 'wrong card' });
  assert.deepEqual([given.status, given.reason], ['cancelled', 'wrong card']);
  assert.match(given.cancelled_by, /^op_/);
  assert.equal('created_by' in given, false); // the merchant asked for it
  assert.deepEqual(await p.made('GET', `/v1/cash-outs/${byOperator.id}`), given);
  const { cancelled_by, ...shown } = given;
  assert.deepEqual((await p.merchant('GET', `/v1/cash-outs/${byOperator.id}`, undefined, {}, cashKey)).body, shown);
  assert.deepEqual((await p.merchant('GET', '/v1/cash-outs?limit=1', undefined, {}, cashKey)).body.data, [shown]);
  assert.equal('cancelled_by' in (await p.made('GET', `/v1/cash-outs/${made.id}`)), false);
  p.refused(await p.operator('POST', '/v1/cash-outs/cas_0000000000001/cancel', { reason: 'x' }), 404, 'trade_not_found');
});

// Four trades of 100 with a fee of 10, the last matures tomorrow; 100 is taken out with a fee of 40.
test('the worked example: 360 of which 270 have matured, then 220 and 130', async () => {
  const owner = await p.made('POST', '/v1/merchants', { merchant_no: no('M'), name: 'Worked' });
  const own = await p.made('POST', '/v1/accounts', { merchant_id: owner.id, type: 'settlement', currency: 'CNY' });
  await p.reviewed(await p.operator('POST', '/v1/bank-cards', { merchant_id: owner.id, kind: 'corporate', bank_code: 'ICBC',
    bank_name: 'ICBC', number: '110907890000000002', holder: 'Worked', is_default: true, reason: 'a test' }));
  await approved(await rate({ owner: owner.id, flat: 40 }));
  const tomorrow = +new Date(Date.now() + 32 * 3600e3).toISOString().slice(0, 10).replaceAll('-', '');
  for (const matures of [{}, {}, {}, { matures_on: tomorrow }]) {
    await approved(await adjust({ legs: [{ account: other.id, side: 'debit', amount: 90 },
      { account: own.id, side: 'credit', amount: 90, ...matures }] }));
  }
  const now = async () => { const a = await get(own.id); return [a.balance, a.immature, a.held, a.available]; };
  assert.deepEqual(await now(), [360, 90, 0, 270]);
  const out = await p.made('POST', '/v1/cash-outs', { account: own.id, amount: 100, merchant_order_no: no('W') });
  assert.deepEqual([out.fee, await now()], [40, [360, 90, 140, 130]]);
  p.refused(await say(out.id, 'succeeded'), 409, 'trade_state', 'status'); // not before it was sent
  p.refused(await say(out.id, 'sent', { with_fee: true }), 400, 'field_value', 'with_fee');
  const sent = await say(out.id, 'sent', { evidence: 'B1' });
  assert.deepEqual([sent.status, sent.body.kind, sent.body.needed], [202, 'trade.cash_out', 1], sent.raw);
  p.refused(await p.operator('POST', `/v1/reviews/${sent.body.id}/approve`, {}), 403, 'review_self');
  await approved(sent);
  assert.deepEqual(await now(), [220, 90, 0, 130]);
  await approved(await say(out.id, 'succeeded'));
  assert.equal((await say(out.id, 'succeeded')).body.status, 'succeeded');
  assert.deepEqual(await now(), [220, 90, 0, 130]);
  await approved(await say(out.id, 'returned', { with_fee: true }));
  assert.deepEqual(await now(), [360, 90, 0, 270]);
});

// ---- refunds ----

test('a payment is refunded in parts, never above what was paid', async () => {
  const payment = await p.created({ amount: 1000 });
  await p.pay(payment);
  await p.reaches(payment, 'succeeded');
  const before = (await get()).balance;
  const refund = (change) => p.operator('POST', '/v1/refunds', { payment_id: payment.id, amount: 400, merchant_refund_no: no('R'), reason: 'cold soup', ...change });
  const first = await refund();
  assert.equal(first.status, 200, first.raw);
  assert.deepEqual([first.body.status, first.body.reason], ['reserved', 'cold soup']);
  assert.match(first.body.created_by, /^op_/);
  p.refused(await refund({ reason: undefined }), 400, 'field_required', 'reason');
  p.refused(await refund({ amount: 601 }), 409, 'trade_refund_exceeded', 'amount');
  const claim = (id, how = {}) => p.operator('POST', `/v1/refunds/${id}/complete`, { reason: 'paid at the counter', ...how });
  p.refused(await claim(first.body.id, { reason: undefined }), 400, 'field_required', 'reason');
  const asked = await claim(first.body.id);
  assert.equal(asked.status, 202, asked.raw);
  assert.deepEqual([asked.body.kind, asked.body.needed], ['trade.refund_complete', 1]);
  p.refused(await p.operator('POST', `/v1/reviews/${asked.body.id}/approve`, {}), 403, 'review_self');
  assert.equal((await get()).balance, before);
  await approved(asked);
  const done = await claim(first.body.id);
  assert.equal(done.body.status, 'succeeded', done.raw);
  assert.equal((await get()).balance, before - 400);
  const [paid] = await p.journals(payment);
  p.refused(await adjust({ kind: 'reversal', original: paid.id }), 409, 'trade_refunded', 'original');
  const [entry] = (await p.operator('GET', `/v1/accounts/${account.id}/statement?limit=1`)).body.data;
  p.refused(await adjust({ kind: 'reversal', original: entry.journal_id }), 409, 'trade_reversal_refund', 'original');
  const second = await refund({ amount: 600 });
  const late = (await claim(second.body.id)).body;
  await p.operator('POST', `/v1/refunds/${second.body.id}/fail`, { reason: 'card closed' });
  const failed = await p.made('GET', `/v1/refunds/${second.body.id}`);
  assert.deepEqual([failed.status, failed.failure, failed.failed_by], ['failed', 'card closed', first.body.created_by]);
  p.refused(await claim(second.body.id), 409, 'trade_state', 'status');
  const refused = await decide(late); // said while the other was under review
  assert.deepEqual([refused.body.status, refused.body.error_code], ['failed', 'trade_state'], refused.raw);
  const list = (await p.operator('GET', `/v1/refunds?payment_id=${payment.id}`)).body.data;
  assert.deepEqual(list.map((r) => r.status), ['failed', 'succeeded']);
});

for (const end of ['complete', 'fail']) {
  test(`the refusals of …/${end} come in the documented order`, async () => {
    const say = (id, body) => p.operator('POST', `/v1/refunds/${id}/${end}`, body);
    p.refused(await say(account.id, { evidense: 'B1' }), 404, 'trade_not_found');
    p.refused(await say('ref_0000000000001', { evidense: 'B1' }), 400, 'field_unknown', 'evidense');
    p.refused(await say('ref_0000000000001', {}), 400, 'field_required', 'reason');
    p.refused(await say('ref_0000000000001', { reason: 'a test' }), 404, 'trade_not_found');
  });
}

test('a refund above the limit needs two checkers', async () => {
  const payment = await p.created({ amount: 100002 });
  await p.pay(payment);
  await p.reaches(payment, 'succeeded');
  const made = await p.operator('POST', '/v1/refunds', { payment_id: payment.id, amount: 100001, merchant_refund_no: no('R'), reason: 'cold soup' });
  assert.equal(made.status, 200, made.raw);
  const asked = await p.operator('POST', `/v1/refunds/${made.body.id}/complete`, { reason: 'by bank', evidence: 'B1' });
  assert.equal(asked.body.needed, 2, asked.raw);
  assert.equal((await decide(asked.body)).body.status, 'pending');
  p.refused(await decide(asked.body), 409, 'review_twice');
  assert.equal((await decide(asked.body, 'approve', 1)).body.status, 'approved');
  assert.equal((await p.operator('GET', `/v1/refunds/${made.body.id}`)).body.status, 'succeeded');
});

test('a payment that was reversed is not refunded, nor when it was corrected: an adjustment gives back', async () => {
  const payment = await p.created({ amount: 1000 });
  await p.pay(payment);
  await p.reaches(payment, 'succeeded');
  const refund = () => p.operator('POST', '/v1/refunds', { payment_id: payment.id, amount: 400, merchant_refund_no: no('R'), reason: 'cold soup' });
  const before = (await get()).balance;
  const [paid] = await p.journals(payment);
  await approved(await adjust({ kind: 'reversal', original: paid.id }));
  assert.equal((await get()).balance, before - 994);
  p.refused(await refund(), 409, 'trade_reversed', 'payment_id');
  const [channel, , income] = paid.entries.map((e) => e.account_id);
  const leg = (id, side, amount) => ({ account: id, side, amount });
  await approved(await adjust({ kind: 'correction', original: paid.id,
    legs: [leg(channel, 'debit', 1000), leg(account.id, 'credit', 990), leg(income, 'credit', 10)] }));
  assert.equal((await get()).balance, before - 994 + 990);
  p.refused(await refund(), 409, 'trade_reversed', 'payment_id');
  await approved(await adjust({ original: paid.id, legs: [leg(account.id, 'debit', 400), leg(channel, 'credit', 400)] }));
  assert.equal((await get()).balance, before - 994 + 590);
});

test('money that waits for the end of a block is refunded when it has been booked', async () => {
  const freeze = await p.made('POST', `/v1/accounts/${account.id}/freezes`, { effect: 'credit_block', kind: 'risk', reason: 'a test' });
  const amount = (await get()).available + 1;
  const payment = await p.created({ amount });
  await p.pay(payment);
  await p.reaches(payment, 'succeeded');
  const refund = () => p.operator('POST', '/v1/refunds', { payment_id: payment.id, amount, merchant_refund_no: `R-${payment.merchant_order_no}`, reason: 'cold soup' });
  const early = await refund();
  p.refused(early, 409, 'trade_pending', 'payment_id');
  assert.deepEqual([early.body.error.retryable, early.body.error.advice], [true, 'retry_later']);
  await p.made('POST', `/v1/freezes/${freeze.id}/release`, { reason: 'over' });
  const made = await until(async () => { const now = await refund(); return now.status === 200 ? now.body : null; }, 'the entry to be applied');
  assert.ok(made.immature > 0); // of the payment's own money again
  await p.made('POST', `/v1/refunds/${made.id}/fail`, { reason: 'not wanted' });
});

test('a payment that has not succeeded is not refunded', async () => {
  const payment = await p.created();
  const answer = await p.operator('POST', '/v1/refunds', { payment_id: payment.id, amount: 1, merchant_refund_no: no('R'), reason: 'cold soup' });
  p.refused(answer, 409, 'trade_unpaid', 'payment_id');
});

test('the books are right after all of it', async () => {
  assert.equal(await p.stop(), 0);
  assert.doesNotMatch(p.tool('ledger', 'prove'), /WRONG/);
  await p.serve();
});

// Settlement as operators set it up and merchants see it: the calendar, rules, settlements, runs.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Platform, until } from './lib.mjs';

let p, account, source, key, other;
const ok = async (method, path, body) => {
  const answer = await p.operator(method, path, body);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
};
let number = Date.now();
const earn = (amount) => ok('POST', '/v1/ledger/transfers', {
  business_no: ++number,
  legs: [{ account: source, side: 'debit', amount }, { account: account.id, side: 'credit', amount }],
});
const rule = (change = {}) => ({
  cycle: 'week_work', cycle_days: '1,2,3,4,5', reserve_days: 1, mode: 'automatic', reason: 'a test', ...change,
});
const path = () => `/v1/accounts/${account.id}/settlement-rule`;
const put = async (change) => {
  await p.reviewed(await p.operator('PUT', path(), rule(change)));
  return ok('GET', path());
};
const get = () => ok('GET', `/v1/accounts/${account.id}`);
const today = () => +new Date(Date.now() + 8 * 3600e3).toISOString().slice(0, 10).replaceAll('-', '');
const merchant = (method, target, body, who = key) => p.merchant(method, target, body, {}, who);

before(async () => {
  p = await Platform.start();
  account = await ok('POST', '/v1/accounts', { merchant_id: p.owner.id, type: 'settlement', currency: 'CNY' });
  source = (await ok('POST', '/v1/accounts', { merchant_id: p.owner.id, type: 'deposit', currency: 'CNY' })).id;
  await p.reviewed(await p.operator('POST', `/v1/accounts/${source}/credit-line`, { credit_line: 100000000, reason: 'money for the tests' }));
  key = await ok('POST', `/v1/merchants/${p.owner.id}/keys`, { app: p.app.id, permissions: 'settle:*' });
  const owner = await ok('POST', '/v1/merchants', { merchant_no: 'other', name: 'Other' });
  const app = await ok('POST', `/v1/merchants/${owner.id}/apps`, { name: 'web' });
  other = await ok('POST', `/v1/merchants/${owner.id}/keys`, { app: app.id, permissions: 'settle:*' });
});
after(() => p.end());

test('the calendar is loaded by ranges of one year, and the past stays', async () => {
  const days = [{ date: 20990101, kind: 'holiday', name: '元旦' }, { date: 20990104, kind: 'makeup_work' }];
  const load = { from: 20990101, to: 20991231, source: 'a notice', days };
  assert.equal((await ok('POST', '/v1/calendar', load)).data.length, 2);
  const year = await ok('GET', '/v1/calendar?year=2099');
  assert.deepEqual(year.data.map((d) => [d.date, d.kind, d.source]),
    [[20990101, 'holiday', 'a notice'], [20990104, 'makeup_work', 'a notice']]);
  await ok('POST', '/v1/calendar', { ...load, from: 20990102, days: [] });
  assert.equal((await ok('GET', '/v1/calendar?year=2099')).data.length, 1);
  p.refused(await p.operator('POST', '/v1/calendar', { ...load, to: 21000101 }), 400, 'calendar_range', 'from');
  p.refused(await p.operator('POST', '/v1/calendar', { ...load, to: 20990103 }), 400, 'calendar_entry', 'days[1].date');
  p.refused(await p.operator('POST', '/v1/calendar',
    { from: 20200101, to: 20201231, days: [{ date: 20200102, kind: 'holiday' }] }), 409, 'calendar_past', 'days[0].date');
  p.refused(await p.operator('POST', '/v1/calendar', { ...load, days: [{ date: 20990101, kind: 'party' }] }), 400, 'field_value', 'days[0].kind');
});

test('a rule has defaults, is set whole, and keeps its history', async () => {
  const first = await ok('GET', path());
  assert.equal(first.version, 1); // made with the account
  assert.ok(first.next_date > today());
  assert.deepEqual([first.cycle, first.cycle_days, first.reserve_days, first.mode], ['week_work', '1,2,3,4,5', 1, 'automatic']);
  const set = await put({ cycle: 'month', cycle_days: '15,2,1', maximum: 5000 });
  assert.deepEqual([set.cycle, set.cycle_days, set.maximum], ['month', '1,2,15', 5000]);
  assert.ok(set.next_date > today());
  await put();
  const history = await ok('GET', `${path()}/history?limit=1`);
  assert.equal(history.has_more, true);
  assert.equal(history.data[0].before.cycle, 'month');
  assert.equal(history.data[0].after.cycle, 'week_work');
  assert.equal(history.data[0].reason, 'a test');
  assert.match(history.data[0].review, /^rev_/);
  assert.equal((await ok('GET', `${path()}/history?starting_after=${history.next_cursor}`)).data.length, 1);
});

test('one change of a rule waits for its review at a time', async () => {
  const ask = (change, who = 'operator') => p[who]('PUT', path(), rule(change));
  const first = await ask({ reserve_days: 3 });
  assert.equal(first.status, 202, first.raw);
  assert.equal((await ask({ reserve_days: 3 })).body.id, first.body.id);
  p.refused(await ask({ reserve_days: 5 }), 409, 'review_pending', 'change');
  p.refused(await ask({ reserve_days: 5 }, 'checker'), 409, 'review_pending', 'change');
  await p.operator('POST', `/v1/reviews/${first.body.id}/withdraw`, {});
  assert.equal((await put({ reserve_days: 5 })).reserve_days, 5);
  await put();
});

test('what cannot be a rule is refused with its field', async () => {
  const ask = (change, at = path()) => p.operator('PUT', at, rule(change));
  p.refused(await ask({ cycle_days: '0,8' }), 400, 'settle_rule_days', 'cycle_days');
  p.refused(await ask({ minimum: 2, maximum: 1 }), 400, 'settle_rule_limits', 'maximum');
  p.refused(await ask({ reserve_days: 31 }), 400, 'field_range', 'reserve_days');
  p.refused(await ask({ reason: undefined }), 400, 'field_required', 'reason');
  p.refused(await ask({}, `/v1/accounts/${source}/settlement-rule`), 404, 'settle_rule_account');
  p.refused(await ask({ card: 'crd_0000000000001' }), 404, 'account_card', 'card');
  p.refused(await p.operator('GET', `/v1/accounts/${source}/settlement-rule`), 404, 'settle_rule_account');
});

test('a merchant settles by itself: held at once, cancelled, seen by nobody else', async () => {
  const ask = { settlement_no: 'S1', currency: 'CNY', amount: 400 };
  await earn(1000);
  p.refused(await merchant('POST', '/v1/settlements', ask), 409, 'settle_automatic', 'account');
  p.refused(await merchant('POST', '/v1/settlements', { ...ask, currency: 'USD' }), 404, 'ledger_account', 'currency');
  const accounts = (await ok('GET', `/v1/accounts?merchant_id=${p.owner.id}`)).data;
  assert.deepEqual(accounts.filter((one) => one.currency === 'USD'), []);
  await put({ mode: 'self_service', minimum: 100, maximum: 900 });
  p.refused(await merchant('POST', '/v1/settlements', { ...ask, amount: 901 }), 409, 'settle_maximum', 'amount');
  p.refused(await merchant('POST', '/v1/settlements', { ...ask, amount: 99 }), 409, 'settle_minimum', 'amount');
  const made = await merchant('POST', '/v1/settlements', ask);
  assert.equal(made.status, 200, JSON.stringify(made.body));
  assert.deepEqual([made.body.status, made.body.amount, made.body.fee, made.body.rate_millionths], ['waiting', 400, 0, 0]);
  assert.equal((await get()).held, 400);
  assert.equal((await merchant('POST', '/v1/settlements', ask)).body.id, made.body.id);
  p.refused(await merchant('POST', '/v1/settlements', { ...ask, amount: 500 }), 409, 'settle_conflict', 'amount');
  p.refused(await merchant('POST', '/v1/settlements', { ...ask, settlement_no: 'S2' }), 409, 'settle_exists', 'account');

  const one = `/v1/settlements/${made.body.id}`;
  assert.equal((await merchant('GET', one)).body.id, made.body.id);
  assert.equal((await ok('GET', one)).id, made.body.id);
  p.refused(await merchant('GET', one, undefined, other), 404, 'settle_not_found');
  assert.equal((await merchant('GET', '/v1/settlements')).body.data.length, 1);
  assert.equal((await merchant('GET', '/v1/settlements', undefined, other)).body.data.length, 0);
  assert.equal((await merchant('GET', `/v1/settlements?account_id=${account.id}`, undefined, other)).body.data.length, 0);
  assert.equal((await ok('GET', `/v1/settlements?account_id=${account.id}&status=waiting`)).data.length, 1);
  assert.equal((await ok('GET', `/v1/settlements?account_id=${account.id}&status=paid`)).data.length, 0);

  const cancelled = await ok('POST', `${one}/cancel`, { reason: 'not wanted' });
  assert.deepEqual([cancelled.status, cancelled.reason], ['cancelled', 'not wanted']);
  assert.match(cancelled.cancelled_by, /^op_/);
  assert.deepEqual(await ok('GET', one), cancelled);
  assert.equal((await ok('GET', `/v1/settlements?account_id=${account.id}`)).data[0].cancelled_by, cancelled.cancelled_by);
  const { cancelled_by, ...shown } = cancelled; // the merchant is told why, not by whom
  assert.deepEqual((await merchant('GET', one)).body, shown);
  assert.deepEqual((await merchant('GET', '/v1/settlements')).body.data, [shown]);
  assert.equal((await get()).held, 0);
  assert.equal((await ok('GET', one)).status, 'cancelled');
});

test('a settlement that is paid out by hand is paid, and returned, when another operator confirms it', async () => {
  // One settlement per account and date: this is of another account.
  const { id: owner } = await ok('POST', '/v1/merchants', { merchant_no: 'by-hand', name: 'By hand' });
  const app = await ok('POST', `/v1/merchants/${owner}/apps`, { name: 'web' });
  const own = await ok('POST', `/v1/merchants/${owner}/keys`, { app: app.id, permissions: 'settle:*' });
  const { id } = await ok('POST', '/v1/accounts', { merchant_id: owner, type: 'settlement', currency: 'CNY' });
  await p.reviewed(await p.operator('PUT', `/v1/accounts/${id}/settlement-rule`, rule({ mode: 'self_service' })));
  await ok('POST', '/v1/ledger/transfers', { business_no: ++number,
    legs: [{ account: source, side: 'debit', amount: 300 }, { account: id, side: 'credit', amount: 300 }] });
  const made = (await merchant('POST', '/v1/settlements', { settlement_no: 'H1', currency: 'CNY' }, own)).body;
  const say = (outcome) => p.operator('POST', `/v1/settlements/${made.id}/outcome`, { outcome, reason: 'told by the bank', evidence: 'B1' });
  const now = async () => { const a = await ok('GET', `/v1/accounts/${id}`); return [a.balance, a.held]; };
  p.refused(await say('returned'), 409, 'settle_state', 'status');
  const paid = await say('paid');
  assert.deepEqual([paid.status, paid.body.kind, await now()], [202, 'settle.outcome', [300, 300]], paid.raw);
  p.refused(await p.operator('POST', `/v1/reviews/${paid.body.id}/approve`, {}), 403, 'review_self');
  await p.reviewed(paid);
  assert.deepEqual([(await say('paid')).body.status, await now()], ['paid', [0, 0]]);
  await p.reviewed(await say('returned'));
  const back = await ok('GET', `/v1/settlements/${made.id}`);
  assert.deepEqual([back.status, back.reason, await now()], ['returned', 'told by the bank', [300, 0]]);
});

test('a rule names a card of the merchant; when it is removed, the default one takes its place', async () => {
  const { id: owner } = await ok('POST', '/v1/merchants', { merchant_no: 'cards', name: 'Cards' });
  const app = await ok('POST', `/v1/merchants/${owner}/apps`, { name: 'web' });
  const cardKey = await ok('POST', `/v1/merchants/${owner}/keys`, { app: app.id, permissions: 'settle:*' });
  const card = (digits, merchant_id = owner) => p.card({ merchant_id, kind: 'corporate',
    bank_code: 'ICBC', bank_name: 'ICBC', number: digits, holder: 'Tomato' });
  const [first, chosen] = [await card('110907890000000001'), await card('110907890000000002')];
  const theirs = await card('110907890000000003', p.owner.id);
  const own = await ok('POST', '/v1/accounts', { merchant_id: owner, type: 'settlement', currency: 'CNY' });
  const at = `/v1/accounts/${own.id}/settlement-rule`;
  const ask = (id) => p.operator('PUT', at, rule({ mode: 'self_service', card: id }));
  p.refused(await ask(theirs.id), 404, 'account_card', 'card');
  await p.reviewed(await ask(chosen.id));
  assert.equal((await ok('GET', at)).card, chosen.id);
  await ok('POST', '/v1/ledger/transfers', { business_no: ++number,
    legs: [{ account: source, side: 'debit', amount: 10 }, { account: own.id, side: 'credit', amount: 10 }] });
  await p.reviewed(await p.operator('POST', `/v1/bank-cards/${chosen.id}/remove`, { merchant_id: owner, reason: 'closed' }));
  p.refused(await ask(chosen.id), 404, 'account_card', 'card');
  const made = await merchant('POST', '/v1/settlements', { settlement_no: 'C1', currency: 'CNY' }, cardKey);
  assert.deepEqual([made.body.amount, made.body.card], [10, first.id], made.raw);
  assert.equal((await ok('GET', at)).card, chosen.id);
});

test('permissions are asked for', async () => {
  const reader = await ok('POST', `/v1/merchants/${p.owner.id}/keys`, { app: p.app.id, permissions: 'settle:read' });
  p.refused(await merchant('POST', '/v1/settlements', { settlement_no: 'S9', currency: 'CNY' }, reader), 403, 'auth_permission');
  assert.equal((await merchant('GET', '/v1/settlements', undefined, reader)).status, 200);
});

test('the run settles what is due, once, and goes on after a restart', async () => {
  const [run] = (await ok('GET', '/v1/settlement-runs')).data;
  assert.equal(run.date, today());
  await put({ mode: 'automatic' });
  await p.stop();
  // Yesterday nobody asked for a settlement, today the account is due and the run was cut short.
  p.sql('DELETE FROM settle_order');
  p.sql('UPDATE settle_rule SET next_date = 20260101');
  p.sql('UPDATE settle_run SET status = 1, ended_at_ms = 0');
  await p.serve();
  const done = await until(async () => {
    const [row] = (await ok('GET', '/v1/settlement-runs')).data;
    return row.status === 'done' && row;
  }, 'the run');
  assert.deepEqual([done.done, done.all, done.settled, done.skipped, done.failed], [1, 1, 1, 0, 0]);
  assert.deepEqual(done.amounts, [{ currency: 'CNY', settlements: 1, amount: 1000 }]);
  assert.equal((await get()).held, 1000);
  assert.ok((await ok('GET', path())).next_date > today());
  const [order] = (await ok('GET', `/v1/settlements?account_id=${account.id}`)).data;
  assert.deepEqual([order.mode, order.status, order.settle_date], ['automatic', 'waiting', today()]);
  await p.stop();
  p.sql('UPDATE settle_run SET status = 1, ended_at_ms = 0');
  await p.serve();
  await until(async () => (await ok('GET', '/v1/settlement-runs')).data[0].status === 'done', 'the run again');
  assert.equal((await ok('GET', `/v1/settlements?account_id=${account.id}`)).data.length, 1);
});

test('an account that is skipped says why', async () => {
  await ok('POST', `/v1/settlements/${(await ok('GET', `/v1/settlements?account_id=${account.id}`)).data[0].id}/cancel`, { reason: 'again' });
  await put({ minimum: 100000 });
  await p.stop();
  p.sql('DELETE FROM settle_order');
  p.sql('UPDATE settle_rule SET next_date = 20260101, handled_on = 0');
  p.sql('UPDATE settle_run SET status = 1, ended_at_ms = 0');
  await p.serve();
  await until(async () => (await ok('GET', '/v1/settlement-runs')).data[0].status === 'done', 'the run');
  const outcomes = await ok('GET', `/v1/settlement-outcomes?date=${today()}`);
  assert.deepEqual(outcomes.data.map((o) => [o.account_id, o.kind, o.reason, o.matured]),
    [[account.id, 'skipped', 'settle_minimum', 1000]]);
});

// A business day of the running platform: it is cut, sealed and closed, proved beside the server,
// and what is changed afterwards is named.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { join } from 'node:path';
import { build, Platform, until } from './lib.mjs';

let p;
before(async () => { p = await Platform.start({ simSpeed: 100 }); });
after(() => p.end());

const DAY = 86400000;
const SHANGHAI = 8 * 3600000;
const dateOf = (ms) => Number(new Date(ms + SHANGHAI).toISOString().slice(0, 10).replaceAll('-', ''));
const midnightOf = (ms) => Math.floor((ms + SHANGHAI) / DAY) * DAY - SHANGHAI;
const today = () => dateOf(Date.now());

// A server that has just started refuses what was signed before it: sign again.
async function paid() {
  const payment = await until(async () => {
    const answer = await p.create();
    return answer.body?.error?.code === 'auth_restarted' ? null : answer.body;
  }, 'a payment to be created');
  await p.pay(payment);
  return p.reaches(payment, 'succeeded');
}

function ledger(...args) {
  const run = spawnSync(join(build, 'tomato'), ['ledger', ...args], { env: p.env, encoding: 'utf8' });
  return { status: run.status, out: run.stdout, problem: run.stderr };
}

const day = async (date) => (await p.operator('GET', `/v1/ledger/days/${date}`)).body;

test('the books are proved and printed while the server runs', async () => {
  await paid();
  const proof = ledger('prove');
  assert.equal(proof.status, 0, proof.problem);
  assert.match(proof.out, /^(the data file is sound\n)?journals 1  legs 2  accounts \d+\nthe books are right\n$/);
  assert.match(ledger('prove', String(today())).out, /is right\n$/);
  assert.match(ledger('trial-balance').out, /6021.*CNY.*0\.08.*0\.08.*Fee income/);
  assert.match(ledger('days').out, new RegExp(`^${today()}  open`, 'm'));
  const csv = ledger('export', String(today())).out.trim().split('\n');
  assert.equal(csv.length, 3);
  assert.match(csv[1], /,payment,succeeded,\d+,acc_\w+,1122,CNY,debit,8,1,8$/);
  assert.equal(ledger('prove', '20200101').status, 1);
  assert.equal(ledger('prove', 'x').status, 2);
  assert.match(ledger('prove', 'x').problem, /^tomato ledger: no date as yyyymmdd: x\nusage: tomato ledger prove \[DATE\]\n/);
  assert.equal(ledger('nothing').status, 2);
});

test('what has not come yet is no fact', async () => {
  const tomorrow = dateOf(Date.now() + DAY);
  for (const path of ['trial-balance', 'general-ledger']) {
    p.refused(await p.operator('GET', `/v1/ledger/${path}?date=${tomorrow}`), 400, 'field_range', 'date');
    assert.equal((await p.operator('GET', `/v1/ledger/${path}?date=${today()}`)).status, 200);
  }
  assert.equal(ledger('trial-balance', String(today())).status, 0);
  assert.equal(ledger('trial-balance', String(tomorrow)).status, 2);
  assert.match(ledger('trial-balance', String(tomorrow)).problem, /this date has not come yet/);
});

let yesterday;
test('a day that ended while the platform was off is closed at the next start', async () => {
  const open = today();
  await p.stop();
  yesterday = dateOf(Date.now() - DAY); // all that was booked is made a day older
  p.sql(`UPDATE ledger_day SET id = ${yesterday} WHERE id = ${open}`);
  p.sql(`UPDATE ledger_clock SET date = ${yesterday}, ends_at_ms = ${midnightOf(Date.now())}`);
  p.sql(`UPDATE ledger_journal SET business_date = ${yesterday}`);
  p.sql(`UPDATE ledger_total SET date = ${yesterday}`);
  p.sql('UPDATE timer SET due_at_ms = 1 WHERE kind = 201');
  assert.equal(ledger('trial-balance', String(yesterday)).status, 0);
  assert.equal(ledger('trial-balance', String(open)).status, 2, 'the books are still on the day before');
  await p.serve();
  await until(async () => (await day(yesterday)).status === 'closed', 'yesterday to be closed');
  const closed = await day(yesterday);
  assert.equal(closed.journals, 1);
  assert.equal(closed.entries, 2);
  assert.match(closed.hash, /^[0-9a-f]{64}$/);
  assert.equal((await day(today())).status, 'open');
  const list = await p.operator('GET', '/v1/ledger/days');
  assert.deepEqual(list.body.data.map((d) => d.date), [today(), yesterday]);
});

test('the closing of a day is the opening of the next', async () => {
  await paid();
  const before = (await p.operator('GET', `/v1/ledger/trial-balance?date=${yesterday}`)).body;
  const now = (await p.operator('GET', '/v1/ledger/trial-balance')).body;
  assert.equal(before.balanced && now.balanced, true);
  assert.deepEqual(now.rows.map((r) => r.opening), before.rows.map((r) => r.closing));
  assert.deepEqual(now.rows.map((r) => r.debits + r.credits), [8, 8]);
  assert.equal(ledger('prove').status, 0);
});

test('a row of a closed day that was changed is named', async () => {
  await p.stop();
  p.sql('UPDATE ledger_journal SET created_at_ms = created_at_ms + 1 WHERE id = 1');
  const wrong = `WRONG: ledger_journal row 1 is not as it was when ${yesterday} was closed\n`;
  for (const args of [['prove'], ['prove', String(yesterday)]]) {
    const proof = ledger(...args);
    assert.equal(proof.status, 3);
    assert.ok(proof.out.endsWith(wrong), proof.out);
  }
  assert.equal(ledger('prove', String(today())).status, 0);
  p.sql('UPDATE ledger_journal SET created_at_ms = created_at_ms - 1 WHERE id = 1');
  assert.equal(ledger('prove').status, 0);
  await p.serve();
});

test('days and trial balances are for operators', async () => {
  for (const path of ['/v1/ledger/days', '/v1/ledger/trial-balance', `/v1/ledger/days/${today()}`]) {
    assert.equal((await p.merchant('GET', path)).status, 401);
  }
  p.refused(await p.operator('GET', '/v1/ledger/days/20200101'), 404, 'ledger_day');
  p.refused(await p.operator('GET', '/v1/ledger/trial-balance?date=20251131'), 400, 'field_format', 'date');
});

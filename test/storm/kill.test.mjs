// The real program under load, killed with SIGKILL at random moments and started again on the same
// data, while the channel goes wrong in every way the simulator knows. Then the faults end, all
// must come to rest by itself, and the auditor compares three books: ours, the channel's and the
// merchant's. STORM_SECONDS (30) is the length of the load, STORM_SEED repeats a run's choices,
// TOMATO_TEST_STORE=mysql runs it on MariaDB (the server of the database is not killed).
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { mock, Platform, sleep, wechat } from '../scenario/lib.mjs';
import { audit, change, prove, query, readChannel, readDatabase } from './auditor.mjs';

const seconds = Number(process.env.STORM_SECONDS ?? 30);
const settleSeconds = Number(process.env.STORM_SETTLE_SECONDS ?? 150);
const seed = Number(process.env.STORM_SEED ?? Date.now() % 1000000000);
const MERCHANTS = 12;

let state = seed;
function random() { // mulberry32
  state = (state + 0x6D2B79F5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const between = (low, high) => low + Math.floor(random() * (high - low));
const chance = (percent) => random() * 100 < percent;

// Percent of the requests of an operation.
const faults = [
  ['create', 'answer_lost', 1, { delay_ms: 3000 }], ['create', 'slow', 1, { delay_ms: 2500 }],
  ['create', 'error_500', 2], ['create', 'error_500_after', 2], ['create', 'error_429', 1],
  ['create', 'bad_signature', 1],
  ['query', 'error_500', 5], ['query', 'bad_signature', 3], ['query', 'answer_lost', 2, { delay_ms: 3000 }],
  ['query', 'wrong_amount', 1],
  ['close', 'error_500', 5], ['close', 'error_500_after', 5], ['close', 'answer_lost', 5, { delay_ms: 3000 }],
  ['callback', 'duplicate', 10], ['callback', 'late', 5], ['callback', 'out_of_order', 5],
  ['callback', 'never', 3], ['callback', 'bad_signature', 3], ['callback', 'wrong_amount', 1],
  ['callback', 'wrong_merchant', 1],
];

async function beginFaults(p) {
  for (const [operation, kind, percent, more] of faults) {
    const fault = { kind, rate_millionths: percent * 10000, ...more };
    await p.sim.fault({ ...fault, personality: 'mock', operation });
    await p.sim.fault({ ...fault, personality: 'wechat', operation: operation === 'create' ? 'native' : operation });
  }
}

async function autoPay(p) {
  for (const [personality, merchant] of [['mock', mock.merchant_no], ['wechat', wechat.mchid]]) {
    const answer = await p.sim.post('/admin/auto_pay', { personality, merchant, enabled: true, after_ms: 4000 });
    assert.equal(answer.status, 200, answer.text);
  }
}

// What a merchant does: the same request under the same order number until there is an answer.
async function insist(storm, method, path, body) {
  while (Date.now() < storm.giveUpAt) {
    try {
      const answer = await storm.p.merchant(method, path, body);
      const again = answer.status >= 500 || answer.status === 429 || answer.body?.error?.code === 'auth_restarted';
      if (!again) { return answer; }
    } catch { /* the server was killed, or is not up yet */ }
    storm.retries++;
    await sleep(between(20, 120));
  }
  throw new Error(`no answer to ${method} ${path} in all the time; seed ${seed}`);
}

async function merchant(storm) {
  while (Date.now() < storm.until) {
    const order = {
      merchant_order_no: `S${++storm.count}`, amount: between(1, 100000), currency: 'CNY',
      method: chance(70) ? 'mock_qr' : 'wechat_native', subject: 'Tomato storm',
    };
    const times = chance(5) ? 2 : 1;
    for (let i = 0; i < times; i++) {
      const answer = await insist(storm, 'POST', '/v1/payments', order);
      assert.ok(answer.status === 200 || answer.status === 202, `${answer.raw} seed ${seed}`);
      if (!storm.answered.has(order.merchant_order_no)) { storm.answered.set(order.merchant_order_no, new Set()); }
      storm.answered.get(order.merchant_order_no).add(answer.body.id);
      if (chance(10)) {
        await sleep(between(0, 300));
        const closed = await insist(storm, 'POST', `/v1/payments/${answer.body.id}/close`, {});
        assert.ok([200, 202, 409].includes(closed.status), `${closed.raw} seed ${seed}`);
      }
    }
  }
}

async function killer(storm) {
  await sleep(between(1500, 3000));
  while (Date.now() < storm.until) {
    await storm.p.stop('SIGKILL');
    storm.kills++;
    await sleep(between(0, 200));
    await storm.p.serve();
    await sleep(between(500, 4000));
  }
}

const database = (p) => p.database?.url ?? join(p.data, 'tomato.db');

function atRest(p) {
  const [now] = query(database(p), `SELECT
    (SELECT COUNT(*) FROM payment WHERE status <= 4) AS unfinished,
    (SELECT COUNT(*) FROM notify_pending) AS pending,
    (SELECT COUNT(*) FROM event_cursor WHERE position < (SELECT MAX(id) FROM event)) AS behind`);
  return { unfinished: Number(now.unfinished), pending: Number(now.pending), behind: Number(now.behind) };
}

async function settle(storm) {
  const before = Date.now();
  let now = atRest(storm.p);
  while ((now.unfinished || now.pending || now.behind) && Date.now() - before < settleSeconds * 1000) {
    await sleep(500);
    now = atRest(storm.p);
  }
  storm.settled = { ...now, ms: Date.now() - before };
}

let evidence; // of the storm, for the tests of the auditor

test(`load with kill -9 (${seconds} s, STORM_SEED=${seed})`, async () => {
  const storm = { answered: new Map(), count: 0, kills: 0, retries: 0 };
  const receiver = (request) => { request.answer = chance(2) ? 500 : 200; return request.answer; };
  const p = await Platform.start({ simSpeed: 20, receiver });
  storm.p = p;
  try {
    await autoPay(p);
    await beginFaults(p);
    storm.until = Date.now() + seconds * 1000;
    storm.giveUpAt = storm.until + 60000;
    await Promise.all([killer(storm), ...Array.from({ length: MERCHANTS }, () => merchant(storm))]);
    await p.sim.del('/admin/faults');
    await settle(storm);
    assert.equal(await p.stop(), 0, p.log);
    evidence = {
      env: p.env, data: readDatabase(database(p)), orders: await readChannel(p.sim), answered: storm.answered,
      hooks: p.receiver.received, secret: p.endpoint.secret, proof: prove(p.env),
    };
    change(database(p), 'UPDATE ledger_journal SET amount_a = amount_a + 1 WHERE id = 1');
    evidence.proofOfTampered = prove(p.env);
  } finally {
    await p.end();
  }
  const findings = audit(evidence);
  const statuses = {};
  evidence.data.payments.forEach((x) => { statuses[x.status] = (statuses[x.status] ?? 0) + 1; });
  console.log(JSON.stringify({
    seed, kills: storm.kills, orders: storm.count, retries: storm.retries, statuses,
    webhooks: evidence.hooks.length, events: evidence.data.events.length, settled: storm.settled,
  }));
  assert.deepEqual(findings.slice(0, 20), [], `${findings.length} findings; STORM_SEED=${seed}`);
  assert.ok(storm.kills > 0 && storm.count > 0);
});

// Each changes one thing in a copy of what the storm left; the auditor must name it.
const tampering = {
  webhook_missing: (e) => {
    const id = e.hooks.map((h) => JSON.parse(h.body)).find((x) => x.type === 'payment.succeeded').data.object.id;
    e.hooks = e.hooks.filter((h) => JSON.parse(h.body).data.object.id !== id);
  },
  webhook_signature: (e) => { e.hooks = e.hooks.map((h, i) => (i === 0 ? { ...h, body: h.body.replace('"event"', '"Event"') } : h)); },
  answered_lost: (e) => { e.data.payments = e.data.payments.slice(1); },
  order_twice: (e) => { e.answered = new Map([...e.answered, ['S1', new Set(['pay_1', 'pay_2'])]]); },
  unfinished: (e) => { e.data.payments = e.data.payments.map((p, i) => (i === 0 ? { ...p, status: '3' } : p)); },
  journals: (e) => { e.data.journals = e.data.journals.slice(1); },
  journal_amount: (e) => { e.data.journals = e.data.journals.map((j, i) => (i === 0 ? { ...j, amount_a: '99999999' } : j)); },
  success_lost: (e) => {
    e.data.payments = e.data.payments.map((p) => (p.status === '5' ? { ...p, status: '6', late_success_at_ms: '0' } : p));
  },
  success_invented: (e) => { e.orders = e.orders.map((o) => ({ ...o, status: 'pending' })); },
  event_gap: (e) => { e.data.events = e.data.events.filter((x) => x.id !== '2'); },
  event_unread: (e) => { e.data.cursors = e.data.cursors.map((c) => ({ ...c, position: '1' })); },
  books: (e) => {
    e.proof = e.proofOfTampered;
  },
};

for (const [rule, tamper] of Object.entries(tampering)) {
  test(`the auditor finds ${rule}`, () => {
    assert.ok(evidence, 'the storm left nothing to audit');
    const copy = { ...evidence, data: { ...evidence.data } };
    tamper(copy);
    assert.ok(audit(copy).some((f) => f.rule === rule));
  });
}

// The auditor: reads the database, the channel's own books and the receiver's log after a storm and
// says what does not agree. It knows the rules of payments, and nothing of the program's code.
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { build } from '../oracle/lib.mjs';

const SUCCEEDED = '5', CONFLICTED = '8';
const unfinished = { 1: 'processing', 2: 'requires_action', 3: 'unknown', 4: 'closing' };

const TOO_MUCH = 1 << 30;

function table(text) {
  const [head, ...lines] = text.split('\n').filter((line) => line !== '').map((line) => line.split('\t'));
  return lines.map((cells) => Object.fromEntries(cells.map((cell, at) => [head[at], cell])));
}

// database: the path of a SQLite file, or mysql://user:password@host:port/name.
function run(database, sql, readonly) {
  const io = { encoding: 'utf8', maxBuffer: TOO_MUCH };
  if (!database.startsWith('mysql://')) {
    return execFileSync('sqlite3', [...(readonly ? ['-readonly'] : []), '-header', '-separator', '\t',
      '-cmd', '.timeout 5000', database, sql], io);
  }
  const url = new URL(database);
  return execFileSync('mariadb', ['--no-defaults', '--batch', '--raw', '-h', url.hostname,
    '-P', url.port, '-u', url.username, url.pathname.slice(1), '-e', sql],
  { ...io, env: { ...process.env, MYSQL_PWD: url.password } });
}

// The rows as objects of strings: ids do not fit a JavaScript number. No text we read holds a tab.
export const query = (database, sql) => table(run(database, sql, true));

// For tampering.
export function change(database, sql) { run(database, sql, false); }

const rows = (database, name, columns, where = '1 = 1') =>
  query(database, `SELECT ${columns.join(', ')} FROM ${name} WHERE ${where}`);

export function readDatabase(database) {
  return {
    payments: rows(database, 'payment', ['id', 'merchant_order_no', 'amount', 'amount_received', 'fee',
      'status', 'attempt_id', 'version', 'late_success_at_ms']),
    attempts: rows(database, 'payment_attempt', ['id', 'payment_id', 'status']),
    journals: rows(database, 'ledger_journal', ['id', 'business_no', 'operation', 'leg_count',
      'amount_a', 'amount_b'], 'part = 0 AND source = 1'),
    events: rows(database, 'event', ['id', 'object_id', 'sequence', 'type']),
    cursors: rows(database, 'event_cursor', ['name', 'position']),
    pending: rows(database, 'notify_pending', ['id']),
  };
}

export async function readChannel(sim) {
  const orders = [];
  for (let after = 0; after !== null;) {
    const { body } = await sim.get(`/admin/orders?limit=5000&after=${after}`);
    orders.push(...body.orders);
    after = body.next;
  }
  return orders;
}

// Exit status and text of `tomato ledger prove` on a data folder that no server has open.
export function prove(env) {
  try {
    return { status: 0, text: execFileSync(join(build, 'tomato'), ['ledger', 'prove'], { env, encoding: 'utf8', stdio: 'pipe' }) };
  } catch (error) {
    return { status: error.status, text: `${error.stdout}${error.stderr}` };
  }
}

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
// "pay_0DQ4…" and the channel's "T0DQ4…" to the number in the database.
export function idOf(text) {
  return [...text.slice(-13)].reduce((n, c) => n * 32n + BigInt(alphabet.indexOf(c)), 0n).toString();
}

function group(list, key) {
  const groups = new Map();
  for (const item of list) {
    if (!groups.has(item[key])) { groups.set(item[key], []); }
    groups.get(item[key]).push(item);
  }
  return groups;
}

function authentic(hook, secret) {
  const text = `${hook.headers['webhook-id']}.${hook.headers['webhook-timestamp']}.${hook.body}`;
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  return hook.headers['webhook-signature'].split(' ')
    .includes(`v1,${createHmac('sha256', key).update(text).digest('base64')}`);
}

function auditAnswers(say, answered, byId) {
  for (const [orderNo, ids] of answered) {
    if (ids.size !== 1) { say('order_twice', `${orderNo} was answered as ${[...ids]}`); }
    for (const id of ids) {
      const payment = byId.get(idOf(id));
      if (!payment) { say('answered_lost', `${orderNo} ${id}`); }
      else if (payment.merchant_order_no !== orderNo) { say('answered_other', `${orderNo} ${id}`); }
    }
  }
}

function auditJournals(say, payment, journals) {
  const booked = journals.filter((j) => j.operation === '1');
  const due = payment.status === SUCCEEDED && payment.fee !== '0' ? 1 : 0;
  if (booked.length !== due) { say('journals', `${payment.merchant_order_no} has ${booked.length}, not ${due}`); }
  for (const journal of booked) {
    if (journal.amount_a !== payment.fee || journal.amount_b !== `-${payment.fee}`) {
      say('journal_amount', `${payment.merchant_order_no} books ${journal.amount_a}, the fee is ${payment.fee}`);
    }
  }
}

function auditChannel(say, data, orders, byId) {
  const byAttempt = new Map(data.attempts.map((a) => [a.id, a]));
  const paid = new Map();
  for (const order of orders) {
    const attempt = byAttempt.get(idOf(order.order_no));
    if (!attempt) { say('order_unknown', order.order_no); continue; }
    if (order.status !== 'succeeded') { continue; }
    const payment = byId.get(attempt.payment_id);
    if (!payment) { say('attempt_orphan', order.order_no); continue; }
    paid.set(payment.id, order);
    if (payment.status !== SUCCEEDED && payment.status !== CONFLICTED && payment.late_success_at_ms === '0') {
      say('success_lost', `${order.order_no} is paid, ${payment.merchant_order_no} has status ${payment.status}`);
    }
  }
  for (const payment of data.payments.filter((p) => p.status === SUCCEEDED)) {
    const order = paid.get(payment.id);
    if (!order) { say('success_invented', payment.merchant_order_no); }
    else if (String(order.amount) !== payment.amount_received) { say('success_amount', payment.merchant_order_no); }
  }
}

function auditEvents(say, data, byId) {
  const ids = data.events.map((e) => Number(e.id)).sort((a, b) => a - b);
  ids.forEach((id, at) => { if (id !== at + 1) { say('event_gap', `${id} stands at ${at + 1}`); } });
  for (const [id, events] of group(data.events.filter((e) => e.type.startsWith('payment.')), 'object_id')) {
    const sequences = events.map((e) => Number(e.sequence)).sort((a, b) => a - b);
    if (!sequences.every((s, at) => at === 0 || s === sequences[at - 1] + 1)
        || String(sequences.at(-1)) !== byId.get(id)?.version) {
      say('event_sequence', `${byId.get(id)?.merchant_order_no}: ${sequences}`);
    }
  }
  for (const cursor of data.cursors) {
    if (Number(cursor.position) !== ids.length) { say('event_unread', `${cursor.name} stands at ${cursor.position} of ${ids.length}`); }
  }
}

function auditHooks(say, data, hooks, secret, byId) {
  const delivered = new Set();
  for (const hook of hooks) {
    const event = JSON.parse(hook.body);
    if (!authentic(hook, secret)) { say('webhook_signature', event.id); }
    if (event.type !== 'payment.succeeded') { continue; }
    const id = idOf(event.data.object.id);
    if (byId.get(id)?.status !== SUCCEEDED) { say('webhook_false', event.data.object.id); }
    if (hook.answer === 200) { delivered.add(id); }
  }
  for (const payment of data.payments.filter((p) => p.status === SUCCEEDED)) {
    if (!delivered.has(payment.id)) { say('webhook_missing', payment.merchant_order_no); }
  }
  if (data.pending.length > 0) { say('webhook_pending', `${data.pending.length} deliveries`); }
}

// answered: Map of order number to a Set of payment ids; hooks: {headers, body, answer}. Returns
// what is wrong, as {rule, what}; nothing when all agrees.
export function audit({ data, orders, answered, hooks, secret, proof }) {
  const findings = [];
  const say = (rule, what) => { findings.push({ rule, what }); };
  const byId = new Map(data.payments.map((p) => [p.id, p]));
  const journals = group(data.journals, 'business_no');
  auditAnswers(say, answered, byId);
  for (const payment of data.payments) {
    if (unfinished[payment.status]) { say('unfinished', `${payment.merchant_order_no} is ${unfinished[payment.status]}`); }
    auditJournals(say, payment, journals.get(payment.id) ?? []);
  }
  for (const [id] of journals) {
    if (!byId.has(id)) { say('journal_orphan', id); }
  }
  auditChannel(say, data, orders, byId);
  auditEvents(say, data, byId);
  auditHooks(say, data, hooks, secret, byId);
  if (proof.status !== 0) { say('books', proof.text); }
  return findings;
}

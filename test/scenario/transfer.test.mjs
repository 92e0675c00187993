// Transfers over HTTP: who may post, a whole batch, and what a repetition answers.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Platform } from './lib.mjs';

let p, from, to, reader;
let number = Date.now();
const transfer = (change = {}) => ({
  business_no: ++number,
  legs: [{ account: from, side: 'debit', amount: 5 }, { account: to, side: 'credit', amount: 5 }],
  ...change,
});
const posted = async () => (await p.made('GET', `/v1/ledger/accounts/${to}`)).posted;

before(async () => {
  p = await Platform.start();
  // Tools write while no server does.
  await p.stop();
  reader = JSON.parse(p.tool('merchant', 'operator-key', '--permissions', 'ledger:read')).secret;
  await p.serve();
  const open = async (type) => (await p.made('POST', '/v1/accounts',
    { merchant_id: p.owner.id, type, currency: 'CNY' })).id;
  from = await open('deposit');
  to = await open('settlement');
  await p.reviewed(await p.operator('POST', `/v1/accounts/${from}/credit-line`,
    { credit_line: 1000000, reason: 'a source of money' }));
});
after(() => p.end());

test('posting needs ledger:post, looking up ledger:read', async () => {
  const one = transfer();
  const asReader = (method, path, body) => p.request(method, path, body, { Authorization: `Bearer ${reader}` });
  for (const [path, body] of [['', one], ['/batch', { transfers: [one] }]]) {
    p.refused(await asReader('POST', `/v1/ledger/transfers${path}`, body), 403, 'auth_permission');
    p.refused(await p.request('POST', `/v1/ledger/transfers${path}`, body), 401, 'auth_missing');
  }
  await p.made('POST', '/v1/ledger/transfers', one);
  const found = await asReader('GET', `/v1/ledger/transfers/${one.business_no}`);
  assert.equal(found.body.data[0].entries.length, 2);
});

test('a batch of 8,192 is booked whole, and its repetition exists', async () => {
  const transfers = Array.from({ length: 8192 }, () => transfer());
  const before = await posted();
  const first = await p.made('POST', '/v1/ledger/transfers/batch', { transfers });
  assert.equal(first.refused, 0);
  assert.equal(first.results.length, transfers.length);
  assert.ok(first.results.every((result) => !result.exists));
  assert.equal(new Set(first.results.map((result) => result.journal_id)).size, transfers.length);
  const again = await p.made('POST', '/v1/ledger/transfers/batch', { transfers });
  assert.ok(again.results.every((result, i) => result.exists && result.journal_id === first.results[i].journal_id));
  assert.equal(await posted(), before + 5 * transfers.length);
});

test('a single transfer takes an Idempotency-Key as every POST does', async () => {
  const one = transfer();
  const send = (body) => p.request('POST', '/v1/ledger/transfers', body,
    { Authorization: `Bearer ${p.operatorKey}`, 'Idempotency-Key': 'transfer-1' });
  assert.equal((await send(one)).status, 200);
  const again = await send(one);
  assert.equal(again.headers.get('idempotent-replayed'), 'true');
  assert.equal(again.body.exists, false);
  p.refused(await send(transfer()), 422, 'gateway_idempotency_mismatch', 'Idempotency-Key');
});

test('a body above 8 MiB is refused before it is read', async () => {
  p.refused(await p.operator('POST', '/v1/ledger/transfers/batch', ' '.repeat((8 << 20) + 1)), 413, 'http_body_too_large');
});

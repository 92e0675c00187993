// Bad input: each with its exact error, and without a trace.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { join } from 'node:path';
import { authorization, build, Platform, sleep } from './lib.mjs';

let p;
before(async () => { p = await Platform.start({ conf: { TOMATO_HTTP_HEADER_DEADLINE: '1s', TOMATO_HTTP_BODY_DEADLINE: '2s' } }); });
after(() => p.end());

const bodies = [
  ['a body that is no JSON', '{"amount":', 400, 'json_syntax'],
  ['a repeated key', (o) => `{"amount":1,${JSON.stringify(o).slice(1)}`, 400, 'json_duplicate_key'],
  ['an unknown field', { colour: 'red' }, 400, 'field_unknown', 'colour'],
  ['a field of a nested object that is unknown', { payer: { age: 3 } }, 400, 'field_unknown', 'payer.age'],
  ['a text for an amount', { amount: '1288' }, 400, 'field_type', 'amount'],
  ['a fraction for an amount', (o) => JSON.stringify(o).replace('1288', '12.88'), 400, 'field_type', 'amount'],
  ['a zero amount', { amount: 0 }, 400, 'field_range', 'amount'],
  ['a negative amount', { amount: -1 }, 400, 'field_range', 'amount'],
  ['an amount above the limit', { amount: 100000000001 }, 400, 'field_range', 'amount'],
  ['an amount beyond 64 bits', (o) => JSON.stringify(o).replace('1288', '99999999999999999999'), 400, 'field_range', 'amount'],
  ['an unknown currency', { currency: 'XXX' }, 400, 'currency_unknown', 'currency'],
  ['a missing field', { subject: undefined }, 400, 'field_required', 'subject'],
  ['an empty subject', { subject: '' }, 400, 'field_length', 'subject'],
  ['a subject that is too long', { subject: 'x'.repeat(128) }, 400, 'field_length', 'subject'],
  ['an order number with blanks', { merchant_order_no: 'a b' }, 400, 'field_format', 'merchant_order_no'],
  ['an unknown method', { method: 'cash' }, 400, 'channel_method', 'method'],
  ['a notify_url that is none', { notify_url: 'ftp://x' }, 400, 'field_format', 'notify_url'],
];

for (const [what, change, status, code, param] of bodies) {
  test(`${what} is refused`, async () => {
    const order = p.order();
    const body = typeof change === 'function' ? change(order) : typeof change === 'string' ? change
      : JSON.stringify({ ...order, ...change });
    p.refused(await p.merchant('POST', '/v1/payments', body), status, code, param);
    const list = await p.merchant('GET', `/v1/payments?merchant_order_no=${order.merchant_order_no}`);
    assert.deepEqual(list.body.data, []);
  });
}

test('bad UTF-8 is refused', async () => {
  const text = Buffer.from(JSON.stringify(p.order({ subject: 'x' })));
  const bad = Buffer.from(text.toString('latin1').replace('"x"', '"\xff"'), 'latin1');
  const answer = await fetch(`${p.url}/v1/payments`, {
    method: 'POST', body: bad,
    headers: { 'Content-Type': 'application/json', Authorization: authorization(p.key, 'POST', '/v1/payments', bad) },
  });
  assert.equal(answer.status, 400);
  assert.equal((await answer.json()).error.code, 'json_utf8');
});

test('a body above the limit is refused before it is read', async () => {
  const answer = await p.request('POST', '/v1/payments', 'x'.repeat(70000));
  p.refused(answer, 413, 'http_body_too_large');
});

test('another content type is refused', async () => {
  const body = JSON.stringify(p.order());
  const answer = await p.merchant('POST', '/v1/payments', body, { 'Content-Type': 'text/plain' });
  p.refused(answer, 415, 'http_media_type');
});

const signatures = [
  ['no signature', () => ({}), 'auth_missing'],
  ['a malformed header', () => ({ Authorization: 'TOMATO-HMAC-SHA256 nonsense' }), 'auth_malformed'],
  ['another scheme', () => ({ Authorization: 'Basic YTpi' }), 'auth_malformed'],
  ['a wrong signature', (b) => ({ Authorization: authorization(p.key, 'POST', '/v1/payments', b, { signature: Buffer.alloc(32).toString('base64') }) }), 'auth_signature'],
  ['a signature over another body', () => ({ Authorization: authorization(p.key, 'POST', '/v1/payments', '{}') }), 'auth_signature'],
  ['a signature over another path', (b) => ({ Authorization: authorization(p.key, 'POST', '/v1/payment', b) }), 'auth_signature'],
  ['an unknown key', (b) => ({ Authorization: authorization({ ...p.key, id: 'key_0E9PPNNRR0000' }, 'POST', '/v1/payments', b) }), 'auth_signature'],
  ['a stale signature', (b) => ({ Authorization: authorization(p.key, 'POST', '/v1/payments', b, { timestamp: Math.floor(Date.now() / 1000) - 301 }) }), 'auth_timestamp'],
  ['a signature from the future', (b) => ({ Authorization: authorization(p.key, 'POST', '/v1/payments', b, { timestamp: Math.floor(Date.now() / 1000) + 302 }) }), 'auth_timestamp'],
];
for (const [what, headers, code] of signatures) {
  test(`${what} is refused`, async () => {
    const body = JSON.stringify(p.order());
    p.refused(await p.request('POST', '/v1/payments', body, headers(body)), 401, code);
  });
}

test('a replayed request is refused', async () => {
  const body = JSON.stringify(p.order());
  const headers = { Authorization: authorization(p.key, 'POST', '/v1/payments', body) };
  assert.equal((await p.request('POST', '/v1/payments', body, headers)).status, 200);
  p.refused(await p.request('POST', '/v1/payments', body, headers), 401, 'auth_replayed');
});

for (const [algorithm, type, options] of [['RSA-SHA256', 'rsa', { modulusLength: 2048 }],
  ['ED25519', 'ed25519', {}], ['SM2-SM3', 'ec', { namedCurve: 'SM2' }]]) {
  test(`a key with ${algorithm} signs`, async () => {
    const pair = generateKeyPairSync(type, {
      ...options, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const made = await p.made('POST', `/v1/merchants/${p.owner.id}/keys`,
      { app: p.app.id, algorithm, public_key: pair.publicKey });
    const key = { id: made.id, algorithm, privateKey: pair.privateKey };
    const answer = await p.merchant('POST', '/v1/payments', p.order(), {}, key);
    assert.equal(answer.status, 200, answer.raw);
    const wrong = authorization(key, 'GET', '/v1/payments', 'x');
    p.refused(await p.request('GET', '/v1/payments', undefined, { Authorization: wrong }), 401, 'auth_signature');
  });
}

test('a rotated key stays valid for the overlap, a revoked one does not', async () => {
  const old = await p.made('POST', `/v1/merchants/${p.owner.id}/keys`, { app: p.app.id });
  const next = await p.made('POST', `/v1/keys/${old.id}/rotate`, { overlap: 3600 });
  assert.notEqual(next.secret, old.secret);
  for (const key of [old, next]) {
    assert.equal((await p.merchant('GET', '/v1/payments', undefined, {}, key)).status, 200);
  }
  await p.made('POST', `/v1/keys/${old.id}/revoke`);
  p.refused(await p.merchant('GET', '/v1/payments', undefined, {}, old), 401, 'auth_key_revoked');
  assert.equal((await p.merchant('GET', '/v1/payments', undefined, {}, next)).status, 200);
  const gone = await p.made('POST', `/v1/keys/${next.id}/rotate`, { overlap: 0 });
  p.refused(await p.merchant('GET', '/v1/payments', undefined, {}, next), 401, 'auth_key_expired');
  assert.equal((await p.merchant('GET', '/v1/payments', undefined, {}, gone)).status, 200);
});

test('a key without the permission is refused', async () => {
  const key = await p.made('POST', `/v1/merchants/${p.owner.id}/keys`, { app: p.app.id, permissions: 'payment:read' });
  p.refused(await p.merchant('POST', '/v1/payments', p.order(), {}, key), 403, 'auth_permission');
});

test("another merchant's payment does not exist", async () => {
  const other = await p.made('POST', '/v1/merchants', { merchant_no: 'M2', name: 'Other' });
  const app = await p.made('POST', `/v1/merchants/${other.id}/apps`, { name: 'web' });
  const key = await p.made('POST', `/v1/merchants/${other.id}/keys`, { app: app.id });
  const payment = await p.created();
  for (const [method, path] of [['GET', ''], ['GET', '/attempts'], ['POST', '/close'], ['POST', '/sync']]) {
    p.refused(await p.merchant(method, `/v1/payments/${payment.id}${path}`, undefined, {}, key), 404, 'payment_not_found');
  }
  p.refused(await p.merchant('POST', '/v1/payments', p.order(), {}, key), 409, 'merchant_contract');
});

test('a foreign id is not found', async () => {
  for (const id of ['pay_0000000000001', 'pay_zzz', 'mer_0E9PPNNRR0000', '1']) {
    p.refused(await p.merchant('GET', `/v1/payments/${id}`), 404, 'payment_not_found');
  }
});

test('collect mode needs the licence', async () => {
  const answer = await p.operator('POST', '/v1/merchants', { merchant_no: 'M3', name: 'x', fund_mode: 'collect' });
  p.refused(answer, 403, 'merchant_collect_licence', 'fund_mode');
});

test('a suspended merchant creates nothing', async () => {
  await p.made('POST', `/v1/merchants/${p.owner.id}/suspend`);
  p.refused(await p.create(), 403, 'merchant_suspended');
  await p.made('POST', `/v1/merchants/${p.owner.id}/activate`);
  await p.created();
});

test('operator paths need an operator key', async () => {
  p.refused(await p.request('GET', '/v1/merchants'), 401, 'auth_missing');
  p.refused(await p.request('GET', '/v1/merchants', undefined, { Authorization: `Bearer ${p.operatorKey}x` }), 401, 'auth_signature');
  p.refused(await p.merchant('GET', '/v1/merchants'), 401, 'auth_malformed');
});

test('a forged callback changes nothing', async () => {
  const payment = await p.created();
  const path = new URL(p.mockAccount.notify_url).pathname;
  const body = { order_no: 'T0000000000001', status: 'succeeded', amount: 1288, currency: 'CNY' };
  const answer = await p.request('POST', path, body, {
    'Mock-Timestamp': String(Math.floor(Date.now() / 1000)), 'Mock-Nonce': 'n'.repeat(32), 'Mock-Signature': '0'.repeat(64),
  });
  assert.ok(answer.status >= 400 && answer.status < 500, String(answer.status));
  assert.equal((await p.get(payment)).status, 'requires_action');
});

// Raw bytes over one connection; resolves with what came back when the server closed it.
function raw(parts, gap = 0) {
  return new Promise((good) => {
    const socket = connect(p.port, '127.0.0.1');
    let text = '';
    socket.on('data', (part) => { text += part; });
    socket.on('close', () => good(text));
    socket.on('error', () => {});
    (async () => {
      for (const part of parts) {
        if (socket.destroyed) { return; }
        socket.write(part);
        await sleep(gap);
      }
    })();
  });
}

test('a start that could not tell channels where to call is refused', () => {
  const run = spawnSync(join(build, 'tomato'), ['serve'], { env: { ...p.env, TOMATO_HTTP_PORT: '0' }, encoding: 'utf8' });
  assert.equal(run.status, 1);
  assert.match(run.stderr, /http\.public_url: must be set/);
});

test('a slow client is cut off', async () => {
  const started = Date.now();
  const text = await raw([...'GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: '.split(''), ...'y'.repeat(100).split('')], 100);
  assert.ok(Date.now() - started < 6000);
  assert.doesNotMatch(text, /200 OK/);
});

test('two lengths, two hosts or none are refused', async () => {
  for (const head of ['Host: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n', 'Host: x\r\nHost: y\r\n', '']) {
    assert.match(await raw([`POST /v1/payments HTTP/1.1\r\n${head}\r\n`]), /^HTTP\/1.1 400/);
  }
});

test('a permission that no route of merchants has is refused', async () => {
  for (const permissions of ['payment:raed', 'payments:*', 'payment:read ledger:read']) {
    const answer = await p.operator('POST', `/v1/merchants/${p.owner.id}/keys`, { app: p.app.id, permissions });
    p.refused(answer, 400, 'field_value', 'permissions');
  }
});

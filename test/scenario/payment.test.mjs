// One payment after another through the running platform and the simulator.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHmac, createPublicKey, createHash, verify } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Platform, sleep, until } from './lib.mjs';

let p;
before(async () => { p = await Platform.start({ simSpeed: 100 }); });
after(() => p.end());
const clear = () => p.sim.del('/admin/faults');

test('a mock payment goes all the way: QR, callback, books, webhook', async () => {
  const payment = await p.created();
  assert.match(payment.next_action.qr_code, /^mock:/);
  assert.equal(payment.fee.amount, 8);
  await p.pay(payment);
  const paid = await p.reaches(payment, 'succeeded');
  assert.equal(paid.amount_received, 1288);
  assert.ok(paid.channel.transaction_id);
  await until(() => p.webhooks(payment, 'payment.succeeded').length === 1, 'the webhook');
  const journals = await p.journals(payment);
  assert.equal(journals.length, 1);
});

test('a WeChat payment goes all the way', async () => {
  const payment = await p.created({ method: 'wechat_native' });
  assert.match(payment.next_action.qr_code, /^weixin:\/\//);
  await p.pay(payment);
  const paid = await p.reaches(payment, 'succeeded');
  assert.equal(paid.amount_received, 1288);
  await until(() => p.webhooks(payment, 'payment.succeeded').length === 1, 'the webhook');
});

test('WeChat certificates may be rotated between two payments', async () => {
  await p.sim.post('/admin/certificates/rotate');
  const payment = await p.created({ method: 'wechat_native' });
  await p.pay(payment);
  await p.reaches(payment, 'succeeded');
});

test('webhooks carry a Standard Webhooks signature and rising sequences', async () => {
  const payment = await p.created();
  await p.pay(payment);
  await until(() => p.webhooks(payment).length === 2, 'two webhooks');
  const secret = Buffer.from(p.endpoint.secret.slice('whsec_'.length), 'base64');
  let last = 0;
  for (const hook of p.webhooks(payment)) {
    const h = hook.headers;
    const mac = createHmac('sha256', secret)
      .update(`${h['webhook-id']}.${h['webhook-timestamp']}.${hook.body}`).digest('base64');
    assert.equal(h['webhook-signature'], `v1,${mac}`);
    assert.equal(hook.json.id, h['webhook-id']);
    assert.ok(hook.json.sequence > last);
    last = hook.json.sequence;
  }
});

test('answers are signed with the platform key', async () => {
  const answer = await p.merchant('GET', '/v1/payments');
  const parts = Object.fromEntries([...answer.headers.get('tomato-signature').matchAll(/(\w+)="([^"]*)"/g)]
    .map((m) => [m[1], m[2]]));
  const keys = (await p.request('GET', '/v1/platform-keys')).body.data;
  const key = keys.find((k) => k.id === parts.key_id);
  const hash = createHash('sha256').update(answer.raw).digest('hex');
  const text = `${answer.status}\n${parts.timestamp}\n${parts.nonce}\n${hash}\n`;
  assert.ok(verify(null, Buffer.from(text), createPublicKey(key.public_key), Buffer.from(parts.signature, 'base64')));
});

test('the same order number with the same content gives the first payment', async () => {
  const order = p.order();
  const first = await p.merchant('POST', '/v1/payments', order);
  const again = await p.merchant('POST', '/v1/payments', order);
  assert.equal(again.status, 200);
  assert.equal(again.body.id, first.body.id);
});

test('the same order number with other content names the fields', async () => {
  const order = p.order();
  await p.merchant('POST', '/v1/payments', order);
  const again = await p.merchant('POST', '/v1/payments', { ...order, amount: 1, subject: 'other' });
  p.refused(again, 409, 'payment_order_conflict', 'amount,subject');
});

test('a repeated Idempotency-Key gives the recorded answer', async () => {
  const order = p.order();
  const headers = { 'Idempotency-Key': `k-${order.merchant_order_no}` };
  const first = await p.merchant('POST', '/v1/payments', order, headers);
  const again = await p.merchant('POST', '/v1/payments', order, headers);
  assert.equal(again.raw, first.raw);
  assert.equal(again.headers.get('idempotent-replayed'), 'true');
  p.refused(await p.merchant('POST', '/v1/payments', p.order(), headers), 422, 'gateway_idempotency_mismatch');
});

test('an answer lost by the channel is unknown, then known', async () => {
  await p.sim.fault({ personality: 'mock', operation: 'create', kind: 'answer_lost', count: 1 });
  const answer = await p.create();
  assert.equal(answer.status, 202, answer.raw);
  assert.equal(answer.body.status, 'unknown');
  const known = await p.reaches(answer.body, 'requires_action', 15);
  await p.pay(known);
  await p.reaches(known, 'succeeded');
});

test('5xx, 429 and bad signatures of the channel are unknown, never failed', async () => {
  for (const kind of ['error_500', 'error_429', 'bad_signature']) {
    await p.sim.fault({ personality: 'mock', operation: 'create', kind, count: 1 });
    const answer = await p.create();
    assert.equal(answer.status, 202, kind);
    assert.equal(answer.body.status, 'unknown', kind);
  }
  await clear();
});

test('a callback that never comes is found by asking', async () => {
  await p.sim.fault({ personality: 'mock', operation: 'callback', kind: 'never', count: 1 });
  const payment = await p.created();
  await p.pay(payment);
  await sleep(300);
  assert.equal((await p.get(payment)).status, 'requires_action');
  const synced = await p.merchant('POST', `/v1/payments/${payment.id}/sync`);
  assert.equal(synced.body.status, 'succeeded', synced.raw);
});

test('a callback delivered twice has one effect', async () => {
  await p.sim.fault({ personality: 'mock', operation: 'callback', kind: 'duplicate', count: 1 });
  const payment = await p.created();
  await p.pay(payment);
  const paid = await p.reaches(payment, 'succeeded');
  await sleep(500);
  assert.equal((await p.get(payment)).version, paid.version);
  assert.equal((await p.journals(payment)).length, 1);
});

for (const [kind, code] of [['wrong_amount', 'amount_mismatch'], ['wrong_merchant', 'merchant_mismatch'],
  ['wrong_currency', 'currency_mismatch']]) {
  test(`a callback with a ${kind.replace('_', ' ')} is conflicted`, async () => {
    await p.sim.fault({ personality: 'mock', operation: 'callback', kind, count: 1 });
    const payment = await p.created();
    await p.pay(payment);
    const now = await p.reaches(payment, 'conflicted');
    assert.equal(now.last_error.code, code);
    assert.equal((await p.journals(payment)).length, 0);
    await until(() => p.webhooks(payment, 'payment.conflicted').length === 1, 'the webhook');
  });
}

test('close is confirmed by the channel, and closing twice is closed', async () => {
  const payment = await p.created();
  const closed = await p.merchant('POST', `/v1/payments/${payment.id}/close`);
  assert.equal(closed.body.status, 'closed', closed.raw);
  assert.equal(closed.body.closed_reason, 'merchant');
  const again = await p.merchant('POST', `/v1/payments/${payment.id}/close`);
  assert.equal(again.status, 200);
  const refused = await p.pay(payment);
  assert.notEqual(refused.status, 200);
});

test('a payment paid before its close is paid', async () => {
  await p.sim.fault({ personality: 'mock', operation: 'callback', kind: 'never', count: 1 });
  const payment = await p.created();
  await p.pay(payment);
  const closed = await p.merchant('POST', `/v1/payments/${payment.id}/close`);
  assert.equal(closed.body.status, 'succeeded', closed.raw);
  p.refused(await p.merchant('POST', `/v1/payments/${payment.id}/close`), 409, 'payment_state');
});

test('an expired payment is closed at the channel', async () => {
  const payment = await p.created({ expires_in: 60 });
  assert.ok(Date.parse(payment.expires_at) - Date.parse(payment.created_at) === 60000);
  const state = await p.request('GET', `${payment.next_action.cashier_path}/state`);
  assert.ok(state.body.left_ms > 50000 && state.body.left_ms <= 60000);
});

test('lists page newest first without gaps', async () => {
  const made = [];
  for (let i = 0; i < 3; i++) { made.unshift((await p.created()).id); }
  const first = await p.merchant('GET', '/v1/payments?limit=2');
  assert.deepEqual(first.body.data.map((x) => x.id), made.slice(0, 2));
  assert.equal(first.body.has_more, true);
  const second = await p.merchant('GET', `/v1/payments?limit=2&starting_after=${first.body.next_cursor}`);
  assert.equal(second.body.data[0].id, made[2]);
});

test('a webhook that is refused is sent again, and can be resent by hand', async () => {
  const payment = await p.created();
  await until(() => p.webhooks(payment).length === 1, 'the webhook');
  const list = await until(async () => {
    const { data } = (await p.merchant('GET', '/v1/webhook-deliveries?limit=200')).body;
    const one = data.find((d) => d.event === p.webhooks(payment)[0].json.id);
    return one?.status === 'delivered' ? one : null;
  }, 'the delivery to be recorded');
  const resent = await p.merchant('POST', `/v1/webhook-deliveries/${list.id}/resend`);
  assert.equal(resent.status, 202, resent.raw);
  await until(() => p.webhooks(payment).length === 2, 'the webhook again');
  const [a, b] = p.webhooks(payment);
  assert.equal(a.headers['webhook-id'], b.headers['webhook-id']);
  const attempts = await until(async () => {
    const { data } = (await p.merchant('GET', `/v1/webhook-deliveries/${list.id}/attempts`)).body;
    return data.length === 2 ? data : null;
  }, 'two attempts');
  assert.deepEqual(attempts.map((x) => x.number), [1, 2]);
});

test('an endpoint whose secret cannot be opened holds up no other', async () => {
  const broken = await p.made('POST', `/v1/merchants/${p.owner.id}/webhook-endpoints`,
    { url: `${p.receiver.url}/broken`, events: 'payment.requires_action' });
  await p.stop();
  p.sql("UPDATE merchant_endpoint SET secret = x'00' WHERE events = 'payment.requires_action'");
  await p.serve();
  await sleep(1100); // what was signed in the second of the start is refused
  const payments = [await p.created(), await p.created(), await p.created()];
  for (const payment of payments) {
    await until(() => p.webhooks(payment).length === 1, 'the webhook to the other endpoint');
  }
  assert.ok(p.receiver.received.every((r) => r.path !== '/broken'));
  assert.match(p.log, /notify.endpoint_unreadable/);
  assert.equal((await p.merchant('POST', `/v1/webhook-endpoints/${broken.id}/disable`)).status, 200);
});

test('everything goes on after kill -9', async () => {
  const payment = await p.created();
  await p.sim.fault({ personality: 'mock', operation: 'create', kind: 'slow', count: 1, delay_ms: 1000 });
  const lost = p.create().catch(() => null);
  await sleep(200);
  await p.stop('SIGKILL');
  await lost;
  await p.serve();
  await p.pay(payment);
  await p.reaches(payment, 'succeeded');
  const list = await p.merchant('GET', '/v1/payments?limit=1');
  await p.reaches(list.body.data[0], 'requires_action', 20);
});

test('promtool accepts the metrics', async () => {
  const { raw } = await p.request('GET', '/metrics');
  execFileSync('promtool', ['check', 'metrics'], { input: raw });
  assert.match(raw, /^tomato_store_commands_total/m);
  assert.match(raw, /^tomato_notify_attempts_total\{result="delivered"\} [1-9]/m);
});

test('the books are right', async () => {
  const trial = await p.operator('GET', '/v1/ledger/trial-balance');
  assert.equal(trial.body.balanced, true);
});

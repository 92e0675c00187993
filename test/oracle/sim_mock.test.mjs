// The mock channel's protocol, spoken by a client of its own over node:crypto.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sleep, startReceiver, startSim, until } from './lib.mjs';
import { mac, mockCall } from './mock_client.mjs';

const key = 'a key of the mock channel, long enough';
const merchant = 'M1001';
let sim;
let receiver;
let serial = 0;

const call = (method, path, body, change) =>
  mockCall(sim.url, { merchant_no: merchant, key }, method, path, body, change);

function newOrder(change = {}) {
  serial += 1;
  return {
    merchant_no: merchant, order_no: `order-${serial}`, amount: 1234, currency: 'CNY',
    subject: '一杯咖啡', notify_url: `${receiver.url}/notify`,
    expires_at: new Date(Date.now() + 600000).toISOString(), ...change,
  };
}

const create = (order, change) => call('POST', '/mock/v1/orders', order, change);
const query = (no) => call('GET', `/mock/v1/orders/${no}?merchant_no=${merchant}`);
const close = (no) => call('POST', `/mock/v1/orders/${no}/close`, { merchant_no: merchant });
const callbacks = (no) => receiver.received.filter((r) => JSON.parse(r.body).order_no === no);
const verifies = (r) => r.headers['mock-signature']
  === mac(key, r.headers['mock-timestamp'], r.headers['mock-nonce'], r.body);

before(async () => {
  receiver = await startReceiver((request) => (request.path === '/refuse' ? 500 : 200));
  sim = await startSim({ speed: 1000 });
  const set = await sim.post('/admin/merchants', { merchant_no: merchant, key });
  assert.equal(set.status, 200);
  assert.ok(!set.text.includes(key), 'keys are never shown');
});
after(async () => {
  await receiver.end();
  assert.equal(await sim.end(), 0);
});

test('an order is created, paid by a script, called back and found paid', async () => {
  const order = newOrder();
  const created = await create(order);
  assert.equal(created.status, 200);
  assert.ok(created.verified);
  assert.equal(created.body.status, 'pending');
  const paid = await sim.post('/payer/pay', { code_url: created.body.qr });
  assert.equal(paid.body.status, 'succeeded');
  const [callback] = await until(() => callbacks(order.order_no).length && callbacks(order.order_no));
  assert.ok(verifies(callback));
  const told = JSON.parse(callback.body);
  assert.match(told.notification_id, /^ntf_/);
  const found = await query(order.order_no);
  assert.ok(found.verified);
  assert.equal(found.body.status, 'succeeded');
  assert.equal(found.body.amount, 1234);
  assert.equal(found.body.transaction_no, told.transaction_no);
  await until(async () => (await sim.order(order.order_no)).callback_acknowledged);
});

test('the same number again gives the same answer, other content a conflict', async () => {
  const order = newOrder();
  const first = await create(order);
  assert.deepEqual((await create(order)).body, first.body);
  const other = await create({ ...order, amount: 1 });
  assert.equal(other.status, 409);
  assert.equal(other.body.code, 'ORDER_CONFLICT');
});

test('a request that is not well signed is refused', async () => {
  const order = newOrder();
  for (const change of [{ signature: '0'.repeat(64) }, { merchant: 'nobody' },
    { timestamp: String(Math.floor(Date.now() / 1000) - 301) }, { signature: '' }]) {
    const answer = await create(order, change);
    assert.equal(answer.status, 401);
    assert.equal(answer.body.code, 'SIGN_ERROR');
  }
  assert.equal((await query(order.order_no)).status, 404);
});

test('a bad field is refused by name', async () => {
  const bad = {
    amount: [0, -1, 1.5, '1'], currency: ['XXX', 'cny'], order_no: ['', 'a b', 'x'.repeat(65)],
    subject: ['', 'x'.repeat(128)], notify_url: ['ftp://x/', ''], more: [1],
    merchant_no: ['M2'],
  };
  for (const [name, values] of Object.entries(bad)) {
    for (const value of values) {
      const answer = await create(newOrder({ [name]: value }));
      assert.equal(answer.status, 400, `${name}=${value}`);
      assert.equal(answer.body.code, 'PARAM_ERROR');
      assert.ok(answer.body.message.startsWith(name), answer.body.message);
    }
  }
});

test('an order is closed once, a paid one not at all', async () => {
  const open = newOrder();
  const { body: { qr } } = await create(open);
  assert.deepEqual((await close(open.order_no)).body, { order_no: open.order_no, status: 'closed' });
  assert.equal((await close(open.order_no)).status, 200);
  assert.equal((await sim.post('/payer/pay', { code_url: qr })).body.code, 'ORDER_CLOSED');
  const paid = newOrder();
  const created = await create(paid);
  await sim.post('/payer/pay', { code_url: created.body.qr });
  const answer = await close(paid.order_no);
  assert.equal(answer.status, 409);
  assert.equal(answer.body.code, 'ORDER_PAID');
  assert.equal((await close('nothing')).body.code, 'ORDER_NOT_FOUND');
});

test('a declined order stays open, an expired one cannot be paid', async () => {
  const order = newOrder();
  const { body: { qr } } = await create(order);
  assert.equal((await sim.post('/payer/decline', { code_url: qr })).body.declined, 1);
  assert.equal((await query(order.order_no)).body.status, 'pending');
  const late = newOrder({ expires_at: new Date(Date.now() + 50).toISOString() });
  const created = await create(late);
  await sleep(80);
  assert.equal((await sim.post('/payer/pay', { code_url: created.body.qr })).body.code, 'ORDER_EXPIRED');
});

test('a callback that is not acknowledged comes again by the table, then never more', async () => {
  await sim.post('/admin/clock', { speed: 1000000 });
  const order = newOrder({ notify_url: `${receiver.url}/refuse` });
  const { body: { qr } } = await create(order);
  await sim.post('/payer/pay', { code_url: qr });
  await until(() => callbacks(order.order_no).length === 16, '16 deliveries');
  await sleep(100);
  assert.equal(callbacks(order.order_no).length, 16);
  const ids = new Set(callbacks(order.order_no).map((r) => JSON.parse(r.body).notification_id));
  assert.equal(ids.size, 1);
  assert.equal((await sim.order(order.order_no)).callbacks_sent, 16);
  await sim.post('/admin/clock', { speed: 1000 });
});

test('auto_pay pays by itself', async () => {
  const on = { personality: 'mock', merchant, enabled: true };
  assert.equal((await sim.post('/admin/auto_pay', on)).body.auto_pay, true);
  const order = newOrder();
  await create(order);
  await until(() => callbacks(order.order_no).length === 1);
  await sim.post('/admin/auto_pay', { ...on, enabled: false });
});

test('faults strike as often as they are asked to', async () => {
  const fault = (operation, kind, more = {}) => sim.fault({ operation, kind, ...more });
  await fault('mock.create', 'error_500');
  const order = newOrder();
  assert.equal((await create(order)).status, 500);
  assert.equal((await query(order.order_no)).status, 404, 'nothing was done');
  await fault('mock.create', 'answer_lost', { delay_ms: 2000 });
  await assert.rejects(create(order, { signal: AbortSignal.timeout(200) }));
  assert.equal((await query(order.order_no)).body.status, 'pending', 'it was done');
  await fault('mock.create', 'error_500_after');
  const second = newOrder();
  assert.equal((await create(second)).status, 500);
  assert.equal((await query(second.order_no)).body.status, 'pending');
  await fault('mock.query', 'bad_signature');
  assert.equal((await query(order.order_no)).verified, false);
  await fault('mock.query', 'error_429');
  assert.equal((await query(order.order_no)).status, 429);
  await fault('mock.query', 'slow', { delay_ms: 300 });
  const before_ = Date.now();
  assert.equal((await query(order.order_no)).status, 200);
  assert.ok(Date.now() - before_ >= 290);
  await fault('mock.query', 'wrong_amount');
  assert.equal((await query(order.order_no)).body.amount, 1235);
  await fault('mock.query', 'wrong_currency');
  assert.equal((await query(order.order_no)).body.currency, 'USD');
  await fault('mock.query', 'wrong_merchant');
  assert.notEqual((await query(order.order_no)).body.merchant_no, merchant);
  assert.equal((await query(order.order_no)).body.amount, 1234);
  const { faults } = (await sim.get('/admin/faults')).body;
  assert.deepEqual(faults.map((f) => [f.count, f.struck]), faults.map(() => [0, 1]));
  assert.deepEqual((await sim.del('/admin/faults')).body.faults, []);
});

test('a fault with a rate strikes about so often', async () => {
  await sim.fault({ personality: 'mock', operation: 'query', kind: 'error_500', rate_millionths: 500000 });
  let struck = 0;
  for (let i = 0; i < 100; i++) { struck += (await query('nothing')).status === 500; }
  assert.ok(struck > 20 && struck < 80, `${struck} of 100`);
  await sim.del('/admin/faults');
});

test('callbacks can be doubled, late, out of order, lost and false', async () => {
  const pay = async (kind, more = {}) => {
    if (kind) { await sim.fault({ operation: 'mock.callback', kind, ...more }); }
    const order = newOrder();
    const { body: { qr } } = await create(order);
    await sim.post('/payer/pay', { code_url: qr });
    return order.order_no;
  };
  const first = async (no) => until(() => callbacks(no)[0], `a callback about ${no}`);
  const doubled = await pay('duplicate');
  await until(() => callbacks(doubled).length === 2);
  await sim.post('/admin/clock', { speed: 1 });
  const late = await pay('late', { delay_ms: 300 });
  await sleep(150);
  assert.equal(callbacks(late).length, 0);
  await first(late);
  const held = await pay('out_of_order', { delay_ms: 60000 });
  await sleep(100);
  assert.equal(callbacks(held).length, 0);
  const overtaking = await pay();
  assert.ok((await first(held)).at >= (await first(overtaking)).at);
  const lost = await pay('never');
  assert.equal(JSON.parse((await first(await pay('wrong_amount'))).body).amount, 1235);
  assert.equal(JSON.parse((await first(await pay('wrong_currency'))).body).currency, 'USD');
  assert.notEqual(JSON.parse((await first(await pay('wrong_merchant'))).body).merchant_no, merchant);
  assert.equal(verifies(await first(await pay('bad_signature'))), false);
  assert.equal(callbacks(lost).length, 0);
  assert.equal((await sim.order(lost)).never_notified, true);
  await sim.post('/admin/redeliver', { personality: 'mock', merchant, order_no: lost });
  await first(lost);
  await sim.del('/admin/faults');
});

test('a fault that cannot happen is refused', async () => {
  for (const fault of [{ operation: 'query', kind: 'slow' }, { operation: 'mock.native', kind: 'slow' },
    { operation: 'mock.callback', kind: 'slow' }, { operation: 'mock.query', kind: 'never' },
    { operation: 'mock.query', kind: 'unknown_serial' }, { operation: 'mock.query', kind: 'no' },
    { operation: 'mock.query', kind: 'slow', count: 1, rate_millionths: 1 }]) {
    assert.equal((await sim.post('/admin/faults', fault)).status, 400, JSON.stringify(fault));
  }
});

test('the payer page shows the order and escapes what a merchant wrote', async () => {
  const order = newOrder({ subject: '<script>alert("1")</script>' });
  const { body: { qr } } = await create(order);
  const found = await fetch(`${sim.url}/payer?code_url=${encodeURIComponent(qr)}`, {
    headers: { 'Accept-Language': 'en' },
  });
  const html = await found.text();
  assert.equal(found.status, 200);
  assert.ok(found.url.includes('/pay/'));
  assert.ok(html.includes('12.34 CNY') && html.includes('Decline') && html.includes(merchant));
  assert.ok(html.includes('&lt;script&gt;') && !html.includes('<script>alert'));
  assert.match(found.headers.get('content-security-policy'), /default-src 'none'/);
  assert.equal((await sim.get('/pay/000000000000')).status, 404);
  assert.ok((await sim.get('/payer/page.js')).text.includes('/payer/'));
  assert.ok((await sim.get('/payer/page.css')).text.includes('button'));
});

test('unknown paths and methods are answered with nothing', async () => {
  assert.equal((await sim.get('/mock/v1/nothing')).status, 404);
  assert.equal((await sim.get('/mock/v1/orders')).status, 405);
});

test('the books survive a restart, callbacks that were owed included', async () => {
  const own = await startSim({ speed: 1 });
  const old = sim;
  sim = own;
  await sim.post('/admin/merchants', { merchant_no: merchant, key });
  const open = newOrder();
  const paid = newOrder({ notify_url: `${receiver.url}/refuse` });
  const { body: { qr } } = await create(open);
  const created = await create(paid);
  await sim.post('/payer/pay', { code_url: created.body.qr });
  await until(() => callbacks(paid.order_no).length === 1);
  const transaction = (await query(paid.order_no)).body.transaction_no;
  await own.stop('SIGKILL');
  sim = await startSim({ data: own.data, speed: 1000 });
  assert.equal((await query(paid.order_no)).body.transaction_no, transaction);
  assert.deepEqual((await create(open)).body.qr, qr);
  await until(() => callbacks(paid.order_no).length >= 2, 'a redelivery');
  assert.equal(await sim.end(), 0);
  sim = old;
});

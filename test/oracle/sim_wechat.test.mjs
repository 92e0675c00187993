// The WeChat personality judged by an unmodified client: npm wechatpay-axios-plugin signs the
// requests, verifies the answers and callbacks, and opens what is encrypted.
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Aes, Formatter, Rsa, Wechatpay } from 'wechatpay-axios-plugin';
import { startReceiver, startSim, until } from './lib.mjs';

const mchid = '1900000109';
const appid = 'wx8888888888888888';
const secret = 'abcdefghijklmnopqrstuvwxyz012345';
const serial = '4A5B6C7D8E9F00112233445566778899AABBCCDD';
const pair = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
let sim;
let receiver;
let platform; // what setting up the merchant answered
let client;
let count = 0;

const setup = (change = {}) => ({
  mchid, appid, api_v3_key: secret, merchant_serial: serial,
  merchant_public_key_pem: pair.publicKey, mode: 'certificate', ...change,
});

function newClient(change = {}, base = '/wechat/') {
  return new Wechatpay({
    mchid, serial, privateKey: pair.privateKey, baseURL: sim.url + base,
    certs: {
      [platform.platform_certificate_serial]: platform.platform_certificate_pem,
      [platform.platform_public_key_id]: platform.platform_public_key_pem,
    },
    ...change,
  });
}

function newOrder(change = {}) {
  count += 1;
  return {
    appid, mchid, description: '一杯咖啡', out_trade_no: `native_${count}|*-`,
    notify_url: `${receiver.url}/notify`, amount: { total: 888, currency: 'CNY' }, ...change,
  };
}

const native = (order, by = client) => by.chain('v3/pay/transactions/native').post(order);
const find = (no, params = { mchid }, by = client) =>
  by.chain('v3/pay/transactions/out-trade-no/{out_trade_no}').get({ params, out_trade_no: no });
const close = (no, body = { mchid }) =>
  client.chain('v3/pay/transactions/out-trade-no/{out_trade_no}/close').post(body, { out_trade_no: no });
const certificates = (by = client) => by.chain('v3/certificates').get();
const pay = (code) => sim.post('/payer/pay', { code_url: code });

async function refused(promise, status, code) {
  const error = await promise.then(() => assert.fail('was not refused'), (e) => e);
  assert.equal(error.response?.status, status, error.message);
  const { data } = error.response;
  const body = typeof data === 'string' ? JSON.parse(data) : data;
  assert.equal(body.code, code, body.message);
  return body;
}

function verifies(request, certs) {
  const h = request.headers;
  return Rsa.verify(
    Formatter.response(h['wechatpay-timestamp'], h['wechatpay-nonce'], request.body),
    h['wechatpay-signature'], Rsa.from(certs[h['wechatpay-serial']], Rsa.KEY_TYPE_PUBLIC),
  );
}

function opened(request) {
  const { resource } = JSON.parse(request.body);
  return JSON.parse(Aes.AesGcm.decrypt(resource.ciphertext, secret, resource.nonce, resource.associated_data));
}

async function paid(change = {}, by = client) {
  const order = newOrder(change);
  const { data } = await native(order, by);
  assert.equal((await pay(data.code_url)).status, 200);
  return order;
}

const noticeOf = (order) => until(
  () => receiver.received.find((r) => r.headers['wechatpay-serial']
    && r.path === new URL(order.notify_url).pathname && opened(r).out_trade_no === order.out_trade_no),
  'a callback',
);

before(async () => {
  receiver = await startReceiver();
  sim = await startSim({ speed: 1000 });
  const answer = await sim.post('/admin/merchants', setup());
  assert.equal(answer.status, 200, answer.text);
  assert.ok(!answer.text.includes(secret), 'keys are never shown');
  platform = answer.body;
  client = newClient();
});
after(async () => {
  await receiver.end();
  assert.equal(await sim.end(), 0);
});

test('native prepay answers a code, and the same one again', async () => {
  const order = newOrder();
  const { data } = await native(order);
  assert.match(data.code_url, /^weixin:\/\/wxpay\/bizpayurl\?pr=\w+$/);
  assert.deepEqual((await native(order)).data, data);
  const body = await refused(native({ ...order, description: 'tea' }), 403, 'OUT_TRADE_NO_USED');
  assert.ok(body.message);
});

test('the paths work with and without the base path', async () => {
  const direct = newClient({}, '/');
  const order = newOrder();
  const { data } = await native(order, direct);
  assert.deepEqual((await native(order)).data, data);
  assert.equal((await find(order.out_trade_no, { mchid }, direct)).data.trade_state, 'NOTPAY');
});

test('a payment is called back, sealed and signed, and found by both numbers', async () => {
  const order = await paid({ attach: 'a note', time_expire: '2099-12-31T23:59:59+08:00' });
  const notice = await noticeOf(order);
  const certs = { [platform.platform_certificate_serial]: platform.platform_certificate_pem };
  assert.ok(verifies(notice, certs));
  const body = JSON.parse(notice.body);
  assert.equal(body.event_type, 'TRANSACTION.SUCCESS');
  assert.equal(body.resource_type, 'encrypt-resource');
  assert.equal(body.resource.algorithm, 'AEAD_AES_256_GCM');
  assert.equal(body.resource.original_type, 'transaction');
  const told = opened(notice);
  assert.equal(told.trade_state, 'SUCCESS');
  assert.match(told.transaction_id, /^4200\d{24}$/);
  assert.match(told.success_time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/);
  assert.deepEqual(told.amount,
    { total: 888, payer_total: 888, currency: 'CNY', payer_currency: 'CNY' });
  assert.equal(told.attach, 'a note');
  assert.equal(told.trade_type, 'NATIVE');
  assert.deepEqual((await find(order.out_trade_no)).data, told);
  const byId = await client.chain('v3/pay/transactions/id/{transaction_id}')
    .get({ params: { mchid }, transaction_id: told.transaction_id });
  assert.deepEqual(byId.data, told);
  const books = (await sim.get('/admin/orders?status=succeeded&merchant=1900000109')).body;
  assert.equal(books.orders.at(-1).transaction_no, told.transaction_id);
  assert.equal(books.next, null);
  await refused(native(order), 400, 'INVALID_REQUEST');
});

test('an open order is closed, again too, and can neither be paid nor made again', async () => {
  const order = newOrder();
  const { data } = await native(order);
  assert.equal((await close(order.out_trade_no)).status, 204);
  assert.equal((await close(order.out_trade_no)).status, 204);
  assert.equal((await find(order.out_trade_no)).data.trade_state, 'CLOSED');
  assert.equal((await pay(data.code_url)).status, 409);
  await refused(native(order), 400, 'ORDER_CLOSED');
});

test('what cannot be is refused with the channel\'s codes', async () => {
  await refused(find('nothing_here'), 404, 'ORDER_NOT_EXIST');
  await refused(close('nothing_here'), 404, 'ORDER_NOT_EXIST');
  await refused(find('nothing_here', {}), 400, 'PARAM_ERROR');
  await refused(find('nothing_here', { mchid: '1' }), 400, 'PARAM_ERROR');
  await refused(close('nothing_here', {}), 400, 'PARAM_ERROR');
  const order = await paid();
  await refused(close(order.out_trade_no), 403, 'TRADE_ERROR');
  await refused(native(newOrder({ appid: 'wx0000000000000000' })), 400, 'APPID_MCHID_NOT_MATCH');
});

test('every field is checked, and the refusal names it', async () => {
  const bad = [
    ['/description', { description: '字'.repeat(128) }], ['/description', { description: '' }],
    ['/out_trade_no', { out_trade_no: 'short' }], ['/out_trade_no', { out_trade_no: 'x'.repeat(33) }],
    ['/out_trade_no', { out_trade_no: 'with.a.dot' }], ['/out_trade_no', { out_trade_no: 'with@at' }],
    ['/notify_url', { notify_url: 'http://127.0.0.1/x?y=1' }], ['/notify_url', { notify_url: 'x' }],
    ['/amount/total', { amount: { total: 0, currency: 'CNY' } }],
    ['/amount/total', { amount: { total: '1', currency: 'CNY' } }],
    ['/amount/total', { amount: { currency: 'CNY' } }],
    ['/amount/currency', { amount: { total: 1, currency: 'USD' } }],
    ['/time_expire', { time_expire: 'tomorrow' }],
    ['/time_expire', { time_expire: '2020-01-01T00:00:00+08:00' }],
    ['/mchid', { mchid: '1' }], ['/appid', { appid: undefined }], ['/more', { more: 1 }],
    ['/attach', { attach: 'x'.repeat(129) }], ['/goods_tag', { goods_tag: 'x'.repeat(33) }],
    ['/scene_info/payer_client_ip', { scene_info: { device_id: '1' } }],
    ['/detail/goods_detail/0/quantity',
      { detail: { goods_detail: [{ merchant_goods_id: '1', quantity: 0, unit_price: 1 }] } }],
  ];
  for (const [field, change] of bad) {
    const body = await refused(native(newOrder(change)), 400, 'PARAM_ERROR');
    assert.equal(body.detail.field, field, JSON.stringify(change));
    assert.equal(body.detail.location, 'body');
  }
  const { data } = await native(newOrder({
    description: '字'.repeat(127), support_fapiao: true, limit_pay: ['no_credit'],
    goods_tag: 'SALE', settle_info: { profit_sharing: false },
    scene_info: { payer_client_ip: '127.0.0.1', store_info: { id: '1', name: '店' } },
    detail: { cost_price: 888, goods_detail: [{ merchant_goods_id: '1', quantity: 1, unit_price: 888 }] },
  }));
  assert.ok(data.code_url);
});

test('a request that is not signed by the merchant is refused', async () => {
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    .export({ type: 'pkcs8', format: 'pem' });
  const order = newOrder();
  await refused(native(order, newClient({ privateKey: stranger })), 401, 'SIGN_ERROR');
  await refused(native(order, newClient({ serial: '00'.repeat(20) })), 401, 'SIGN_ERROR');
  await refused(native(order, newClient({ mchid: '1900000000' })), 401, 'SIGN_ERROR');
  await refused(find(order.out_trade_no), 404, 'ORDER_NOT_EXIST');
  const raw = (headers) => fetch(`${sim.url}/v3/certificates`, { headers });
  for (const authorization of ['', 'Bearer x', 'WECHATPAY2-SHA256-RSA2048 mchid="1"',
    authorizationAt(Formatter.timestamp() - 301), authorizationAt(Formatter.timestamp() + 302),
    `${authorizationAt(Formatter.timestamp())},mchid="${mchid}"`]) {
    const answer = await raw({ Authorization: authorization });
    assert.equal(answer.status, 401, authorization);
    assert.equal(answer.headers.get('wechatpay-signature'), null);
  }
  assert.equal((await raw({ Authorization: authorizationAt(Formatter.timestamp()) })).status, 200);
});

function authorizationAt(timestamp, path = '/v3/certificates') {
  const nonce = Formatter.nonce();
  const signature = Rsa.sign(Formatter.request('GET', path, timestamp, nonce),
    Rsa.from(pair.privateKey, Rsa.KEY_TYPE_PRIVATE));
  return Formatter.authorization(mchid, nonce, signature, timestamp, serial);
}

test('certificates are sealed with the APIv3 key, and rotate', async () => {
  const open = (data) => Object.fromEntries(data.map((row) => {
    const sealed = row.encrypt_certificate;
    assert.equal(sealed.associated_data, 'certificate');
    return [row.serial_no,
      Aes.AesGcm.decrypt(sealed.ciphertext, secret, sealed.nonce, sealed.associated_data)];
  }));
  const first = open((await certificates()).data.data);
  const old = platform.platform_certificate_serial;
  assert.deepEqual(first, { [old]: platform.platform_certificate_pem });
  assert.equal(new X509Certificate(first[old]).serialNumber, old);
  const rotated = (await sim.post('/admin/certificates/rotate')).body;
  assert.deepEqual(rotated.serials, [old, rotated.signing]);
  const unknown = await certificates().then(() => null, (e) => e);
  assert.match(String(unknown?.message), /Cannot found the serial/, 'the old client does not know it');
  const listed = await fetch(`${sim.url}/v3/certificates`, {
    headers: { Authorization: authorizationAt(Formatter.timestamp()), Accept: 'application/json' },
  });
  assert.equal(listed.headers.get('wechatpay-serial'), rotated.signing);
  const certs = open((await listed.json()).data);
  assert.deepEqual(Object.keys(certs), [rotated.signing, old]);
  client = newClient({ certs });
  assert.ok((await native(newOrder())).data.code_url);
  platform = (await sim.post('/admin/merchants', setup())).body;
  assert.equal(platform.platform_certificate_serial, rotated.signing);
});

test('the public-key mode signs with the public key and has no certificates', async () => {
  const other = '1900000110';
  const answer = await sim.post('/admin/merchants', setup({ mchid: other, mode: 'public_key' }));
  const id = answer.body.platform_public_key_id;
  assert.match(id, /^PUB_KEY_ID_0\d+$/);
  const certs = { [id]: answer.body.platform_public_key_pem };
  const by = newClient({ mchid: other, certs });
  const order = await paid({ mchid: other }, by);
  assert.ok(verifies(await noticeOf(order), certs));
  await refused(certificates(by), 404, 'RESOURCE_NOT_EXISTS');
  const asked = newClient({ certs, headers: { 'Wechatpay-Serial': id } });
  assert.ok((await native(newOrder(), asked)).data.code_url, 'a merchant that migrates asks for it');
});

test('the client notices every fault of an answer', async () => {
  const order = newOrder();
  await native(order);
  const fault = (operation, kind, more) => sim.fault({ personality: 'wechat', operation, kind, ...more });
  const broken = async (promise, pattern) => assert.match(
    String((await promise.then(() => assert.fail('was accepted'), (e) => e)).message), pattern);
  await fault('query', 'bad_signature');
  await broken(find(order.out_trade_no), /Verify the response/);
  await fault('query', 'unknown_serial');
  await broken(find(order.out_trade_no), /Cannot found the serial/);
  await fault('query', 'error_500');
  await refused(find(order.out_trade_no), 500, 'SYSTEM_ERROR');
  await fault('native', 'error_429');
  const second = newOrder();
  await refused(native(second), 429, 'FREQUENCY_LIMITED');
  await refused(find(second.out_trade_no), 404, 'ORDER_NOT_EXIST');
  await fault('native', 'answer_lost', { delay_ms: 1000 });
  await broken(native(second, newClient({ timeout: 200 })), /timeout/);
  assert.equal((await find(second.out_trade_no)).data.trade_state, 'NOTPAY');
  await fault('query', 'wrong_amount');
  assert.equal((await find(order.out_trade_no)).data.amount.total, 889);
  await fault('callback', 'bad_signature');
  const certs = { [platform.platform_certificate_serial]: platform.platform_certificate_pem };
  const probed = await noticeOf(await paid());
  assert.ok(probed.headers['wechatpay-signature'].startsWith('WECHATPAY/SIGNTEST/'));
  assert.equal(verifies(probed, certs), false);
  await fault('callback', 'wrong_merchant');
  assert.notEqual(opened(await noticeOf(await paid())).mchid, mchid);
  await sim.del('/admin/faults');
});

test('the trade bill of the day agrees with the books', async () => {
  const bill_date = new Date(Date.now() + 8 * 3600000).toISOString().slice(0, 10);
  await paid({ description: 'tea, "green"', attach: 'x,y' });
  const bill = async (params) => (await client.chain('v3/bill/tradebill').get({ params })).data;
  const fetched = async ({ download_url }) => {
    const url = new URL(download_url);
    const answer = await fetch(url, {
      headers: { Authorization: authorizationAt(Formatter.timestamp(), url.pathname + url.search) },
    });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('wechatpay-signature'), null, 'files are not signed');
    return Buffer.from(await answer.arrayBuffer());
  };
  const plain = await bill({ bill_date, bill_type: 'ALL' });
  const file = await fetched(plain);
  assert.equal(plain.hash_type, 'SHA1');
  assert.equal(createHash('sha1').update(file).digest('hex'), plain.hash_value);
  assert.deepEqual([...file.subarray(0, 3)], [0xEF, 0xBB, 0xBF]);
  const lines = file.toString('utf8').split('\r\n');
  assert.equal(lines[0].split(',').length, 27);
  assert.equal(lines.pop(), '');
  const totals = lines.pop().slice(1).split(',`');
  assert.equal(lines.pop().split(',').length, 7);
  const rows = lines.slice(1).map((line) => line.slice(1).split(',`'));
  const books = (await sim.get(`/admin/orders?personality=wechat&merchant=${mchid}&status=succeeded&limit=5000`)).body.orders;
  assert.deepEqual(rows.map((r) => [r[5], r[6]]), books.map((o) => [o.transaction_no, o.order_no]));
  assert.ok(rows.every((r) => r.length === 27 && r[9] === 'SUCCESS' && r[12] === '8.88' && r[22] === '0.05'));
  assert.equal(rows.at(-1)[20], 'tea, "green"');
  assert.equal(totals[0], String(rows.length));
  assert.equal(totals[1], (888 * rows.length / 100).toFixed(2));
  const zipped = await bill({ bill_date, tar_type: 'GZIP' });
  assert.equal(zipped.hash_value, plain.hash_value);
  assert.deepEqual(gunzipSync(await fetched(zipped)), file);
  const success = await fetched(await bill({ bill_date, bill_type: 'SUCCESS' }));
  assert.equal(success.toString('utf8').split('\r\n')[0].split(',').length, 20);
  await refused(bill({ bill_date: '2020-01-01' }), 400, 'NO_STATEMENT_EXIST');
  await refused(bill({ bill_date, bill_type: 'REFUND' }), 400, 'NO_STATEMENT_EXIST');
  for (const wrong of ['2099-01-01', '2020-02-30', '20200101xx']) {
    await refused(bill({ bill_date: wrong }), 400, 'PARAM_ERROR');
  }
});

test('a merchant is only set up with everything it needs', async () => {
  for (const change of [{ api_v3_key: 'short' }, { merchant_public_key_pem: 'no key' },
    { merchant_serial: undefined }, { mode: 'both' }, { mchid: undefined }, { more: 1 }]) {
    const answer = await sim.post('/admin/merchants', setup(change));
    assert.equal(answer.status, 400, JSON.stringify(change));
  }
});

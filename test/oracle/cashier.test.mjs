// The cashier in a real browser: what the payer sees, and that it changes by itself.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Platform } from '../scenario/lib.mjs';
import { startBrowser } from './browser.mjs';

let p;
let browser;
before(async () => { p = await Platform.start(); browser = await startBrowser(); });
after(async () => { await browser.end(); await p.end(); });

const text = (id) => `document.getElementById('${id}').textContent`;
const status = `document.getElementById('stage').dataset.status`;
const page = (payment, query = '?lang=en', size = {}) =>
  browser.open(`${p.url}${payment.next_action.cashier_path}${query}`, size);

test('it shows what is paid for, the QR code and the time left', async () => {
  const payment = await p.created({ method: 'wechat_native' });
  const cashier = await page(payment);
  await cashier.wait(`${status} === 'requires_action'`);
  assert.equal(await cashier.run(text('subject')), 'Tomato soup 番茄汤');
  assert.equal(await cashier.run(text('amount')), '12.88');
  assert.equal(await cashier.run(text('currency')), '¥');
  assert.equal(await cashier.run(text('status')), 'Scan to pay');
  assert.match(await cashier.run(text('left')), /^Time left 1:59:\d\d$/);
  await cashier.wait(`document.getElementById('qr').naturalWidth > 20`);
  const before = await cashier.run(text('left'));
  await cashier.wait(`${text('left')} !== ${JSON.stringify(before)}`);
  assert.deepEqual(cashier.errors(), []);
});

test('it turns to paid by itself', async () => {
  const payment = await p.created();
  const cashier = await page(payment);
  await cashier.wait(`${status} === 'requires_action'`);
  await cashier.wait(`document.getElementById('qr').naturalWidth > 20`); // once paid there is no code to load
  await cashier.run('window.notReloaded = true');
  await p.pay(payment);
  await cashier.wait(`${status} === 'succeeded'`);
  assert.equal(await cashier.run(text('status')), 'Paid');
  assert.equal(await cashier.run('window.notReloaded'), true);
  assert.equal(await cashier.run(`document.getElementById('qr').hidden`), true);
  assert.deepEqual(cashier.errors(), []);
});

test('it turns to closed by itself, and leads back to the merchant', async () => {
  const payment = await p.created({ return_url: 'https://shop.example/order/1' });
  const cashier = await page(payment);
  await cashier.wait(`${status} === 'requires_action'`);
  await p.merchant('POST', `/v1/payments/${payment.id}/close`);
  await cashier.wait(`${status} === 'closed'`);
  assert.equal(await cashier.run(`document.getElementById('back').href`), 'https://shop.example/order/1');
});

test('it speaks Chinese and English', async () => {
  const payment = await p.created();
  const cashier = await page(payment, '?lang=zh');
  await cashier.wait(`${text('status')} === '扫码支付'`);
  await cashier.click('#language');
  await cashier.wait(`${text('status')} === 'Scan to pay'`);
  assert.equal(await cashier.run('document.documentElement.lang'), 'en');
});

test('a subject is text, never markup', async () => {
  const payment = await p.created({ subject: '<img src=x onerror=alert(1)>' });
  const cashier = await page(payment);
  await cashier.wait(`${status} === 'requires_action'`);
  assert.equal(await cashier.run(text('subject')), '<img src=x onerror=alert(1)>');
  assert.equal(await cashier.run(`document.querySelectorAll('#subject *').length`), 0);
});

test('an unknown token shows that there is no such payment', async () => {
  const payment = await p.created();
  const path = payment.next_action.cashier_path;
  const other = path.slice(0, -1) + (path.endsWith('A') ? 'B' : 'A');
  const cashier = await browser.open(`${p.url}${other}?lang=en`);
  await cashier.wait(`${status} === 'missing'`);
  assert.equal((await p.request('GET', `${other}/state`)).status, 404);
  assert.equal((await p.request('GET', `${other}/qr.svg`)).status, 404);
});

test('it is small, and its policy is strict', async () => {
  const payment = await p.created();
  let bytes = 0;
  for (const path of [payment.next_action.cashier_path, '/assets/cashier/cashier.css',
    '/assets/cashier/cashier.js', `${payment.next_action.cashier_path}/qr.svg`,
    `${payment.next_action.cashier_path}/state`]) {
    const answer = await p.request('GET', path);
    assert.equal(answer.status, 200, path);
    bytes += answer.raw.length;
  }
  assert.ok(bytes < 50 * 1024, `${bytes} bytes`);
  const policy = (await p.request('GET', payment.next_action.cashier_path)).headers.get('content-security-policy');
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe/);
});

test('it fits a phone and a desktop', async () => {
  const payment = await p.created({ subject: '很长的商品名称'.repeat(15) });
  for (const size of [{ width: 320, height: 568 }, { width: 390, height: 844 }, { width: 1280, height: 900 }]) {
    const cashier = await page(payment, '?lang=zh', size);
    await cashier.wait(`${status} === 'requires_action'`);
    assert.ok(await cashier.run('document.documentElement.scrollWidth <= innerWidth'));
  }
});

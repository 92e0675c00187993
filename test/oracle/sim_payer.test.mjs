// The payer's page in a browser, at the width of a phone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBrowser } from './browser.mjs';
import { startSim } from './lib.mjs';
import { mockCall } from './mock_client.mjs';

const merchant = { merchant_no: 'M1001', key: 'a key of the mock channel, long enough' };
let sim;
let browser;
let count = 0;

before(async () => {
  sim = await startSim();
  await sim.post('/admin/merchants', merchant);
  browser = await startBrowser();
});
after(async () => {
  await browser.end();
  assert.equal(await sim.end(), 0);
});

async function openOrder(options) {
  count += 1;
  const order = {
    merchant_no: merchant.merchant_no, order_no: `page-${count}`, amount: 2880, currency: 'CNY',
    subject: 'two <b>coffees</b>', notify_url: 'http://127.0.0.1:1/none',
  };
  const { body } = await mockCall(sim.url, merchant, 'POST', '/mock/v1/orders', order);
  const page = await browser.open(`${sim.url}/payer?code_url=${encodeURIComponent(body.qr)}`, options);
  return { page, orderNo: order.order_no };
}

const state = `document.getElementById('state').textContent`;

test('paying by hand pays the order', async () => {
  const { page, orderNo } = await openOrder({ language: 'en' });
  const text = await page.run('document.body.innerText');
  assert.ok(text.includes('28.80 CNY') && text.includes('two <b>coffees</b>'), text);
  assert.ok(await page.run('document.documentElement.scrollWidth <= window.innerWidth'));
  await page.click('button.wait');
  await page.wait(`${state} !== ''`);
  assert.equal((await sim.order(orderNo)).status, 'pending');
  await page.click('button.pay');
  await page.wait(`${state}.startsWith('Paid')`);
  assert.ok(await page.run(`[...document.querySelectorAll('button')].every((b) => b.disabled)`));
  assert.equal((await sim.order(orderNo)).status, 'succeeded');
  assert.deepEqual(page.errors(), []);
});

test('declining leaves the order open, and Chinese is spoken', async () => {
  const { page, orderNo } = await openOrder({ language: 'zh-CN' });
  assert.equal(await page.run(`document.querySelector('button.decline').textContent`), '拒绝支付');
  await page.click('button.decline');
  await page.wait(`${state}.startsWith('已拒绝')`);
  const order = await sim.order(orderNo);
  assert.equal(order.status, 'pending');
  assert.equal(order.declined, 1);
  assert.ok(await page.run(`[...document.querySelectorAll('button')].every((b) => !b.disabled)`));
});

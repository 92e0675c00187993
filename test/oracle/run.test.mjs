// script/run as a visitor meets it: started twice, its page used in a browser, stopped by Ctrl-C.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../scenario/lib.mjs';
import { startBrowser } from './browser.mjs';
import { until } from './lib.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const data = mkdtempSync(join(tmpdir(), 'tomato-run-'));
const facts = () => JSON.parse(readFileSync(join(data, 'demo.json'), 'utf8'));
const deliveries = () => readFileSync(facts().webhook_log, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
let running = null;

async function start(environment) {
  const child = spawn(join(root, 'script/run'), {
    cwd: tmpdir(), env: { ...process.env, TOMATO_DATA_DIR: data, ...environment }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  const run = { child, text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part) => { run.text += part; });
  }
  running = run;
  await until(() => run.text.includes('Ctrl-C stops everything') || child.exitCode !== null, 'script/run', 300);
  assert.equal(child.exitCode, null, run.text);
  return run;
}

async function stop(run) {
  const gone = once(run.child, 'exit');
  run.child.kill('SIGINT');
  const [code] = await gone;
  running = null;
  return code;
}

after(async () => {
  if (running) { await stop(running); }
  rmSync(data, { recursive: true, force: true });
});

const answers = (url) => fetch(url).then(() => true, () => false);

test('--help explains and starts nothing, and so does an argument there is none of', () => {
  const run = (...args) => spawnSync(join(root, 'script/run'), args, {
    encoding: 'utf8', timeout: 20000, env: { ...process.env, TOMATO_DATA_DIR: join(data, 'none') },
  });
  const help = run('--help');
  assert.equal(help.status, 0);
  assert.match(help.stdout, /TOMATO_HTTP_PORT/);
  const refused = run('--port', '1');
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /--port 1/);
  assert.ok(!existsSync(join(data, 'none')));
});

test('the first start makes a merchant, and says where to watch a payment', async () => {
  const [http, sim, demo] = [await freePort(), await freePort(), await freePort()];
  const run = await start({ TOMATO_HTTP_PORT: http, TOMATO_SIM_PORT: sim, TOMATO_DEMO_PORT: demo });
  assert.match(run.text, new RegExp(`http://127.0.0.1:${demo}/`));
  assert.deepEqual(Object.keys(facts()).sort(), ['app_id', 'base_url', 'checker_key', 'demo_url', 'key_id', 'merchant_id',
    'operator_key', 'secret', 'sim_url', 'webhook_log', 'webhook_secret']);
  assert.match(run.text, new RegExp(`http://127.0.0.1:${http}/console`));
  const page = await fetch(`http://127.0.0.1:${http}/console`);
  assert.match(page.headers.get('content-security-policy'), /script-src 'self'/);
});

test('the printed command creates a signed payment', () => {
  const payment = JSON.parse(execFileSync(join(root, 'script/pay-example'), ['1999', 'Two bowls'],
    { env: { ...process.env, TOMATO_DATA_DIR: data } }));
  assert.equal(payment.status, 'requires_action');
  assert.equal(payment.amount, 1999);
});

for (const [language, width] of [['en', 1200], ['zh', 375]]) {
  test(`the page takes a payment through all six steps (${language}, ${width} px)`, async () => {
    const browser = await startBrowser();
    try {
      const page = await browser.open(`${facts().demo_url}/?lang=${language}`, { width });
      const count = (selector) => page.run(`document.querySelectorAll(${JSON.stringify(selector)}).length`);
      await page.run(`document.getElementById('pay').click()`);
      await until(async () => (await count('#pay-now')) === 1, 'the QR code');
      assert.equal(await count('.step.on'), 2);
      await page.run(`document.getElementById('pay-now').click()`);
      await until(async () => (await count('.step.on')) === 6, 'all six steps', 10);
      assert.equal(await count('#flow .stations .on'), 5);
      assert.match(await page.run(`document.querySelector('tfoot').textContent`), /¥0\.08¥0\.08$/);
      assert.ok(await page.run('document.documentElement.scrollWidth <= innerWidth'), 'nothing is cut off');
      assert.deepEqual(page.errors(), []);
    } finally {
      await browser.end();
    }
    assert.equal(deliveries().at(-1).type, 'payment.succeeded');
  });
}

test('a webhook with another signature is refused and not written down', async () => {
  const before = deliveries().length;
  const answer = await fetch(`${facts().demo_url}/webhooks`, {
    method: 'POST', body: '{"type":"payment.succeeded"}',
    headers: { 'webhook-id': 'msg_1', 'webhook-timestamp': String(Math.floor(Date.now() / 1000)), 'webhook-signature': 'v1,AAAA' },
  });
  assert.equal(answer.status, 401);
  assert.equal(deliveries().length, before);
});

test('Ctrl-C stops all of it, and a second start makes nothing anew', async () => {
  const before = facts();
  assert.equal(await stop(running), 0);
  for (const url of [before.base_url, before.sim_url, before.demo_url]) { assert.equal(await answers(url), false); }
  await start({});
  assert.deepEqual(facts(), before);
  assert.equal(await stop(running), 0);
});

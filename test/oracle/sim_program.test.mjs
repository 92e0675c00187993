// The simulator as a program: options, the file of merchants, pages of the books.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { build, startProgram, startSim } from './lib.mjs';
import { mockCall } from './mock_client.mjs';

const program = join(build, 'tomato-sim');
const merchant = { merchant_no: 'M1001', key: 'a key of the mock channel, long enough' };
const run = (...args) => new Promise((done) => {
  execFile(program, args, (error, stdout, stderr) => done({ code: error?.code ?? 0, stdout, stderr }));
});

test('help speaks English and Chinese', async () => {
  const { code, stdout } = await run('--help');
  assert.equal(code, 0);
  for (const word of ['--port', '--data', '--speed', '--log', 'simulated', '模拟']) {
    assert.ok(stdout.includes(word), word);
  }
});

test('a bad option is named and nothing starts', async () => {
  for (const [args, word] of [[['--prot', '1'], '--prot'], [['--port'], 'needs a value'],
    [['--port', '65536'], '0 to 65535'], [['--port', 'x'], '0 to 65535'], [['--speed', '0'], '--speed']]) {
    const { code, stderr } = await run(...args);
    assert.equal(code, 2, args.join(' '));
    assert.ok(stderr.includes(word), stderr);
  }
});

test('merchants come from a file, a bad line is named', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tomato-sim-'));
  const file = join(directory, 'merchants.jsonl');
  const args = ['--port', '0', '--data', join(directory, 'data'), '--merchants', file];
  writeFileSync(file, `# one merchant\n\n${JSON.stringify(merchant)}\n`);
  const sim = await startProgram(program, args);
  const listed = await (await fetch(`${sim.url}/admin/merchants`)).json();
  assert.deepEqual(listed.merchants.map((m) => m.merchant_no), ['M1001']);
  assert.equal(await sim.stop('SIGTERM'), 0);
  writeFileSync(file, `${JSON.stringify(merchant)}\n{"merchant_no":"M2"}\n`);
  const { code, stderr } = await run(...args);
  assert.equal(code, 1);
  assert.ok(stderr.includes('line 2') && stderr.includes('key'), stderr);
  assert.ok((await run(...args.slice(0, 4), '--merchants', join(directory, 'none'))).stderr.includes('none'));
  rmSync(directory, { recursive: true });
});

test('a port that is taken is told', async () => {
  const sim = await startSim();
  const directory = mkdtempSync(join(tmpdir(), 'tomato-sim-'));
  const { code, stderr } = await run('--port', new URL(sim.url).port, '--data', directory);
  assert.equal(code, 1);
  assert.ok(stderr.includes('port'), stderr);
  rmSync(directory, { recursive: true });
  await sim.end();
});

test('the books are read in pages', async () => {
  const sim = await startSim();
  await sim.post('/admin/merchants', merchant);
  for (let i = 1; i <= 7; i++) {
    await mockCall(sim.url, merchant, 'POST', '/mock/v1/orders', {
      merchant_no: 'M1001', order_no: `page-${i}`, amount: i, currency: 'CNY', subject: 'x',
      notify_url: 'http://127.0.0.1:1/none',
    });
  }
  const seen = [];
  let after = 0;
  do {
    const { orders, next } = (await sim.get(`/admin/orders?limit=3&after=${after}`)).body;
    seen.push(...orders.map((o) => o.order_no));
    after = next;
  } while (after !== null);
  assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7].map((i) => `page-${i}`));
  assert.equal((await sim.get('/admin/orders?order_no=page-5')).body.orders[0].amount, 5);
  assert.equal((await sim.get('/admin/orders?order_no=page-5&status=closed')).body.orders.length, 0);
  assert.equal((await sim.get('/admin/orders?limit=5001')).status, 400);
  assert.equal((await sim.get('/admin/stats')).body.pending, 7);
  assert.equal(await sim.end(), 0);
});

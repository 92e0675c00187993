// A second server on one database: on MariaDB a standby, which takes the place of a writer that is
// gone; on SQLite it is refused.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build, freePort, Platform, until } from './lib.mjs';

let p;
before(async () => { p = await Platform.start(); });
after(async () => { await p?.end(); });

class Second {
  static async start() {
    const s = new Second();
    s.port = await freePort();
    s.url = `http://127.0.0.1:${s.port}`;
    s.env = { ...p.env, TOMATO_HTTP_PORT: String(s.port), TOMATO_STORE_NODE: '1' };
    s.child = spawn(join(build, 'tomato'), ['serve'], { env: s.env, stdio: ['ignore', 'ignore', 'pipe'] });
    s.log = '';
    s.child.stderr.setEncoding('utf8').on('data', (part) => { s.log += part; });
    s.ended = once(s.child, 'exit');
    return s;
  }

  async get(path) {
    try {
      const answer = await fetch(this.url + path);
      return { status: answer.status, body: await answer.json() };
    } catch { return { status: 0 }; }
  }

  async end(signal = 'SIGTERM') {
    this.child.kill(signal);
    const [code] = await this.ended;
    return code;
  }
}

const events = (log, event) => log.split('\n').filter((line) => line.includes(`"event":"${event}"`)).length;

if (process.env.TOMATO_TEST_STORE === 'mysql') {
  test('a standby says so and ends when it is asked to', async () => {
    const second = await Second.start();
    await until(async () => (await second.get('/healthz')).body?.status === 'standby', 'standing by', 10);
    assert.equal((await second.get('/readyz')).status, 503);
    const refused = await second.get('/v1/payments');
    assert.equal(refused.status, 503);
    assert.equal(refused.body.error.code, 'store_fenced');
    assert.equal(refused.body.error.retryable, true);
    await new Promise((good) => setTimeout(good, 3000)); // through several tries
    assert.equal(events(second.log, 'main.standby'), 1, second.log);
    assert.equal(await second.end(), 0);
  });

  test('a standby takes the place of a killed writer within ten seconds', async () => {
    const second = await Second.start();
    await until(async () => (await second.get('/healthz')).body?.status === 'standby', 'standing by', 10);
    const payment = await p.created({});
    await p.stop('SIGKILL');
    const killed = Date.now();
    await until(async () => (await second.get('/readyz')).status === 200, 'the take-over', 15);
    assert.ok(Date.now() - killed < 10000, `${Date.now() - killed} ms`);
    assert.equal(events(second.log, 'main.took_over'), 1);
    const first = p.url;
    p.url = second.url;
    // what was signed in the moment of the start is asked for again
    await until(async () => (await p.merchant('GET', `/v1/payments/${payment.id}`)).status === 200, 'the payment');
    p.url = first;
    assert.equal(await second.end(), 0);
    await p.serve(); // on a lease that was given back
  });
} else {
  test('on SQLite a second server is refused', async () => {
    const second = await Second.start();
    const [code] = await second.ended;
    assert.equal(code, 1);
    assert.match(second.log, /in use by another process/);
  });
}

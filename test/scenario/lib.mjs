// A platform of its own for each test file: database, master key, port, simulator, receiver of
// webhooks, a merchant with its price, and channel accounts at the simulator.
// TOMATO_TEST_STORE=mysql runs everything on a private MariaDB server.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authorization } from '../lib/sign.mjs';
import { build, sleep, startReceiver, startSim, until } from '../oracle/lib.mjs';

export { authorization, build, sleep, startReceiver, startSim, until };
export const mock = { merchant_no: '1900000001', key: 'mock-secret-key-0123456789' };
export const wechat = {
  mchid: '1900000109', appid: 'wx8888888888888888', apiv3: 'abcdefghijklmnopqrstuvwxyz012345',
  serial: '4A5B6C7D8E9F00112233445566778899AABBCCDD',
};

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

// A MariaDB server with a data directory of its own.
async function startMariadb() {
  const folder = mkdtempSync(join(tmpdir(), 'tomato-mariadb-'));
  const port = await freePort();
  const socket = join(folder, 'socket');
  // A server that starts empties its tmpdir of temporary tables, those of others too.
  execFileSync('mariadb-install-db', ['--no-defaults', `--datadir=${folder}/data`, '--user=root',
    `--tmpdir=${folder}`, '--auth-root-authentication-method=normal', '--skip-test-db'], { stdio: 'ignore' });
  const child = spawn('mariadbd', ['--no-defaults', `--datadir=${folder}/data`, '--user=root',
    `--tmpdir=${folder}`,
    `--socket=${socket}`, `--port=${port}`, '--bind-address=127.0.0.1'], { stdio: 'ignore' });
  const sql = (text) => execFileSync('mariadb', ['--no-defaults', `--socket=${socket}`, '-u', 'root',
    '-e', text], { stdio: ['ignore', 'pipe', 'ignore'] });
  await until(() => { try { sql('SELECT 1'); return true; } catch { return false; } }, 'MariaDB', 60);
  sql("CREATE DATABASE tomato; CREATE USER tomato@'127.0.0.1' IDENTIFIED BY 'tomato'; "
    + "GRANT ALL ON tomato.* TO tomato@'127.0.0.1'");
  return {
    sql: (text) => sql(`USE tomato; ${text}`),
    url: `mysql://tomato:tomato@127.0.0.1:${port}/tomato`,
    end: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export class Platform {
  // change: {conf: {TOMATO_…}, simSpeed, fundMode}
  static async start(change = {}) {
    const p = new Platform();
    p.data = mkdtempSync(join(tmpdir(), 'tomato-test-'));
    p.database = process.env.TOMATO_TEST_STORE === 'mysql' ? await startMariadb() : null;
    p.port = await freePort();
    p.env = {
      ...process.env,
      LC_ALL: 'C.UTF-8',
      TOMATO_DATA_DIR: p.data, TOMATO_HTTP_PORT: String(p.port), TOMATO_HTTP_ADDRESS: '127.0.0.1',
      TOMATO_NOTIFY_ALLOW_LOOPBACK: 'true', TOMATO_GATEWAY_ADDRESS_RATE: '0',
      TOMATO_CHANNEL_TOTAL_DEADLINE: '2s', TOMATO_CHANNEL_REFRESH_PAUSE: '0ms',
      ...(p.database ? { TOMATO_STORE_URL: p.database.url } : {}), ...change.conf,
    };
    p.sim = await startSim({ speed: change.simSpeed });
    p.receiver = await startReceiver(change.receiver);
    p.operatorKey = JSON.parse(p.tool('merchant', 'operator-key')).secret;
    p.checkerKeys = [1, 2].map(() => JSON.parse(p.tool('merchant', 'operator-key')).secret);
    await p.serve();
    await p.setUp(change.fundMode ?? 'direct');
    return p;
  }

  tool(...args) {
    return execFileSync(join(build, 'tomato'), args, { env: this.env, encoding: 'utf8' });
  }

  async serve() {
    this.log = '';
    this.child = spawn(join(build, 'tomato'), ['serve'], { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stderr.setEncoding('utf8').on('data', (part) => { this.log += part; });
    await new Promise((good, bad) => {
      this.child.stdout.setEncoding('utf8').on('data', (part) => {
        const match = part.match(/listening on (\S+)/);
        if (match) { this.url = match[1]; good(); }
      });
      this.child.on('exit', (code, signal) => bad(new Error(`tomato ended (${code ?? signal})\n${this.log}`)));
    });
  }

  async stop(signal = 'SIGTERM') {
    if (this.child.exitCode !== null || this.child.signalCode !== null) { return this.child.exitCode; }
    const gone = once(this.child, 'exit');
    this.child.kill(signal);
    const [code] = await gone;
    return code;
  }

  // Everything is ended before the platform's own end is judged: what lives on would hang the test.
  async end() {
    const code = await this.stop();
    await this.receiver.end();
    await this.sim.end();
    if (this.database) { await this.database.end(); }
    rmSync(this.data, { recursive: true, force: true });
    assert.equal(code, 0, this.log);
  }

  // Behind the platform's back, while it is stopped.
  sql(text) {
    if (this.database) { this.database.sql(text); } else { execFileSync('sqlite3', [join(this.data, 'tomato.db'), text]); }
  }

  async request(method, path, body, headers = {}) {
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await fetch(this.url + path, {
      method, body: text, headers: { ...(text === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
    });
    const raw = await answer.text();
    let parsed = null;
    try { parsed = JSON.parse(raw); } catch { /* not JSON */ }
    return { status: answer.status, headers: answer.headers, raw, body: parsed };
  }

  operator(method, path, body) {
    return this.request(method, path, body, { Authorization: `Bearer ${this.operatorKey}` });
  }

  // Another operator than operator(): who approves what the first has asked for.
  checker(method, path, body, number = 0) {
    return this.request(method, path, body, { Authorization: `Bearer ${this.checkerKeys[number]}` });
  }

  // A change that waits for a review, approved.
  async reviewed(answer) {
    assert.equal(answer.status, 202, answer.raw);
    const approved = await this.checker('POST', `/v1/reviews/${answer.body.id}/approve`, { remark: 'seen' });
    assert.equal(approved.body.status, 'approved', approved.raw);
    return approved.body;
  }

  // A bank card that one operator has asked for and another approved.
  async card(body) {
    await this.reviewed(await this.operator('POST', '/v1/bank-cards', { reason: 'form 7', ...body }));
    const cards = await this.made('GET', `/v1/bank-cards?merchant_id=${body.merchant_id}`);
    return cards.data[0];
  }

  merchant(method, path, body, headers = {}, key = this.key) {
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    return this.request(method, path, body, { Authorization: authorization(key, method, path, text), ...headers });
  }

  async made(method, path, body) {
    const answer = await this.operator(method, path, body);
    assert.ok(answer.status === 200 || answer.status === 201, answer.raw);
    return answer.body;
  }

  async setUp(fundMode) {
    this.owner = await this.made('POST', '/v1/merchants',
      { merchant_no: 'M10001', name: '番茄小厨 Tomato', fund_mode: fundMode });
    this.app = await this.made('POST', `/v1/merchants/${this.owner.id}/apps`, { name: 'web' });
    this.key = await this.made('POST', `/v1/merchants/${this.owner.id}/keys`, { app: this.app.id });
    await this.made('POST', `/v1/merchants/${this.owner.id}/contracts`,
      { currency: 'CNY', rate_millionths: 6000, fee_min: 1 });
    this.endpoint = await this.made('POST', `/v1/merchants/${this.owner.id}/webhook-endpoints`,
      { url: `${this.receiver.url}/webhooks` });
    await this.sim.post('/admin/merchants', mock);
    this.mockAccount = await this.made('POST', '/v1/channel-accounts', {
      channel: 'mock', name: 'mock', account_no: mock.merchant_no, methods: ['mock_qr'],
      fund_mode: fundMode, currency: 'CNY', base_url: this.sim.url, config: {},
      credentials: { key: mock.key },
    });
    await this.setUpWechat(fundMode);
  }

  async setUpWechat(fundMode, mode = 'certificate') {
    const pair = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const answer = await this.sim.post('/admin/merchants', {
      mchid: wechat.mchid, appid: wechat.appid, api_v3_key: wechat.apiv3, merchant_serial: wechat.serial,
      merchant_public_key_pem: pair.publicKey, mode,
    });
    const config = { appid: wechat.appid, merchant_serial: wechat.serial, mode };
    if (mode === 'public_key') {
      config.public_key_id = answer.body.platform_public_key_id;
      config.public_key = answer.body.platform_public_key_pem;
    }
    this.wechatAccount = await this.made('POST', '/v1/channel-accounts', {
      channel: 'wechat', name: 'wechat', account_no: wechat.mchid, methods: ['wechat_native'],
      fund_mode: fundMode, currency: 'CNY', base_url: `${this.sim.url}/wechat`, config,
      credentials: { private_key: pair.privateKey, apiv3_key: wechat.apiv3 },
    });
  }

  order(change = {}) {
    this.count = (this.count ?? 0) + 1;
    return {
      merchant_order_no: `A${Date.now()}-${this.count}`, amount: 1288, currency: 'CNY',
      method: 'mock_qr', subject: 'Tomato soup 番茄汤', ...change,
    };
  }

  create(change) { return this.merchant('POST', '/v1/payments', this.order(change)); }

  async created(change) {
    const answer = await this.create(change);
    assert.equal(answer.status, 200, answer.raw);
    assert.equal(answer.body.status, 'requires_action');
    return answer.body;
  }

  pay(payment) { return this.sim.post('/payer/pay', { code_url: payment.next_action.qr_code }); }

  async get(payment) { return (await this.merchant('GET', `/v1/payments/${payment.id}`)).body; }

  reaches(payment, status, seconds) {
    return until(async () => {
      const now = await this.get(payment);
      return now.status === status ? now : null;
    }, `${payment.id} to be ${status}`, seconds);
  }

  webhooks(payment, type) {
    return this.receiver.received.map((r) => ({ ...r, json: JSON.parse(r.body) }))
      .filter((r) => r.json.data.object.id === payment.id && (!type || r.json.type === type));
  }

  async journals(payment) {
    const answer = await this.operator('GET', `/v1/ledger/journals?payment_id=${payment.id}`);
    return answer.body.data;
  }

  refused(answer, status, code, param) {
    assert.equal(answer.body?.error?.code, code, answer.raw);
    assert.equal(answer.status, status);
    if (param !== undefined) { assert.equal(answer.body.error.param, param); }
    assert.match(answer.body.error.request_id, /^req_/);
    assert.ok(answer.body.error.message_zh.length > 0);
  }
}

export const readLog = (path) => readFileSync(path, 'utf8');

// What every oracle test needs: the simulator on a free port with a data directory of its own, a
// server that receives callbacks, and a little patience. TOMATO_BUILD names the folder of the
// programs under test (build/release).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const build = resolve(root, process.env.TOMATO_BUILD ?? 'build/release');

// Starts a program that prints one line with its URL, and resolves to {url, stop, child}.
export async function startProgram(path, args) {
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise((good, bad) => {
    let text = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (part) => {
      text += part;
      const match = text.match(/https?:\/\/\S+/);
      if (match && text.includes('\n')) { good(match[0]); }
    });
    child.on('error', bad);
    child.on('exit', (code) => bad(new Error(`${path} ended with ${code} before it listened`)));
  });
  const stop = async (signal = 'SIGINT') => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    }
    return child.exitCode;
  };
  return { url, stop, child };
}

// The simulator; `options.data` keeps a directory over several starts.
export async function startSim(options = {}) {
  const data = options.data ?? mkdtempSync(join(tmpdir(), 'tomato-sim-'));
  const args = ['--port', '0', '--data', data, '--speed', String(options.speed ?? 1)];
  const program = await startProgram(join(build, 'tomato-sim'), args);
  const call = async (method, path, body) => {
    const answer = await fetch(program.url + path, {
      method,
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, body: text ? parse(text) : null };
  };
  return {
    ...program,
    data,
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
    del: (path) => call('DELETE', path),
    fault: async (fault) => {
      const answer = await call('POST', '/admin/faults', fault);
      if (answer.status !== 200) { throw new Error(answer.text); }
    },
    order: async (orderNo) =>
      (await call('GET', `/admin/orders?order_no=${orderNo}`)).body.orders[0],
    end: async () => {
      const code = await program.stop();
      rmSync(data, { recursive: true, force: true });
      return code;
    },
  };
}

function parse(text) {
  try { return JSON.parse(text); } catch { return null; }
}

// A server that keeps what it is sent. `answer(request)` gives the status (200).
export async function startReceiver(answer = () => 200) {
  const received = [];
  const server = createServer((req, res) => {
    const parts = [];
    req.on('data', (part) => parts.push(part));
    req.on('end', () => {
      const request = {
        method: req.method, path: req.url, headers: req.headers,
        body: Buffer.concat(parts).toString('utf8'), at: Date.now(),
      };
      received.push(request);
      res.statusCode = answer(request, received.length);
      res.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    received,
    end: () => new Promise((done) => { server.close(done); server.closeAllConnections(); }),
  };
}

// Waits until probe() gives something true, at most so many seconds.
export async function until(probe, what = 'what the test waits for', seconds = 30) {
  for (let i = 0; i < seconds * 50; i++) {
    const value = await probe();
    if (value) { return value; }
    await sleep(20);
  }
  throw new Error(`${what} did not happen within ${seconds} seconds`);
}

export { sleep };

// A headless Chromium over its debugging pipe: open a page, run script in it, wait for it.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './lib.mjs';

export async function startBrowser() {
  const profile = mkdtempSync(join(tmpdir(), 'tomato-browser-'));
  const child = spawn(process.env.CHROMIUM ?? 'chromium', [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
    `--user-data-dir=${profile}`, '--remote-debugging-pipe', 'about:blank',
  ], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
  const [, , , input, output] = child.stdio;
  const waiting = new Map();
  const events = [];
  let last = 0;
  let rest = '';
  output.setEncoding('utf8');
  output.on('data', (part) => {
    const messages = (rest + part).split('\0');
    rest = messages.pop();
    for (const message of messages.map((text) => JSON.parse(text))) {
      if (message.id === undefined) { events.push(message); continue; }
      const { good, bad } = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error) { bad(new Error(message.error.message)); } else { good(message.result); }
    }
  });
  const send = (method, params = {}, sessionId = undefined) => new Promise((good, bad) => {
    last += 1;
    waiting.set(last, { good, bad });
    input.write(`${JSON.stringify({ id: last, method, params, sessionId })}\0`);
  });

  // A page of its own; `errors` are what its console and its content policy complained about.
  async function open(url, { width = 390, height = 700, language } = {}) {
    const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
    const tell = (method, params) => send(method, params, sessionId);
    await tell('Page.enable');
    await tell('Runtime.enable');
    await tell('Log.enable');
    await tell('Network.enable');
    await tell('Emulation.setDeviceMetricsOverride',
      { width, height, deviceScaleFactor: 1, mobile: width < 600 });
    if (language) {
      await tell('Network.setExtraHTTPHeaders', { headers: { 'Accept-Language': language } });
    }
    await tell('Page.navigate', { url });
    const run = async (expression) => {
      const { result, exceptionDetails } = await tell('Runtime.evaluate',
        { expression, awaitPromise: true, returnByValue: true });
      if (exceptionDetails) { throw new Error(exceptionDetails.exception?.description); }
      return result.value;
    };
    await until(() => run(`document.readyState === 'complete' && location.href !== 'about:blank'`),
      `loading ${url}`);
    return {
      run,
      wait: (expression) => until(() => run(expression), expression),
      screenshot: async (file) => writeFileSync(file,
        Buffer.from((await tell('Page.captureScreenshot', { format: 'png' })).data, 'base64')),
      click: (selector) => run(`document.querySelector(${JSON.stringify(selector)}).click()`),
      errors: () => events.filter((e) => e.sessionId === sessionId
        && ((e.method === 'Log.entryAdded' && e.params.entry.level === 'error')
          || e.method === 'Runtime.exceptionThrown')),
    };
  }

  async function end() {
    await send('Browser.close').catch(() => {});
    await new Promise((done) => {
      if (child.exitCode !== null) { done(); } else { child.on('exit', done); }
    });
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  return { open, end };
}

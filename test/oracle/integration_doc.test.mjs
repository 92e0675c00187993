// docs/integration.md, executed: its shell example in a shell, its Node examples one after another
// as one module.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Platform, until } from '../scenario/lib.mjs';

const text = readFileSync(new URL('../../docs/integration.md', import.meta.url), 'utf8');
const blocks = (language) => [...text.matchAll(new RegExp(`^\`\`\`${language} run\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map((m) => m[1]);

let p;
let env;
let folder;
before(async () => {
  p = await Platform.start();
  folder = mkdtempSync(join(tmpdir(), 'tomato-doc-'));
  env = {
    ...process.env, TOMATO_URL: p.url, TOMATO_KEY_ID: p.key.id, TOMATO_SECRET: p.key.secret,
    TOMATO_WEBHOOK_SECRET: p.endpoint.secret,
  };
});
after(async () => { rmSync(folder, { recursive: true }); await p.end(); });

// Not execFileSync: the receiver of the webhooks lives in this process.
async function node(code) {
  const file = join(folder, 'example.mjs');
  writeFileSync(file, code);
  const { execFile } = await import('node:child_process');
  return new Promise((good, bad) => {
    execFile(process.execPath, [file], { env }, (error, out, err) => (error ? bad(new Error(err)) : good(out.trim().split('\n'))));
  });
}

test('the shell example creates a payment', () => {
  const [example] = blocks('sh');
  const answer = JSON.parse(execFileSync('bash', ['-eu', '-c', example], { env, encoding: 'utf8' }));
  assert.equal(answer.status, 'requires_action', JSON.stringify(answer));
  assert.equal(answer.merchant_order_no, 'DOC-1001');
});

test('the Node examples do what the text says', async () => {
  const lines = await node(blocks('js').join('\n'));
  assert.match(lines[0], /^requires_action mock:\S+ \/cashier\/\S+$/);
  assert.equal(lines[1], 'requires_action requires_action 2 closed');
  assert.equal(lines[2], 'true');
  assert.equal(lines[3], '400 field_range amount');
});

test('the webhook example verifies a webhook and refuses a forged one', async () => {
  const payment = await p.created();
  await until(() => p.webhooks(payment).length > 0, 'the webhook');
  const { headers, body } = p.webhooks(payment)[0];
  const example = blocks('js').filter((block) => /^import|function verifyWebhook/.test(block)).join('\n');
  const lines = await node(`${example}
    const headers = ${JSON.stringify(headers)};
    console.log(verifyWebhook(headers, ${JSON.stringify(body)}).type);
    try { verifyWebhook(headers, ${JSON.stringify(`${body} `)}); } catch (error) { console.log(error.message); }`);
  assert.deepEqual(lines, ['payment.requires_action', 'forged']);
});

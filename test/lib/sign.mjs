// Signs requests to the platform: an independent implementation, written from docs/integration.md.
import { createHash, createHmac, createPrivateKey, randomBytes, sign as signWith } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const digest = (name, body) => createHash(name).update(body).digest('hex');

// SM2 with SM3 is not in node:crypto; the openssl program has it.
function signSm2(privateKey, text) {
  const folder = mkdtempSync(join(tmpdir(), 'tomato-sm2-'));
  try {
    writeFileSync(join(folder, 'key.pem'), privateKey);
    writeFileSync(join(folder, 'text'), text);
    return execFileSync('openssl', ['pkeyutl', '-sign', '-rawin', '-digest', 'sm3', '-inkey',
      join(folder, 'key.pem'), '-pkeyopt', 'distid:1234567812345678', '-in', join(folder, 'text')]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const signers = {
  'HMAC-SHA256': (key, text) => createHmac('sha256', key.secret).update(text).digest(),
  'RSA-SHA256': (key, text) => signWith('sha256', Buffer.from(text), createPrivateKey(key.privateKey)),
  ED25519: (key, text) => signWith(null, Buffer.from(text), createPrivateKey(key.privateKey)),
  'SM2-SM3': (key, text) => signSm2(key.privateKey, text),
};

// key: {id, algorithm ('HMAC-SHA256' when absent), secret | privateKey (PEM)}. `change` overrides
// timestamp, nonce or the text's parts, for tests of what must be refused.
export function authorization(key, method, target, body, change = {}) {
  const algorithm = key.algorithm ?? 'HMAC-SHA256';
  const timestamp = String(change.timestamp ?? Math.floor(Date.now() / 1000));
  const nonce = change.nonce ?? randomBytes(16).toString('hex');
  const hash = digest(algorithm === 'SM2-SM3' ? 'sm3' : 'sha256', body);
  const text = `${method}\n${target}\n${timestamp}\n${nonce}\n${hash}\n`;
  const signature = change.signature ?? signers[algorithm](key, text).toString('base64');
  return `TOMATO-${algorithm} key_id="${key.id}",timestamp="${timestamp}",nonce="${nonce}",signature="${signature}"`;
}

// A client of the mock channel's protocol over node:crypto, written from docs/simulator.md.
import { createHmac, randomBytes } from 'node:crypto';

export const mac = (key, ...lines) =>
  createHmac('sha256', key).update(`${lines.join('\n')}\n`).digest('hex');

// `change` replaces what is sent: timestamp, merchant, signature; or gives an abort signal.
export async function mockCall(url, { merchant_no, key }, method, path, body, change = {}) {
  const text = body === undefined ? '' : JSON.stringify(body);
  const timestamp = change.timestamp ?? String(Math.floor(Date.now() / 1000));
  const nonce = randomBytes(16).toString('hex');
  const answer = await fetch(url + path, {
    method,
    signal: change.signal,
    body: text || undefined,
    headers: {
      'Content-Type': 'application/json',
      'Mock-Merchant': change.merchant ?? merchant_no,
      'Mock-Timestamp': timestamp,
      'Mock-Nonce': nonce,
      'Mock-Signature': change.signature ?? mac(key, method, path, timestamp, nonce, text),
    },
  });
  const raw = await answer.text();
  const got = (name) => answer.headers.get(name) ?? '';
  return {
    status: answer.status,
    body: raw ? JSON.parse(raw) : null,
    verified: got('Mock-Signature') === mac(key, got('Mock-Timestamp'), got('Mock-Nonce'), raw),
  };
}

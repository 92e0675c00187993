// Our webhooks judged by the published library of the Standard Webhooks specification.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { Platform, until } from '../scenario/lib.mjs';

let p;
before(async () => { p = await Platform.start(); });
after(() => p.end());

async function hook() {
  const payment = await p.created();
  await until(() => p.webhooks(payment).length > 0, 'the webhook');
  return p.webhooks(payment)[0];
}

test('the library verifies what the platform sends', async () => {
  const { body, headers } = await hook();
  const verified = new Webhook(p.endpoint.secret).verify(body, headers);
  assert.equal(verified.type, 'payment.requires_action');
  assert.equal(verified.data.object.object, 'payment');
});

test('it refuses another body, another id, another time and another secret', async () => {
  const { body, headers } = await hook();
  const library = new Webhook(p.endpoint.secret);
  assert.throws(() => library.verify(body.replace('1288', '1289'), headers), /No matching signature/);
  assert.throws(() => library.verify(body, { ...headers, 'webhook-id': 'evt_0000000000999' }), /No matching signature/);
  assert.throws(() => library.verify(body, { ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) - 1) }), /No matching signature/);
  assert.throws(() => new Webhook(`whsec_${Buffer.alloc(32).toString('base64')}`).verify(body, headers), /No matching signature/);
});

test('while a secret is rotated both verify', async () => {
  const old = p.endpoint.secret;
  const rotated = await p.merchant('POST', `/v1/webhook-endpoints/${p.endpoint.id}/rotate`);
  assert.equal(rotated.status, 200, rotated.raw);
  assert.notEqual(rotated.body.secret, old);
  const { body, headers } = await hook();
  assert.equal(headers['webhook-signature'].split(' ').length, 2);
  for (const secret of [old, rotated.body.secret]) {
    assert.equal(new Webhook(secret).verify(body, headers).object, 'event');
  }
});

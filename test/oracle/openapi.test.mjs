// The API document judged by validators, and the platform's answers by the document.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { Platform } from '../scenario/lib.mjs';

let p;
let document;
let ajv;
before(async () => {
  p = await Platform.start();
  document = (await p.request('GET', '/openapi.json')).body;
  ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats(ajv);
  ajv.addSchema(document, 'api');
});
after(() => p.end());

const escaped = (part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));

// The schema of an answer, as the document gives it for a path and status.
function schemaOf(method, path, status) {
  const { responses } = document.paths[path][method];
  const key = [String(status), `${String(status)[0]}XX`].find((k) => k in responses);
  assert.ok(key, `${method} ${path} says nothing of ${status}`);
  const where = responses[key].$ref?.slice('#/'.length)
    ?? ['paths', path, method, 'responses', key].map(escaped).join('/');
  const pointer = `api#/${where}/content/application~1json/schema`;
  return ajv.getSchema(pointer) ?? ajv.compile({ $ref: pointer });
}

function fits(method, path, answer) {
  const validate = schemaOf(method, path, answer.status);
  assert.ok(validate(answer.body), `${path}: ${ajv.errorsText(validate.errors)}\n${answer.raw}`);
}

test('a validator of OpenAPI 3.1 accepts the document', async () => {
  const result = await new Validator().validate(structuredClone(document));
  assert.ok(result.valid, JSON.stringify(result.errors, null, 1));
  assert.match(document.openapi, /^3\.1\./);
});

test('every operation has an id of its own, a summary and a tag', () => {
  const ids = new Set();
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      if (method === 'parameters') { continue; }
      assert.ok(operation.summary, `${method} ${path}`);
      assert.ok(!ids.has(operation.operationId), operation.operationId);
      ids.add(operation.operationId);
    }
  }
  assert.ok(ids.size > 40);
});

// Every name of a field or of a query parameter.
function* namesOf(node) {
  if (node === null || typeof node !== 'object') { return; }
  if (node.in === 'query') { yield node.name; }
  if (node.type === 'object' && node.properties) { yield* Object.keys(node.properties); }
  for (const child of Object.values(node)) { yield* namesOf(child); }
}

test('what holds the id of a merchant, payment or channel account is named alike everywhere', () => {
  const names = new Set(namesOf(document));
  for (const name of ['merchant', 'payment', 'channel_account', 'receiver']) {
    assert.ok(names.has(`${name}_id`), `${name}_id`);
    assert.ok(!names.has(name), name);
  }
});

test('answers are as the document says', async () => {
  const created = await p.create();
  fits('post', '/v1/payments', created);
  const { id } = created.body;
  fits('get', '/v1/payments/{id}', await p.merchant('GET', `/v1/payments/${id}`));
  fits('get', '/v1/payments', await p.merchant('GET', '/v1/payments'));
  fits('get', '/v1/payments/{id}/attempts', await p.merchant('GET', `/v1/payments/${id}/attempts`));
  fits('post', '/v1/payments/{id}/close', await p.merchant('POST', `/v1/payments/${id}/close`));
  fits('get', '/v1/webhook-deliveries', await p.merchant('GET', '/v1/webhook-deliveries'));
  fits('get', '/v1/merchants/{id}', await p.operator('GET', `/v1/merchants/${p.owner.id}`));
  fits('get', '/v1/merchants', await p.operator('GET', '/v1/merchants'));
  fits('get', '/v1/channel-accounts', await p.operator('GET', '/v1/channel-accounts'));
  fits('get', '/v1/ledger/trial-balance', await p.operator('GET', '/v1/ledger/trial-balance'));
  fits('post', '/v1/operator-keys', await p.operator('POST', '/v1/operator-keys', { name: 'Zhao', permissions: 'ledger:read', reason: 'a test' }));
  fits('get', '/v1/operator-keys', await p.operator('GET', '/v1/operator-keys'));
  fits('get', '/v1/operator-key-changes', await p.operator('GET', '/v1/operator-key-changes'));
  fits('get', '/v1/platform-keys', await p.request('GET', '/v1/platform-keys'));
});

test('refusals are as the document says', async () => {
  fits('post', '/v1/payments', await p.create({ amount: 0 }));
  fits('post', '/v1/payments', await p.request('POST', '/v1/payments', '{}'));
  fits('get', '/v1/payments/{id}', await p.merchant('GET', '/v1/payments/pay_0000000000001'));
});

test('the document refuses what the platform refuses', async () => {
  const { schema } = document.paths['/v1/payments'].post.requestBody.content['application/json'];
  const validate = ajv.compile({ $ref: `api${schema.$ref}` });
  assert.ok(validate(p.order()), ajv.errorsText(validate.errors));
  for (const change of [{ amount: 0 }, { amount: '1' }, { colour: 'red' }, { subject: '' },
    { merchant_order_no: 'a b' }, { currency: 'yuan' }]) {
    assert.equal(validate(p.order(change)), false, JSON.stringify(change));
  }
});

// Operators' keys over the API: made by review, rotated by their own operator, revoked at once.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Platform, sleep } from './lib.mjs';

let p;
const ask = (change = {}) => p.operator('POST', '/v1/operator-keys',
  { name: 'Zhao', permissions: 'ledger:read operator:read', reason: 'new colleague', ...change });
const as = (key, method, path, body) => p.request(method, path, body, { Authorization: `Bearer ${key}` });
const days = (key) => as(key, 'GET', '/v1/ledger/days');
const changes = async (terms = '') => (await p.operator('GET', `/v1/operator-key-changes${terms}`)).body.data;
const approve = (id) => p.checker('POST', `/v1/reviews/${id}/approve`, {});
async function made(change) {
  const answer = await ask(change);
  assert.equal(answer.status, 202, answer.raw);
  assert.equal((await approve(answer.body.review)).body.status, 'approved');
  return answer.body;
}

before(async () => { p = await Platform.start(); });
after(() => p.end());

test('a key is one once another operator has approved it, and the secret is shown once', async () => {
  const { status, body: key } = await ask();
  assert.equal(status, 202);
  assert.deepEqual([key.object, key.name, key.permissions, key.status], ['operator_key', 'Zhao', 'ledger:read operator:read', 'pending']);
  assert.ok(key.secret.startsWith(`${key.id}_`));
  p.refused(await days(key.secret), 401, 'auth_signature');
  const review = await p.operator('GET', `/v1/reviews/${key.review}`);
  assert.deepEqual([review.body.kind, review.body.subject, review.body.change.name], ['operator.key', key.id, 'Zhao']);
  assert.ok(!review.raw.includes(key.secret.slice(key.id.length + 1)));
  p.refused(await p.operator('POST', `/v1/reviews/${key.review}/approve`, {}), 403, 'review_self');
  await approve(key.review);
  assert.equal((await days(key.secret)).status, 200);
  p.refused(await as(key.secret, 'GET', '/v1/reviews'), 403, 'auth_permission');
  const { raw, body: list } = await as(key.secret, 'GET', '/v1/operator-keys');
  assert.equal(list.data.find((one) => one.id === key.id).status, 'active');
  assert.ok(list.data.find((one) => one.id === key.id).last_used_at);
  assert.ok(!raw.includes('secret'));
  const [change] = await changes(`?key=${key.id}`);
  assert.deepEqual([change.action, change.review, change.reason, change.operator_id],
    ['made', key.review, 'new colleague', p.operatorKey.split('_').slice(0, 2).join('_')]);
});

test('a rejected key is none', async () => {
  const { body: key } = await ask();
  await p.checker('POST', `/v1/reviews/${key.review}/reject`, {});
  p.refused(await days(key.secret), 401, 'auth_signature');
  assert.deepEqual(await changes(`?key=${key.id}`), []);
});

test('nobody gives a permission that his own key lacks', async () => {
  const maker = await made({ name: 'Maker', permissions: 'operator:write ledger:*' });
  const from = (body) => as(maker.secret, 'POST', '/v1/operator-keys', { name: 'Next', reason: 'a test', ...body });
  p.refused(await from({ permissions: '*' }), 403, 'auth_permission', 'permissions');
  p.refused(await from({ permissions: 'ledger:read review:approve' }), 403, 'auth_permission', 'permissions');
  assert.equal((await from({ permissions: 'ledger:* operator:write' })).status, 202);
  const reader = await made({ permissions: 'operator:read' });
  p.refused(await as(reader.secret, 'POST', '/v1/operator-keys', { name: 'Next', permissions: 'operator:read', reason: 'a test' }),
    403, 'auth_permission');
});

test('what a revoked key has asked for is not made', async () => {
  const maker = await made({ name: 'Maker', permissions: 'operator:write ledger:read' });
  const { body: key } = await as(maker.secret, 'POST', '/v1/operator-keys', { name: 'Next', permissions: 'ledger:read', reason: 'a test' });
  await p.operator('POST', `/v1/operator-keys/${maker.id}/revoke`, { reason: 'stolen' });
  const { body: review } = await approve(key.review);
  assert.deepEqual([review.status, review.error_code, review.error_param], ['failed', 'auth_key_revoked', 'maker']);
  p.refused(await days(key.secret), 401, 'auth_signature');
});

test('the fields of a key are checked, the first that is wrong', async () => {
  for (const [change, code, param] of [
    [{ name: undefined, permissions: undefined }, 'field_required', 'name'],
    [{ name: '' }, 'field_length', 'name'], [{ name: 'x'.repeat(65) }, 'field_length', 'name'],
    [{ permissions: undefined }, 'field_required', 'permissions'], [{ permissions: 'ledger' }, 'field_format', 'permissions'],
    [{ permissions: 'ledger:read ledger:raed' }, 'field_value', 'permissions'], [{ permissions: 'ledgers:*' }, 'field_value', 'permissions'],
    [{ permissions: 'payment:create' }, 'field_value', 'permissions'],
    [{ reason: undefined }, 'field_required', 'reason'], [{ expires_at: 'soon' }, 'field_format', 'expires_at'], [{ secret: 'x' }, 'field_unknown', 'secret'],
  ]) { p.refused(await ask(change), 400, code, param); }
});

test('a key is rotated by its own operator alone, and the old one ends', async () => {
  const key = await made({ name: 'Wu', permissions: 'ledger:read' });
  const rotate = (who, id, body) => as(who, 'POST', `/v1/operator-keys/${id}/rotate`, body);
  p.refused(await rotate(p.operatorKey, key.id), 403, 'operator_not_own');
  p.refused(await rotate(key.secret, key.id, { overlap: -1 }), 400, 'field_range', 'overlap');
  const { status, body: next } = await rotate(key.secret, key.id, { overlap: 1 });
  assert.equal(status, 200);
  assert.deepEqual([next.name, next.permissions, next.status], ['Wu', 'ledger:read', 'active']);
  assert.equal((await days(key.secret)).status, 200);
  assert.equal((await days(next.secret)).status, 200);
  await sleep(1100);
  p.refused(await days(key.secret), 401, 'auth_key_expired');
  assert.deepEqual((await changes(`?key=${key.id}`)).map((one) => [one.action, one.next_key]), [['rotated', next.id], ['made', undefined]]);
});

test('a second key of an operator does not rotate one that may more', async () => {
  const small = await made({ name: 'Sun', permissions: 'ledger:read' });
  const large = await made({ name: 'Sun', permissions: '*' });
  p.refused(await as(small.secret, 'POST', `/v1/operator-keys/${large.id}/rotate`), 403, 'auth_permission', 'permissions');
  assert.equal((await as(large.secret, 'POST', `/v1/operator-keys/${small.id}/rotate`)).status, 200);
});

test('a revoked key is refused at once, and the revocation is noted', async () => {
  const key = await made();
  assert.equal((await days(key.secret)).status, 200);
  p.refused(await p.operator('POST', `/v1/operator-keys/${key.id}/revoke`, {}), 400, 'field_required', 'reason');
  p.refused(await as(key.secret, 'POST', `/v1/operator-keys/${key.id}/revoke`, { reason: 'x' }), 403, 'auth_permission');
  const revoked = await p.operator('POST', `/v1/operator-keys/${key.id}/revoke`, { reason: 'has left' });
  assert.equal(revoked.body.status, 'revoked');
  p.refused(await days(key.secret), 401, 'auth_key_revoked');
  const [change] = await changes(`?key=${key.id}`);
  assert.deepEqual([change.action, change.reason], ['revoked', 'has left']);
  p.refused(await p.operator('POST', `/v1/operator-keys/${p.key.id.replace('key', 'op')}/revoke`, { reason: 'x' }), 404, 'auth_key_not_found');
  p.refused(await p.operator('POST', '/v1/operator-keys/nobody/rotate', {}), 404, 'auth_key_not_found');
});

test('the keys are listed in pages, newest first', async () => {
  const page = async (terms) => (await p.operator('GET', `/v1/operator-keys${terms}`)).body;
  const all = (await page('?limit=200')).data.map((one) => one.id);
  assert.deepEqual(all, all.toSorted().reverse());
  assert.ok(all.length > 5);
  const seen = [];
  for (let cursor = '', more = true; more;) {
    const next = await page(`?limit=2${cursor}`);
    assert.ok(next.data.length <= 2);
    seen.push(...next.data.map((one) => one.id));
    more = next.has_more;
    cursor = `&starting_after=${next.next_cursor}`;
  }
  assert.deepEqual(seen, all);
  p.refused(await p.operator('GET', '/v1/operator-keys?limit=201'), 400, 'field_range', 'limit');
  p.refused(await p.operator('GET', '/v1/operator-keys?starting_after=1'), 400, 'field_format', 'starting_after');
});

test('the changes are listed in pages, the tool’s too', async () => {
  const all = await changes('?limit=200');
  assert.deepEqual(all.slice(-3).map((one) => [one.action, one.operator_id]), Array(3).fill(['made', undefined]));
  const { body: first } = await p.operator('GET', '/v1/operator-key-changes?limit=2');
  const rest = await changes(`?limit=200&starting_after=${first.next_cursor}`);
  assert.deepEqual([...first.data, ...rest], all);
});

// The chart of accounts, voucher templates and the general ledger, as operators use them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Platform } from './lib.mjs';

let p;
before(async () => { p = await Platform.start(); });
after(() => p.end());

const shanghaiDate = (days) => Number(
  new Date(Date.now() + 8 * 3600e3 + days * 86400e3).toISOString().slice(0, 10).replaceAll('-', ''));
const get = async (path) => {
  const answer = await p.operator('GET', `/v1/ledger/${path}`);
  assert.equal(answer.status, 200, answer.raw);
  return answer.body;
};
const post = (path, body) => p.operator('POST', `/v1/ledger/${path}`, body);

test('the chart is listed in the order of its tree, page by page', async () => {
  const whole = await get('chart');
  const codes = whole.data.map((row) => row.code);
  assert.deepEqual(codes.slice(0, 3), [1, 1002, 1012]);
  assert.ok(codes.indexOf(2) < codes.indexOf(2241) && codes.indexOf(2299) < codes.indexOf(3));
  const payable = whole.data.find((row) => row.code === 2241);
  assert.equal(payable.name_zh, '应付商户待结算');
  assert.equal(payable.parent, 2);
  assert.equal(payable.side, 'credit');
  assert.equal(payable.leaf, true);
  const paged = [];
  for (let cursor = '', more = true; more;) {
    const page = await get(`chart?limit=7${cursor}`);
    paged.push(...page.data.map((row) => row.code));
    more = page.has_more;
    cursor = `&starting_after=${page.next_cursor}`;
  }
  assert.deepEqual(paged, codes);
  p.refused(await p.operator('GET', '/v1/ledger/chart?date=20261131'), 400, 'field_format', 'date');
  p.refused(await p.operator('GET', '/v1/ledger/chart?starting_after=77'), 400, 'ledger_code');
});

test('a code is added, gets a new version, and is closed', async () => {
  const code = {
    code: 2231, valid_from: shanghaiDate(0), side: 'credit',
    name: 'Interest payable', name_zh: '应付利息', currencies: ['CNY', 'USD'],
  };
  const made = await post('chart', code);
  assert.equal(made.status, 200, made.raw);
  assert.deepEqual([made.body.code, made.body.version, made.body.exists], [2231, 1, false]);
  assert.equal((await post('chart', code)).body.exists, true);
  const next = await post('chart', { ...code, name: 'Interest due', valid_from: shanghaiDate(1) });
  assert.equal(next.body.version, 2, next.raw);
  const { versions } = await get('chart/2231');
  assert.deepEqual(versions.map((row) => row.name), ['Interest payable', 'Interest due']);
  assert.deepEqual(versions[0].currencies, ['CNY', 'USD']);
  p.refused(await post('chart', { ...code, code: 22310 }), 400, 'ledger_code_form', 'code');
  p.refused(await post('chart', { ...code, side: 'debit' }), 409, 'ledger_code_side', 'side');
  p.refused(await post('chart', { ...code, name: 'x', valid_from: shanghaiDate(-1) }), 400,
    'ledger_version_date', 'valid_from');
  p.refused(await post('chart', { ...code, code: 224101 }), 409, 'ledger_code_in_use', 'code');
  p.refused(await post('chart/2241/close'), 409, 'ledger_code_in_use', 'code');
  p.refused(await post('chart/9998/close'), 404, 'ledger_code_not_found', 'code');
  p.refused(await post('chart/abc/close'), 404, 'ledger_code_not_found');
  p.refused(await p.operator('GET', '/v1/ledger/chart/9998'), 404, 'ledger_code_not_found');
  p.refused(await p.operator('GET', '/v1/ledger/chart/abc'), 404, 'ledger_code_not_found');
  const closed = await post('chart/2231/close');
  assert.equal(closed.status, 200, closed.raw);
  assert.equal(closed.body.closed_on, shanghaiDate(0));
  p.refused(await post('chart', { ...code, name: 'x', valid_from: shanghaiDate(2) }), 409,
    'ledger_code_closed', 'code');
});

test('a voucher template is read, and gets a new version from a later date on', async () => {
  const list = await get('vouchers?limit=200');
  assert.equal(list.data.length, 37);
  const paid = list.data.find((row) => row.event === 'payment_succeeded' && row.mode === 'collect');
  assert.deepEqual(paid.legs.map((leg) => [leg.side, leg.code, leg.owner, leg.amount]), [
    ['debit', 1131, 'channel_account', 'gross'],
    ['credit', 2241, 'merchant', 'gross - fee'],
    ['credit', 6021, 'platform', 'fee'],
  ]);
  const legs = paid.legs.map(({ side, code, owner, amount }) =>
    ({ side, code: code === 6021 ? 2242 : code, owner, amount }));
  const body = { event: 'payment_succeeded', mode: 'collect', valid_from: shanghaiDate(1), legs };
  p.refused(await post('vouchers', { ...body, valid_from: shanghaiDate(0) }), 400,
    'ledger_version_date', 'valid_from');
  p.refused(await post('vouchers', { ...body, legs: [legs[0], { ...legs[1], amount: 'gross' }, legs[2]] }),
    400, 'ledger_unbalanced', 'legs');
  p.refused(await post('vouchers', { ...body, legs: [legs[0], { ...legs[1], amount: 'gross * 2' }, legs[2]] }),
    400, 'ledger_expression', 'legs[1].amount');
  p.refused(await post('vouchers', { ...body, mode: undefined }), 409, 'ledger_voucher', 'mode');
  p.refused(await p.operator('GET', '/v1/ledger/vouchers/payday'), 404, 'ledger_voucher_not_found');
  const made = await post('vouchers', body);
  assert.equal(made.status, 200, made.raw);
  assert.equal(made.body.version, 2);
  assert.equal((await post('vouchers', body)).body.exists, true);
  const versions = (await get('vouchers/payment_succeeded')).data;
  assert.deepEqual(versions.map((row) => [row.mode, row.version, row.valid_until ?? 0]), [
    ['direct', 1, 0], ['collect', 1, shanghaiDate(1)], ['collect', 2, 0]]);
  const later = await get(`vouchers?limit=200&date=${shanghaiDate(1)}`);
  assert.equal(later.data.find((row) => row.event === 'payment_succeeded' && row.mode === 'collect').version, 2);
});

test('the general ledger of no postings is empty and balanced', async () => {
  const general = await get('general-ledger');
  assert.equal(general.balanced, true);
  p.refused(await p.operator('GET', '/v1/ledger/general-ledger?date=20261131'), 400, 'field_format', 'date');
});

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

test('a code is added, and gets a new version', async () => {
  const code = {
    code: 2231, valid_from: shanghaiDate(0), side: 'credit',
    name: 'Interest payable', name_zh: '应付利息', currencies: ['CNY', 'USD'], reason: 'interest begins',
  };
  p.refused(await post('chart', { ...code, reason: undefined }), 400, 'field_required', 'reason');
  const asked = await post('chart', code);
  assert.deepEqual([asked.status, asked.body.kind, asked.body.change.code], [202, 'ledger.chart', 2231], asked.raw);
  p.refused(await p.operator('GET', '/v1/ledger/chart/2231'), 404, 'ledger_code_not_found');
  p.refused(await p.operator('POST', `/v1/reviews/${asked.body.id}/approve`, {}), 403, 'review_self');
  await p.reviewed(asked);
  assert.equal((await post('chart', code)).body.exists, true);
  await p.reviewed(await post('chart', { ...code, name: 'Interest dew', valid_from: shanghaiDate(3) }));
  await p.reviewed(await post('chart', { ...code, name: 'Interest due', valid_from: shanghaiDate(1), reason: 'a slip' }));
  const { versions } = await get('chart/2231');
  assert.deepEqual(versions.map((row) => [row.name, row.reason, row.replaced ?? false]), [['Interest payable', 'interest begins', false],
    ['Interest dew', 'interest begins', true], ['Interest due', 'a slip', false]]);
  assert.equal(versions[0].operator_id, asked.body.maker_id);
  assert.match(versions[0].reviewer_id, /^op_/);
  assert.notEqual(versions[0].reviewer_id, versions[0].operator_id);
  assert.deepEqual(versions[0].currencies, ['CNY', 'USD']);
  p.refused(await post('chart', { ...code, code: 22310 }), 400, 'ledger_code_form', 'code');
  p.refused(await post('chart', { ...code, side: 'debit' }), 409, 'ledger_code_side', 'side');
  p.refused(await post('chart', { ...code, name: 'x', valid_from: shanghaiDate(-1) }), 400,
    'ledger_version_date', 'valid_from');
  p.refused(await post('chart', { ...code, code: 224101 }), 409, 'ledger_code_in_use', 'code');
  p.refused(await p.operator('GET', '/v1/ledger/chart/9998'), 404, 'ledger_code_not_found');
  p.refused(await p.operator('GET', '/v1/ledger/chart/abc'), 404, 'ledger_code_not_found');
});

test('a code is closed by two operators, and tells who asked, who approved and why', async () => {
  const code = { code: 2233, valid_from: shanghaiDate(0), side: 'credit', name: 'Once', name_zh: '一次', reason: 'a test' };
  const close = (number, body = { reason: 'no longer used', evidence: 'memo 8' }) => post(`chart/${number}/close`, body);
  await p.reviewed(await post('chart', code));
  p.refused(await close(2241), 409, 'ledger_code_in_use', 'code');
  p.refused(await close(9998), 404, 'ledger_code_not_found', 'code');
  p.refused(await close('abc'), 404, 'ledger_code_not_found');
  p.refused(await close(2233, {}), 400, 'field_required', 'reason');
  const asked = await close(2233);
  assert.deepEqual([asked.status, asked.body.kind, asked.body.change, asked.body.evidence],
    [202, 'ledger.chart_close', { code: 2233 }, 'memo 8'], asked.raw);
  assert.equal((await close(2233)).body.id, asked.body.id);
  p.refused(await p.operator('POST', `/v1/reviews/${asked.body.id}/approve`, {}), 403, 'review_self');
  assert.equal('closed_on' in (await get('chart/2233')).versions[0], false);
  await p.reviewed(asked);
  const [{ closed_on, closing }] = (await get('chart/2233')).versions;
  assert.deepEqual([closed_on, closing.operator_id, closing.reason], [shanghaiDate(0), asked.body.maker_id, 'no longer used']);
  assert.match(closing.reviewer_id, /^op_/);
  assert.notEqual(closing.reviewer_id, closing.operator_id);
  const again = await close(2233);
  assert.deepEqual([again.status, again.body.closed_on], [200, shanghaiDate(0)], again.raw);
  p.refused(await post('chart', { ...code, name: 'x', valid_from: shanghaiDate(2) }), 409, 'ledger_code_closed', 'code');
});

test('a code whose accounts are no longer empty when its end is approved stays open', async () => {
  const code = { valid_from: shanghaiDate(0), side: 'credit', name: 'Full', name_zh: '有余额', reason: 'a test' };
  const [full, other] = await Promise.all([2234, 2235].map(async (number) => {
    await p.reviewed(await post('chart', { ...code, code: number }));
    return (await post('accounts', { code: number, currency: 'CNY' })).body.id;
  }));
  const asked = await post('chart/2234/close', { reason: 'no longer used' });
  assert.equal(asked.status, 202, asked.raw);
  const booked = await post('transfers', { business_no: 2234, legs: [
    { account: other, side: 'debit', amount: 5 }, { account: full, side: 'credit', amount: 5 }] });
  assert.equal(booked.status, 200, booked.raw);
  const late = (await p.checker('POST', `/v1/reviews/${asked.body.id}/approve`, {})).body;
  assert.deepEqual([late.status, late.error_code, late.error_param], ['failed', 'ledger_code_balance', 'code']);
  p.refused(await post('chart/2234/close', { reason: 'no longer used' }), 409, 'ledger_code_balance', 'code');
  assert.equal('closed_on' in (await get('chart/2234')).versions[0], false);
});

test('an account is opened under a code, for the platform or a merchant, and booked on', async () => {
  const merchant = p.owner.id;
  const open = (body) => post('accounts', { currency: 'CNY', ...body });
  const bank = (await open({ code: 1012 })).body;
  assert.match(bank.id, /^acc_/);
  assert.equal((await open({ code: 1012 })).body.id, bank.id);
  const owed = await open({ code: 2261, merchant_id: merchant });
  assert.deepEqual([owed.status, owed.body.merchant_id], [200, merchant], owed.raw);
  assert.equal((await get(`accounts/${owed.body.id}`)).code, 2261);
  p.refused(await open({ code: 1012, merchant_id: merchant }), 400, 'ledger_code_owner', 'merchant_id');
  p.refused(await open({ code: 2261 }), 400, 'ledger_code_owner', 'merchant_id');
  p.refused(await open({ code: 2241, merchant_id: merchant }), 400, 'field_value', 'code');
  p.refused(await open({ code: 2299 }), 409, 'ledger_code_own', 'code');
  p.refused(await open({ code: 2 }), 409, 'ledger_code_not_leaf', 'code');
  p.refused(await open({ code: 9998 }), 400, 'ledger_code', 'code');
  p.refused(await open({ code: 1012, currency: 'XXX' }), 400, 'currency_unknown', 'currency');
  p.refused(await open({ code: 2261, merchant_id: 'mer_0000000000001' }), 404, 'merchant_not_found', 'merchant_id');
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
  const body = { event: 'payment_succeeded', mode: 'collect', valid_from: shanghaiDate(1), legs, reason: 'to be confirmed' };
  p.refused(await post('vouchers', { ...body, valid_from: shanghaiDate(0) }), 400,
    'ledger_version_date', 'valid_from');
  p.refused(await post('vouchers', { ...body, legs: [legs[0], { ...legs[1], amount: 'gross' }, legs[2]] }),
    400, 'ledger_unbalanced', 'legs');
  p.refused(await post('vouchers', { ...body, legs: [legs[0], { ...legs[1], amount: 'gross * 2' }, legs[2]] }),
    400, 'ledger_expression', 'legs[1].amount');
  p.refused(await post('vouchers', { ...body, mode: undefined }), 409, 'ledger_voucher', 'mode');
  p.refused(await p.operator('GET', '/v1/ledger/vouchers/payday'), 404, 'ledger_voucher_not_found');
  p.refused(await post('vouchers', { ...body, reason: undefined }), 400, 'field_required', 'reason');
  const asked = await post('vouchers', body);
  assert.deepEqual([asked.status, asked.body.kind, asked.body.change.legs.length], [202, 'ledger.voucher', 3], asked.raw);
  assert.equal((await get('vouchers/payment_succeeded')).data.length, 2);
  p.refused(await p.operator('POST', `/v1/reviews/${asked.body.id}/approve`, {}), 403, 'review_self');
  await p.reviewed(asked);
  assert.deepEqual([(await post('vouchers', body)).status, (await post('vouchers', body)).body.version], [200, 2]);
  const versions = (await get('vouchers/payment_succeeded')).data;
  assert.deepEqual([versions[2].operator_id, versions[2].reason], [asked.body.maker_id, 'to be confirmed']);
  assert.notEqual(versions[2].reviewer_id, versions[2].operator_id);
  assert.equal('operator_id' in versions[1], false);
  assert.deepEqual(versions.map((row) => [row.mode, row.version, row.valid_until ?? 0]), [
    ['direct', 1, 0], ['collect', 1, shanghaiDate(1)], ['collect', 2, 0]]);
  const later = await get(`vouchers?limit=200&date=${shanghaiDate(1)}`);
  assert.equal(later.data.find((row) => row.event === 'payment_succeeded' && row.mode === 'collect').version, 2);
});

test('what was approved is checked again', async () => {
  const code = { code: 2232, valid_from: shanghaiDate(0), side: 'credit', name: 'Fees', name_zh: '费用', reason: 'a test' };
  await p.reviewed(await post('chart', code));
  const below = await post('chart', { ...code, code: 223201 });
  assert.equal(below.status, 202, below.raw);
  await p.reviewed(await post('chart/2232/close', { reason: 'a test' }));
  const late = (await p.checker('POST', `/v1/reviews/${below.body.id}/approve`, {})).body;
  assert.deepEqual([late.status, late.error_code, late.error_param], ['failed', 'ledger_code_closed', 'code']);
});

test('a version that has not begun is withdrawn by one with the legs before it', async () => {
  const legs = (await get('vouchers/surplus_found')).data[0].legs;
  const body = { event: 'surplus_found', valid_from: shanghaiDate(2), reason: 'wrong' };
  await p.reviewed(await post('vouchers', { ...body, legs: [] }));
  await p.reviewed(await post('vouchers', { ...body, legs, reason: 'taken back' }));
  const versions = (await get('vouchers/surplus_found')).data;
  assert.deepEqual(versions.map((row) => [row.version, row.replaced ?? false, row.legs.length]), [[1, false, 2], [2, true, 0], [3, false, 2]]);
  const then = (await get(`vouchers?limit=200&date=${shanghaiDate(2)}`)).data.filter((row) => row.event === 'surplus_found');
  assert.deepEqual(then.map((row) => row.version), [3]);
});

test('the general ledger of no postings is empty and balanced', async () => {
  const general = await get('general-ledger');
  assert.equal(general.balanced, true);
  p.refused(await p.operator('GET', '/v1/ledger/general-ledger?date=20261131'), 400, 'field_format', 'date');
});

// Statements, receipts and daily summaries, as operators and merchants get them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Platform } from './lib.mjs';

let p, account, accountNumber, source, today, other;
let number = Date.now();
const amounts = [100, 10700053, 250];
const sum = amounts.reduce((a, b) => a + b, 0);
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const period = () => `from=${today}&to=${today}`;

async function file(path) {
  const answer = await fetch(p.url + path, { headers: { Authorization: `Bearer ${p.operatorKey}` } });
  const bytes = Buffer.from(await answer.arrayBuffer());
  assert.equal(answer.status, 200, bytes.toString());
  assert.equal(answer.headers.get('tomato-content-sha256'), sha256(bytes));
  return { bytes, text: bytes.toString(), headers: answer.headers };
}

const pdfText = (bytes) => execFileSync('pdftotext', ['-layout', '-', '-'], { input: bytes, encoding: 'utf8' });

before(async () => {
  p = await Platform.start();
  const open = (type, merchant_id = p.owner.id) => p.made('POST', '/v1/accounts', { merchant_id, type, currency: 'CNY' });
  ({ id: account, number: accountNumber } = await open('settlement'));
  source = (await open('deposit')).id;
  const line = await p.operator('POST', `/v1/accounts/${source}/credit-line`, { credit_line: 100000000, reason: 'a source of money for the tests' });
  await p.reviewed(line);
  other = await p.made('POST', '/v1/merchants', { merchant_no: 'M10002', name: 'another', fund_mode: 'direct' });
  other.app = await p.made('POST', `/v1/merchants/${other.id}/apps`, { name: 'web' });
  other.key = await p.made('POST', `/v1/merchants/${other.id}/keys`, { app: other.app.id });
  for (const amount of amounts) {
    await p.made('POST', '/v1/ledger/transfers', {
      business_no: ++number,
      legs: [{ account: source, side: 'debit', amount }, { account, side: 'credit', amount }],
    });
  }
  const page = await p.made('GET', `/v1/ledger/accounts/${account}/statement?limit=1`);
  today = page.data[0].business_date;
});
after(() => p.end());

test('a merchant reads its own statement in pages, and not another\'s', async () => {
  const first = await p.merchant('GET', `/v1/accounts/${account}/statement?${period()}&order=oldest&limit=2`);
  assert.equal(first.status, 200, first.raw);
  assert.deepEqual(first.body.data.map((e) => e.amount), amounts.slice(0, 2));
  assert.ok(first.body.has_more);
  const second = await p.merchant('GET',
    `/v1/accounts/${account}/statement?${period()}&order=oldest&limit=2&starting_after=${first.body.next_cursor}`);
  assert.deepEqual(second.body.data.map((e) => e.amount), amounts.slice(2));
  assert.equal(second.body.has_more, false);
  for (const what of ['statement', `statement/sums?${period()}`, `statement.csv?${period()}`,
    `statement.pdf?${period()}`, `daily?${period()}`]) {
    p.refused(await p.merchant('GET', `/v1/accounts/${account}/${what}`, undefined, {}, other.key), 404, 'ledger_account');
  }
});

test('a period opens with the closing of the one before', async () => {
  const sums = await p.made('GET', `/v1/accounts/${account}/statement/sums?${period()}`);
  assert.deepEqual([sums.opening, sums.credits, sums.credit_count, sums.debits, sums.closing], [0, sum, 3, 0, sum]);
  const earlier = await p.made('GET', `/v1/accounts/${account}/statement/sums?from=${today - 10000}&to=${today - 10000}`);
  assert.deepEqual([earlier.closing, earlier.entries], [0, 0]);
  assert.equal((await p.made('GET', `/v1/ledger/accounts/${account}/balance?date=${today}`)).posted, sum);
});

test('a merchant reads the balance of its own account as of any time, by id or by number', async () => {
  const entries = (await p.made('GET', `/v1/accounts/${account}/statement?order=oldest`)).data;
  for (const path of [`/v1/accounts/${account}`, `/v1/accounts/${accountNumber}`]) {
    const posted = async (query) => {
      const answer = await p.merchant('GET', `${path}/balance${query}`);
      assert.equal(answer.status, 200, answer.raw);
      return answer.body.posted;
    };
    assert.equal(await posted(''), sum);
    assert.equal(await posted(`?date=${today}`), sum);
    assert.equal(await posted('?sequence=1'), amounts[0]);
    assert.equal(await posted(`?at=${encodeURIComponent(entries.at(-1).created_at)}`), sum);
    assert.equal(await posted('?at=2026-01-01T00:00:00Z'), 0);
    p.refused(await p.merchant('GET', `${path}/balance?date=20991201`), 400, 'field_range', 'date');
    p.refused(await p.merchant('GET', `${path}/balance?sequence=99`), 400, 'field_range', 'sequence');
    p.refused(await p.merchant('GET', `${path}/balance?at=2099-12-01T00:00:00Z`), 400, 'field_range', 'at');
    p.refused(await p.merchant('GET', `${path}/balance`, undefined, {}, other.key), 404, 'ledger_account');
  }
  assert.equal((await p.made('GET', `/v1/ledger/accounts/${accountNumber}/balance?sequence=1`)).posted, amounts[0]);
});

test('a merchant has the receipts of its own account, and of no other', async () => {
  const [entry] = (await p.made('GET', `/v1/accounts/${account}/statement?order=oldest&limit=1`)).data;
  const theirs = await p.made('POST', '/v1/accounts', { merchant_id: other.id, type: 'settlement', currency: 'CNY' });
  for (const of of [account, accountNumber]) {
    const path = `/v1/accounts/${of}/journals/${entry.journal_id}/receipt`;
    const receipt = await p.merchant('GET', `${path}.json`);
    assert.equal(receipt.status, 200, receipt.raw);
    assert.deepEqual(receipt.body, await p.made('GET', `/v1/ledger/journals/${entry.journal_id}/receipt.json`));
    const pdf = await p.merchant('GET', `${path}.pdf?lang=en`);
    assert.deepEqual([pdf.status, pdf.headers.get('content-type')], [200, 'application/pdf'], pdf.raw);
    for (const end of ['json', 'pdf']) {
      p.refused(await p.merchant('GET', `${path}.${end}`, undefined, {}, other.key), 404, 'ledger_account');
    }
  }
  p.refused(await p.merchant('GET', `/v1/accounts/${theirs.id}/journals/${entry.journal_id}/receipt.json`, undefined, {}, other.key), 404, 'ledger_journal');
  p.refused(await p.merchant('GET', `/v1/accounts/${account}/journals/jnl_zzz/receipt.pdf`), 404, 'ledger_journal');
});

test('a merchant sees his own side of a movement alone, an operator the whole', async () => {
  const theirs = await p.made('POST', '/v1/accounts', { merchant_id: other.id, type: 'settlement', currency: 'CNY' });
  const income = await p.made('POST', '/v1/ledger/accounts', { code: 6021, currency: 'CNY' });
  const { journal_id } = await p.made('POST', '/v1/ledger/transfers', { business_no: ++number, legs: [
    { account: source, side: 'debit', amount: 300 }, { account: theirs.id, side: 'credit', amount: 240 },
    { account: income.id, side: 'credit', amount: 60 }] });
  const path = (of) => `/v1/accounts/${of}/journals/${journal_id}/receipt`;
  const seen = async (of, key) => {
    const answer = await p.merchant('GET', `${path(of)}.json`, undefined, {}, key);
    assert.equal(answer.status, 200, answer.raw);
    for (const hidden of [income.id, of === source ? theirs.id : source]) assert.equal(answer.raw.includes(hidden), false);
    assert.deepEqual(await p.made('GET', `${path(of)}.json`), answer.body); // what an operator compares a paper with
    return answer.body;
  };
  const mine = await seen(source, p.key);
  assert.deepEqual([mine.parties.map((leg) => [leg.account_id, leg.amount]), mine.amount], [[[source, 300]], 300]);
  const received = await seen(theirs.id, other.key);
  assert.deepEqual([received.parties.map((leg) => leg.account_id), received.amount, received.amount_in_chinese], [[theirs.id], 240, '人民币贰元肆角整']);
  const pdf = await fetch(`${p.url}${path(theirs.id)}.pdf?lang=en`, { headers: { Authorization: `Bearer ${p.operatorKey}` } });
  const paper = pdfText(Buffer.from(await pdf.arrayBuffer()));
  assert.match(paper, /2\.40/);
  assert.doesNotMatch(paper, /3\.00|0\.60|6021|2245/);
  const whole = await p.made('GET', `/v1/ledger/journals/${journal_id}/receipt.json`);
  assert.deepEqual([whole.parties.map((leg) => leg.amount), whole.amount], [[300, 240, 60], 300]);
  assert.notEqual(whole.code, mine.code);
});

test('the CSV is in Chinese or English, and the command line writes the same', async () => {
  const zh = await file(`/v1/ledger/accounts/${account}/statement.csv?${period()}`);
  const en = await file(`/v1/accounts/${account}/statement.csv?${period()}&lang=en&bom=true`);
  assert.equal(zh.headers.get('content-type'), 'text/csv; charset=utf-8');
  const lines = zh.text.split('\r\n');
  assert.equal(lines[0], `账号,${accountNumber}\t,,,,,,,,,`);
  assert.equal(lines[1], `账户,${account},,,,,,,,,`);
  assert.equal(lines[2], `户名,${p.owner.id},${p.owner.name},,,,,,,,`);
  assert.equal(lines[6], '期初余额,0.00,,,,,,,,,');
  assert.match(lines[9], /,接口,转账,\d+,,107000\.53,107001\.53,$/);
  assert.equal(lines.at(-2), `期末余额,107004.03,,,,,,,,,`);
  assert.ok(en.text.startsWith('\uFEFFAccount no.,'));
  assert.match(en.text, /\r\nCredits,3,107004\.03,,,,,,,,\r\n/);
  const path = join(p.data, 'statement.csv');
  p.tool('ledger', 'statement', account, String(today), String(today), '--csv', path);
  assert.deepEqual(readFileSync(path), zh.bytes);
  p.tool('ledger', 'statement', accountNumber, String(today), String(today), '--csv', path, '--lang', 'en');
  assert.equal('\uFEFF' + readFileSync(path, 'utf8'), en.text);
});

test('an account is found by its number as well, and papers show the number', async () => {
  for (const base of ['/v1/accounts', '/v1/ledger/accounts']) {
    const page = await p.made('GET', `${base}/${accountNumber}/statement?order=oldest`);
    assert.deepEqual(page.data.map((e) => [e.account_id, e.account_number]), amounts.map(() => [account, accountNumber]));
    assert.deepEqual(page.data.map((e) => e.reference), page.data.map((e) => String(e.business_no)));
    const sums = await p.made('GET', `${base}/${accountNumber}/statement/sums?${period()}`);
    assert.deepEqual([sums.account_id, sums.account_number, sums.owner_name], [account, accountNumber, p.owner.name]);
    const [day] = (await p.made('GET', `${base}/${accountNumber}/daily?${period()}`)).data;
    assert.deepEqual([day.account_number, day.owner_name], [accountNumber, p.owner.name]);
    const csv = await file(`${base}/${accountNumber}/statement.csv?${period()}`);
    assert.match(csv.headers.get('content-disposition'), new RegExp(`"${accountNumber}-${today}-${today}\\.csv"`));
    const wrong = accountNumber.slice(0, -1) + ((Number(accountNumber.at(-1)) + 1) % 10);
    p.refused(await p.operator('GET', `${base}/${wrong}/statement`), 404, 'ledger_account');
  }
  p.refused(await p.merchant('GET', `/v1/accounts/${accountNumber}/statement`, undefined, {}, other.key), 404, 'ledger_account');
  const screen = p.tool('ledger', 'statement', accountNumber, '1', '--lang', 'en');
  assert.ok(screen.startsWith(`account no. ${accountNumber}\naccount     ${account}\n`), screen);
});

test('many accounts are named at once; those that are not there are left out', async () => {
  const ask = (ids) => p.operator('GET', `/v1/ledger/account-names?ids=${ids}`);
  const platform = (await p.made('POST', '/v1/ledger/accounts', { code: 1002, currency: 'USD' })).id;
  const answer = await ask(`${account},acc_0000000000001,${platform}`);
  assert.deepEqual(answer.body.data, [
    { id: account, object: 'account_name', number: accountNumber, code: 2241, name: 'Payable to merchant', name_zh: '应付商户待结算', currency: 'CNY', owner: '番茄小厨 Tomato' },
    { id: platform, object: 'account_name', number: answer.body.data[1].number, code: 1002, name: 'Deposits at the bank', name_zh: '备付金存款', currency: 'USD' }]);
  assert.match(answer.body.data[1].number, /^10\d{19}$/);
  for (const ids of [`${account},`, 'acc', Array(101).fill(account).join()]) { p.refused(await ask(ids), 400, 'field_format', 'ids'); }
  assert.equal((await ask(Array(100).fill(account).join())).body.data.length, 100);
  p.refused(await ask(''), 400, 'field_length', 'ids');
});

test('the PDF shows what the CSV says', async () => {
  const csv = await file(`/v1/ledger/accounts/${account}/statement.csv?${period()}`);
  const zh = pdfText((await file(`/v1/ledger/accounts/${account}/statement.pdf?${period()}`)).bytes);
  for (const word of ['账户对账单', '期初余额', '贷方合计', '107,000.53', account, accountNumber, p.owner.name, sha256(csv.bytes)]) {
    assert.ok(zh.includes(word), `${word} in\n${zh}`);
  }
  assert.match(zh, /第 *1 *页 *共 *1 *页/);
  const en = pdfText((await file(`/v1/accounts/${account}/statement.pdf?${period()}&lang=en`)).bytes);
  assert.match(en, /Account statement[^]*Closing balance/);
});

test('a receipt has both parties, the amount in numerals, and a code that stays', async () => {
  const entries = (await p.made('GET', `/v1/ledger/accounts/${account}/statement?order=oldest`)).data;
  const receipt = await p.made('GET', `/v1/ledger/journals/${entries[1].journal_id}/receipt.json`);
  assert.deepEqual(receipt.parties.map((x) => [x.side, x.account_id, x.amount]),
    [['debit', source, 10700053], ['credit', account, 10700053]]);
  assert.deepEqual([receipt.parties[1].account_number, receipt.parties[1].owner_name], [accountNumber, p.owner.name]);
  assert.equal(receipt.amount_in_chinese, '人民币壹拾万柒仟元零伍角叁分');
  assert.match(receipt.code, /^([0-9a-f]{4}-){3}[0-9a-f]{4}$/);
  const pdf = await file(`/v1/ledger/journals/${entries[1].journal_id}/receipt.pdf`);
  const text = pdfText(pdf.bytes);
  for (const word of ['电子回单', accountNumber, p.owner.name, receipt.amount_in_chinese, receipt.code, entries[1].journal_id]) {
    assert.ok(text.includes(word), `${word} in\n${text}`);
  }
  assert.deepEqual((await file(`/v1/ledger/journals/${entries[1].journal_id}/receipt.pdf`)).bytes, pdf.bytes);
  p.refused(await p.operator('GET', `/v1/ledger/journals/${account}/receipt.pdf`), 404, 'ledger_journal');
});

test('a day is summed up by source; a merchant\'s summary is of the day before the books\' own unless a date is given', async () => {
  const [day] = (await p.made('GET', `/v1/accounts/${account}/daily?${period()}`)).data;
  assert.deepEqual([day.date, day.opening, day.closing, day.entries], [today, 0, sum, 3]);
  assert.deepEqual(day.sources.map((s) => [s.source, s.credit_count, s.credits]), [['api', 3, sum]]);
  const yesterday = (await p.made('GET', `/v1/ledger/daily?merchant_id=${p.owner.id}`)).data;
  assert.ok(yesterday.length >= 2);
  assert.ok(yesterday.every((d) => d.date < today && d.entries === 0));
  const now = (await p.made('GET', `/v1/ledger/daily?merchant_id=${p.owner.id}&date=${today}`)).data;
  assert.equal(now.find((d) => d.account_id === account).credits, sum);
});

test('a wrong period names its field', async () => {
  p.refused(await p.operator('GET', `/v1/ledger/accounts/${account}/statement.csv`), 400, 'field_required', 'from');
  p.refused(await p.operator('GET', `/v1/ledger/accounts/${account}/statement.pdf?from=${today}&to=20200101`), 400, 'field_range', 'to');
  for (const document of ['statement/sums', 'statement.csv', 'statement.pdf']) {
    const of = (query) => p.operator('GET', `/v1/accounts/${account}/${document}?${query}`);
    p.refused(await of(`from=${today}&to=20991231`), 400, 'field_range', 'to');
    p.refused(await of('from_time=2026-01-01T00:00:00Z&to_time=2099-12-31T00:00:00Z'), 400, 'field_range', 'to_time');
  }
});

test('what is too long for a document is refused with both numbers', async () => {
  const many = async (count) => {
    const transfers = Array.from({ length: count }, () => ({
      business_no: ++number,
      legs: [{ account: source, side: 'debit', amount: 1 }, { account, side: 'credit', amount: 1 }],
    }));
    assert.equal((await p.operator('POST', '/v1/ledger/transfers/batch', { transfers })).status, 200);
  };
  await many(5000);
  await many(5000);
  const answer = await p.operator('GET', `/v1/ledger/accounts/${account}/statement.pdf?${period()}`);
  p.refused(answer, 422, 'ledger_statement_long', 'from');
  assert.match(answer.body.error.message, /has 10003 entries, at most 10000$/);
  const sums = await p.made('GET', `/v1/ledger/accounts/${account}/statement/sums?${period()}`);
  assert.deepEqual([sums.entries, sums.credits], [10003, sum + 10000]);
});

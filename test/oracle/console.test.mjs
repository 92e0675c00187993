// The operator's console in a real browser: the books as the API tells them, and a review approved.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Platform, until } from '../scenario/lib.mjs';
import { startBrowser } from './browser.mjs';
import { isWhole, openConsole, put, text, texts } from './console.mjs';

let p, browser, account, number, readerKey;
const adjustment = (no, amount, currency = 'CNY', merchant = p.owner.id) => p.operator('POST', '/v1/adjustments', {
  adjustment_no: no, kind: 'event', event: 'adjustment_credited', reason_code: 'goodwill', merchant_id: merchant,
  currency, amount, reason: '<b>charged</b> too much', evidence: 'doc 7',
});

before(async () => {
  p = await Platform.start({ fundMode: 'collect', conf: { TOMATO_MERCHANT_COLLECT_LICENCE: 'true' } });
  await p.stop();
  readerKey = JSON.parse(p.tool('merchant', 'operator-key', '--permissions', 'ledger:read')).secret;
  await p.serve();
  await p.reviewed(await adjustment('T1', 150000));
  account = (await p.made('GET', '/v1/accounts')).data[0].id;
  number = (await p.made('GET', `/v1/accounts/${account}`)).number;
  await p.made('POST', `/v1/accounts/${account}/freezes`, { effect: 'amount', kind: 'risk', amount: 30000, reason: '<i>odd</i>' });
  const payment = await until(async () => { // not within the second in which the server started
    const answer = await p.create({ amount: 10000 });
    return answer.status === 200 ? answer.body : null;
  }, 'a payment');
  await p.pay(payment);
  await p.reaches(payment, 'succeeded');
  browser = await startBrowser();
});
after(async () => { await browser.end(); await p.end(); });

const open = (hash, options) => openConsole(browser, p, hash, options);

test('a wrong key is refused and not kept', async () => {
  const page = await browser.open(`${p.url}/console?lang=zh`);
  await page.wait(`!document.getElementById('enter').hidden`);
  await page.run(put('#key', 'op_0000000000000_wrong'));
  await page.click('#enter button');
  await page.wait(`!document.getElementById('problem').hidden`);
  assert.match(await page.run(text('#problem')), /auth_/);
  assert.equal(await page.run('sessionStorage.length'), 0);
});

for (const [language, width] of [['en', 1280], ['zh', 375]]) {
  test(`the general ledger is a tree whose sides are equal (${language}, ${width} px)`, async () => {
    const page = await open('books', { language, width });
    const names = { en: ['1 Assets', '2241 Payable to merchant'], zh: ['1 资产', '2241 应付商户待结算'] }[language];
    const codes = await page.run(texts('.tree .code'));
    for (const name of names) { assert.ok(codes.includes(name), codes.join()); }
    assert.deepEqual(await page.run(texts('.side b')), ['1,600.00', '1,600.00']);
    assert.match(await page.run(text('.chip.good:last-child')), /Debits equal credits|借贷平衡/);
    const hidden = `[...document.querySelectorAll('.tree tbody tr')].filter((row) => row.hidden).length`;
    await page.click('.level-1 .fold');
    assert.equal(await page.run(hidden), 1);
    await page.click('.level-1 .fold');
    assert.equal(await page.run(hidden), 0);
    await isWhole(page);
  });

  test(`an account shows what its balance is made of, and each journal (${language}, ${width} px)`, async () => {
    const page = await open(`account/${number}`, { language, width });
    assert.match(await page.run(text('.balance')), /1,599\.40$/);
    assert.deepEqual(await page.run(texts('.legend b')), ['1,200.00', '99.40', '300.00']);
    assert.equal(await page.run(`document.querySelectorAll('.columns .touch').length`), 31);
    assert.match(await page.run(text('.columns .touch:last-child title')), /1,599\.40\n(out|支) 0\.00\n(Closing|期末余额) 1,599\.40$/);
    assert.equal(await page.run(`document.querySelectorAll('.steps:not(.columns) .touch').length`), 2);
    assert.ok((await page.run(texts('td'))).includes('<i>odd</i>'));
    assert.deepEqual((await page.run(texts('button.plain'))).length, 2);
    assert.match((await page.run(texts('td.mono'))).join(), /^pay_\w{13},adj_\w{13}/);
    await page.click('button.plain'); // the newest: the payment
    await page.wait(`document.querySelectorAll('.journal tbody tr').length === 3`);
    assert.deepEqual(await page.run(texts('.journal tbody .money')), ['100.00', '', '', '99.40', '', '0.60']);
    await isWhole(page);
  });
}

test('a double click on an entry shows its journal, and the other entries stay', async () => {
  const page = await open(`account/${account}`);
  await page.run(`{ const button = document.querySelector('button.plain'); button.click(); button.click(); }`);
  await page.wait(`document.querySelectorAll('.journal tbody tr').length > 0`);
  assert.equal(await page.run(`document.querySelectorAll('button.plain').length`), 2);
  await page.click('button.plain');
  await page.wait(`document.querySelector('.journal') === null`);
  assert.equal(await page.run(`document.querySelectorAll('button.plain').length`), 2);
});

test('who may only read the books sees what the books tell, and is told what is refused', async () => {
  const page = await open(`account/${account}`, { key: readerKey });
  assert.match(await page.run(text('.balance')), /1,599\.40$/);
  assert.deepEqual(await page.run(texts('#page h2')), ['Statement']);
  await page.run(`location.hash = 'settlement'`);
  await page.wait(`!document.getElementById('problem').hidden`);
  assert.match(await page.run(text('#problem')), /settle:read auth_permission$/);
});

test('the files of a statement are fetched with the key', async () => {
  const page = await open(`account/${account}`);
  await page.run(`window.saved = []; HTMLAnchorElement.prototype.click = function () { saved.push(this.download); }`);
  await page.run(`[...document.querySelectorAll('button')].filter((b) => ['CSV', 'PDF'].includes(b.textContent)).forEach((b) => b.click())`);
  await page.wait('saved.length === 2');
  assert.deepEqual((await page.run('saved')).map((name) => name.split('.').at(-1)).sort(), ['csv', 'pdf']);
  assert.deepEqual(page.errors(), []);
});

test('a period that ends before it begins is refused on the page', async () => {
  const page = await open(`account/${account}`);
  await page.run(`${put('input[type=date]', '2030-01-02')}; document.querySelectorAll('input[type=date]')[1].value = '2030-01-01'`);
  await page.click('#page form button[type=submit]');
  await page.wait(`document.querySelector('.card .problem') !== null`);
  assert.match(await page.run(text('.card .problem')), /field_/);
});

test('a review is approved by the second click, and leaves the count', async () => {
  const { body: review } = await adjustment('T2', 1500);
  const page = await open('reviews');
  await page.wait(`${text('#waiting')} === '1'`);
  assert.equal(await page.run(text(`#${review.id} h2`)), 'Adjustment · event');
  assert.match(await page.run(text(`#${review.id}`)), /<b>charged<\/b> too much/);
  await page.run(put(`#${review.id} input`, 'seen'));
  assert.ok((await page.run(texts(`#${review.id} dd`))).includes('T2: adjustment_credited'), 'the summary');
  await page.run(`{ const button = document.querySelector('#${review.id} .primary'); button.click(); button.click(); }`);
  await sleep(600); // what a double click would have posted has arrived
  assert.equal((await p.made('GET', `/v1/reviews/${review.id}`)).status, 'pending');
  // At once, before the answer takes the buttons away.
  const disabled = `(() => { const buttons = [...document.querySelectorAll('#${review.id} button')]; buttons[0].click(); return buttons.map((button) => button.disabled); })()`;
  assert.deepEqual(await page.run(disabled), [true, true]);
  await page.wait(`document.getElementById('waiting').hidden`);
  const approved = await p.made('GET', `/v1/reviews/${review.id}`);
  assert.deepEqual([approved.status, approved.first_approval.remark], ['approved', 'seen']);
  assert.equal(await page.run(`document.querySelectorAll('#${review.id} button').length`), 0);
  assert.deepEqual(page.errors(), []);
});

test('an amount has the decimal places the server counts it in', async () => {
  const { body: review } = await adjustment('T4', 123456, 'PKR');
  const page = await open('reviews');
  assert.equal(await page.run(text(`#${review.id} b.money`)), '1,234.56 PKR');
  const table = readFileSync(new URL('../../src/base/currency.def', import.meta.url), 'utf8');
  const currencies = [...table.matchAll(/^CURRENCY\((\w+), \d+, (\d)\)$/gm)].map(([, code, places]) => [code, Number(places)]);
  assert.ok(currencies.length > 150);
  const shown = await page.run(`import('/assets/console/parts.js').then(({ money }) => ${JSON.stringify(currencies)}.map(([code]) => money(12345678, code)))`);
  assert.deepEqual(shown, currencies.map(([, places]) => (12345678 / 10 ** places).toLocaleString('en', { minimumFractionDigits: places, maximumFractionDigits: places })));
  await p.operator('POST', `/v1/reviews/${review.id}/withdraw`, {});
});

test('a review of a freeze leads to its account', async () => {
  const freeze = await p.made('POST', `/v1/accounts/${account}/freezes`, { effect: 'debit_block', kind: 'judicial', reason: 'order', document_no: '(2026)沪01执1号' });
  const { body: review } = await p.operator('POST', `/v1/freezes/${freeze.id}/release`, { reason: 'over' });
  const page = await open('reviews', { language: 'zh' });
  await page.wait(`document.querySelector('#${review.id} a')?.textContent === '2241 应付商户待结算'`);
  assert.deepEqual(await page.run(`{ const link = document.querySelector('#${review.id} a'); [link.title, link.parentNode.textContent] }`), [account, `2241 应付商户待结算 · 番茄小厨 Tomato · ${number}`]);
  assert.match(await page.run(text(`#${review.id} dl`)), /司法 冻结止付/);
  assert.equal(await page.run(text(`#${review.id} h2`)), '司法冻结的解除或扣划');
});

test('what the server refuses is said beside the review', async () => {
  const { body: review } = await adjustment('T3', 1500);
  const page = await open('reviews');
  await p.operator('POST', `/v1/reviews/${review.id}/withdraw`, { remark: 'not needed' });
  await page.click(`#${review.id} .primary`);
  await sleep(600);
  await page.click(`#${review.id} .primary`);
  await page.wait(`document.querySelector('#${review.id} .problem') !== null`);
  assert.equal(await page.run(`document.querySelectorAll('#${review.id} button:disabled').length`), 0);
  assert.match(await page.run(text(`#${review.id} .problem`)), /review_state/);
});

test('an address that names no account says so', async () => {
  const page = await open('days', { language: 'zh' });
  await page.run(`location.hash = 'account/' + encodeURIComponent('../merchants')`);
  await page.wait(`!document.getElementById('problem').hidden`);
  assert.equal(await page.run(text('#problem')), '账户不存在 ledger_account');
});

test('an address that is no encoding is answered all the same', async () => {
  const page = await open('account/%', { language: 'zh' });
  assert.equal(await page.run(text('#problem')), '账户不存在 ledger_account');
  assert.deepEqual(page.errors().filter((e) => e.method === 'Runtime.exceptionThrown'), []);
});

test('an address that names no page says so, with the pages there are', async () => {
  const page = await open('nonsense', { language: 'zh' });
  assert.equal(await page.run(text('#page h1')), '没有这个页面');
  const links = `[...document.querySelectorAll('#page a')].map((link) => link.hash)`;
  assert.deepEqual(await page.run(links), ['#books', '#accounts', '#reviews', '#settlement', '#trades', '#days', '#keys']);
  for (const [hash, title] of [['#constructor', '没有这个页面'], ['#/days', '账务日期'], ['#/x', '没有这个页面'], ['#/', '总账'], ['#/account/%', undefined]]) {
    await page.run(`location.hash = ${JSON.stringify(hash)}`);
    await page.wait(title ? `${text('#page h1')} === '${title}'` : `!document.getElementById('problem').hidden`);
  }
  assert.equal(await page.run('document.getElementById("tabs").hidden'), false);
  assert.deepEqual(page.errors().filter((e) => e.method === 'Runtime.exceptionThrown'), []);
});

test('of the settlements those of the status chosen last are shown, or what went wrong', async () => {
  const page = await open('settlement');
  const choose = (status) => page.run(`{ const select = document.querySelector('#page select'); select.value = '${status}'; select.dispatchEvent(new Event('change')); }`);
  const row = (status) => ({ account: 'acc_0000000000000', settle_date: 20260101, amount: 1, fee: 0, currency: 'CNY', mode: 'automatic', status });
  await page.run(`window.answers = {}; window.fetch = async (path) => (path.includes('/account-names') ? Response.json({ data: [] })
    : new Promise((good, bad) => { answers[path.match(/status=(\\w+)/)[1]] = { good, bad }; }))`);
  const answer = (status) => page.run(`answers.${status}.good(Response.json({ data: [${JSON.stringify(row(status))}], has_more: false }))`);
  for (const status of ['paid', 'returned']) { await choose(status); }
  for (const status of ['returned', 'paid']) { await answer(status); }
  await sleep(100); // what came too late would be shown by now
  assert.deepEqual(await page.run(texts('section:last-child .chip')), ['returned']);
  assert.deepEqual(await page.run(texts('section:last-child tbody td:nth-child(-n+4)')), ['2026-01-01', '0.01', '0.00', 'CNY']);
  await choose('waiting');
  await page.run(`answers.waiting.bad(new TypeError())`);
  await page.wait(`${text('section:last-child .problem')}?.trim() === 'The server does not answer.'`);
  assert.deepEqual(page.errors(), []);
});

test('an adjustment leads to its journal', async () => {
  const page = await open('trades');
  await page.click('a[href^="#journal/"]');
  await page.wait(`document.querySelectorAll('#page tbody tr').length === 2 && location.hash.startsWith('#journal/')`);
  assert.deepEqual(await page.run(texts('#page tbody a')), ['6711 Other expense', '2241 Payable to merchant']);
});

test('what an account would not take is listed with the reason', async () => {
  const block = await p.made('POST', `/v1/accounts/${account}/freezes`, { effect: 'credit_block', kind: 'risk', reason: 'odd' });
  const payment = await p.created({ amount: 5000 });
  await p.pay(payment);
  await p.reaches(payment, 'succeeded');
  await until(async () => (await p.made('GET', '/v1/ledger/pending-entries?status=parked')).data.length === 1, 'the entry to be parked');
  const page = await open('accounts', { language: 'zh' });
  assert.match(await page.run(text('section:last-child h2')), /: 1$/);
  assert.deepEqual(await page.run(texts('section:last-child tbody a')), ['2241 应付商户待结算', 'ledger_credit_blocked']);
  assert.equal(await page.run(text('section:last-child tbody .money:nth-of-type(3)')), '49.70');
  await p.made('POST', `/v1/freezes/${block.id}/release`, { reason: 'over' });
  await isWhole(page);
});

for (const hash of ['accounts', 'accounts/platform', 'reviews/approved', 'settlement', 'trades', 'days', 'keys']) {
  test(`${hash} has rows, in either language`, async () => {
    const page = await open(hash, { width: 375 });
    assert.ok(await page.run(`document.querySelectorAll('#page tbody tr, #page article').length`) > 0);
    await page.click('#language');
    await page.wait(`document.documentElement.lang === 'zh-CN' && document.querySelector('#page h1') !== null`);
    assert.match(await page.run(text('#page h1')), /[账复结交密]/);
    await isWhole(page);
  });
}

test('amounts and sums beyond 2^53 are shown to the last digit', async () => {
  const most = 10 ** 14; // of one adjustment
  for (let i = 0; i < 91; i++) {
    const { body: large } = await adjustment(`L${i}`, most, 'USD');
    for (const number of [0, 1]) { await p.checker('POST', `/v1/reviews/${large.id}/approve`, {}, number); }
  }
  await p.reviewed(await adjustment('L', 1, 'USD'));
  const whole = '91,000,000,000,000.01';
  const page = await open('books');
  assert.deepEqual(await page.run(texts('section:last-child .side b')), [whole, whole]);
  await page.run(`location.hash = 'accounts'`);
  await page.wait(`document.querySelector('#page td .bar') !== null`);
  assert.ok((await page.run(texts('td.money'))).includes(whole));
  const link = `[...document.querySelectorAll('#page tbody tr')].find((row) => row.textContent.includes('2241') && row.textContent.includes('USD')).querySelector('a')`;
  await page.run(`${link}.click()`);
  await page.wait(`document.querySelectorAll('.steps').length === 2`);
  assert.ok((await page.run(text('.steps:not(.columns) + figcaption'))).includes(`0.00 … ${whole}`));
  assert.ok((await page.run(text('.columns .touch:last-child title'))).endsWith(`Closing ${whole}`));
  const { body: review } = await adjustment('T8', most, 'USD');
  await page.run(`location.hash = 'reviews'`);
  await page.wait(`${text(`#${review.id} b.money`)} === '1,000,000,000,000.00 USD'`);
  assert.match(await page.run(text(`#${review.id} pre`)), /"amount": 100000000000000,?\n/);
  await p.operator('POST', `/v1/reviews/${review.id}/withdraw`, {});
  assert.deepEqual(page.errors(), []);
});

test('of a statement the period asked for last is shown, whatever is answered last', async () => {
  const page = await open(`account/${account}`);
  await page.run(`window.answers = {}; window.fetch = (path) => new Promise((good) => { answers[path.match(/from=(\\d+)/)[1]] = good; })`);
  const ask = async (date) => {
    await page.run(put('#page input[type=date]', date));
    await page.click('#page form button[type=submit]');
  };
  const entry = (reference) => ({ account_id: account, journal_id: 'jrn_0000000000000', side: 'credit', amount: 1, balance: 1, sequence: 1, business_date: 20260101, source: 'payment', operation: 'succeeded', reference, created_at: '2026-01-01T00:00:00.000Z' });
  const answer = (date, reference) => page.run(`answers[${date}](Response.json({ data: [${JSON.stringify(entry(reference))}], has_more: false }))`);
  for (const date of ['2026-01-01', '2026-02-01']) { await ask(date); }
  await answer(20260201, 'newer');
  await page.wait(`${text('#page td.mono')} === 'newer'`);
  await answer(20260101, 'older');
  await sleep(100); // what came too late would be shown by now
  assert.equal(await page.run(text('#page td.mono')), 'newer');
  assert.deepEqual(page.errors(), []);
});

test('a count of reviews that was asked for earlier does not replace a later one', async () => {
  const page = await open('days');
  await page.run(`window.answers = []; window.fetch = () => new Promise((good) => { answers.push(good); })`);
  await page.run(`import('/assets/console/reviews.js').then(({ countWaiting }) => { countWaiting(); countWaiting(); })`);
  const answer = (i, count) => page.run(`answers[${i}](Response.json({ data: ${JSON.stringify(Array(count).fill({}))}, has_more: false }))`);
  await answer(1, 2);
  await page.wait(`${text('#waiting')} === '2'`);
  await answer(0, 3);
  await sleep(100);
  assert.equal(await page.run(text('#waiting')), '2');
});

test('an operator who may not read reviews is not shown the count of the one before', async () => {
  const { body: review } = await adjustment('T10', 1500);
  const page = await open('days');
  await page.wait(`!document.getElementById('waiting').hidden`);
  await page.click('#leave');
  await page.run(put('#key', readerKey));
  await page.click('#enter button');
  await page.wait(`document.querySelector('#page h1') !== null`);
  assert.equal(await page.run(`document.getElementById('waiting').hidden`), true);
  await p.operator('POST', `/v1/reviews/${review.id}/withdraw`, {});
});

test('the owner of an account has a name however many merchants there are', async () => {
  let newest;
  for (let i = 0; i < 101; i++) { newest = await p.made('POST', '/v1/merchants', { merchant_no: `N${i}`, name: `N ${i}`, fund_mode: 'collect' }); }
  await p.reviewed(await adjustment('T11', 1500, 'CNY', newest.id));
  const page = await open('accounts');
  const owners = await page.run(texts('#page tbody td small'));
  assert.ok(owners.some((one) => /^N 100 10\d{19}$/.test(one)) && owners.includes(`番茄小厨 Tomato ${number}`), owners.join());
  const { data: [own] } = await p.made('GET', `/v1/ledger/accounts?merchant_id=${newest.id}`);
  await page.run(`location.hash = 'account/${own.id}'`);
  await page.wait(`document.querySelector('#page dd')?.textContent === 'N 100'`);
  await page.click('button.plain');
  await page.wait(`document.querySelectorAll('.journal tbody tr').length > 0`);
  assert.ok((await page.run(texts('.journal tbody td small'))).some((one) => one.startsWith('N 100 ')));
  await page.run(`location.hash = 'accounts/${newest.id}'`);
  await page.wait(`document.querySelector('#page select')?.selectedOptions[0].textContent === 'N 100'`);
  assert.match(owners[2], /^mock 10\d{19}$/);
  await isWhole(page);
});

test('an operator’s key is asked for, approved, rotated by its own operator and revoked', async () => {
  const field = (i, value) => `document.querySelectorAll('.fields input')[${i}].value = ${JSON.stringify(value)}`;
  const secret = (page) => page.run(text('.secret code'));
  const row = (id) => `document.getElementById(${JSON.stringify(id)})`;
  const press = (name, id) => `[...${row(id)}.querySelectorAll('button')].find((button) => button.textContent === '${name}').click()`;
  const decide = async (page, id) => {
    const button = `${row(id)}.nextElementSibling.querySelector('.primary')`;
    await page.run(`${button}.click()`);
    await sleep(600);
    await page.run(`${button}.click()`);
  };
  const page = await open('keys');
  await page.run([field(0, 'Zhao'), field(3, 'new colleague'), `document.querySelector('.fields + details').open = true`].join(';'));
  for (const one of ['ledger:read', 'operator:read', 'review:read']) {
    await page.run(`[...document.querySelectorAll('button.chip')].find((chip) => chip.textContent === '${one}').click()`);
  }
  assert.equal(await page.run(`document.querySelectorAll('.fields input')[1].value`), 'ledger:read operator:read review:read');
  await page.click('.fields button');
  await page.wait(`document.querySelector('.secret') !== null`);
  const first = await secret(page);
  const id = first.split('_').slice(0, 2).join('_');
  const review = await page.run(text('.secret a'));
  assert.equal((await p.operator('POST', `/v1/reviews/${review}/approve`, {})).body.status, 'approved');

  const own = await open('keys', { language: 'zh', key: first });
  assert.equal(await own.run('document.querySelector(".secret")'), null);
  assert.ok((await own.run(`${row(id)}.textContent`)).includes('Zhao') && (await own.run(`${row(id)}.textContent`)).includes('当前'));
  const others = p.operatorKey.split('_').slice(0, 2).join('_');
  assert.deepEqual(await own.run(`[...${row(others)}.querySelectorAll('button')].map((button) => button.textContent)`), ['吊销']);
  await own.run(press('轮换', id));
  await decide(own, id);
  await own.wait(`document.querySelector('.secret') !== null`);
  const second = await secret(own);
  assert.equal((await p.request('GET', '/v1/ledger/days', undefined, { Authorization: `Bearer ${second}` })).status, 200);
  await own.wait(`[...document.querySelectorAll('#page section:last-child tbody tr td:nth-child(2)')][0]?.textContent === '轮换'`);
  assert.equal(await own.run(`document.querySelector('#page section:last-child tbody td:nth-child(6)').textContent`), 'Zhao');
  assert.ok(await own.run(`document.querySelector('.secret') !== null`), 'the secret stays');
  assert.deepEqual(own.errors(), []);

  const next = second.split('_').slice(0, 2).join('_');
  await page.run(`location.hash = 'days'`);
  await page.wait(`${text('#page h1')} === 'Days'`);
  await page.run(`location.hash = 'keys'`);
  await page.wait(`${row(next)} !== null`);
  assert.equal(await page.run('document.querySelector(".secret")'), null, 'the secret is shown once');
  await page.run(press('Revoke', next));
  await page.run(`${row(next)}.nextElementSibling.querySelector('input').value = 'has left'`);
  await decide(page, next);
  await page.wait(`${row(next)}.textContent.includes('revoked')`);
  assert.equal((await p.request('GET', '/v1/ledger/days', undefined, { Authorization: `Bearer ${second}` })).body.error.code, 'auth_key_revoked');
  await isWhole(page);
});

test('what is refused of a key is said beside it, and who may read no keys may rotate his own', async () => {
  const page = await open('keys');
  for (const [i, value] of [[0, 'Zhao'], [1, 'everything'], [3, 'a test']]) { await page.run(`document.querySelectorAll('.fields input')[${i}].value = '${value}'`); }
  await page.click('.fields button');
  await page.wait(`document.querySelector('[name=permissions][aria-invalid] + .wrong') !== null`);
  assert.match(await page.run(text('[name=permissions] + .wrong')), /required format/);
  assert.equal(await page.run(`document.querySelectorAll('.fields input')[0].value`), 'Zhao', 'what was typed stays');
  const reader = await open('keys', { key: readerKey });
  assert.deepEqual(await reader.run(texts('#page button.plain')), ['Rotate', 'Revoke']);
  assert.equal(await reader.run(`document.querySelectorAll('form.fields, #page section').length`), 1);
});

test('an account without money of its own has no more than its credit line to show', async () => {
  const deposit = await p.made('POST', '/v1/accounts', { merchant_id: p.owner.id, type: 'deposit', currency: 'CNY' });
  await p.reviewed(await p.operator('POST', `/v1/accounts/${deposit.id}/credit-line`, { credit_line: 50000, reason: 'season' }));
  const page = await open(`account/${deposit.id}`);
  assert.equal(await page.run(`document.querySelector('.bar').getAttribute('aria-label')`), 'Credit line 500.00');
  const fill = await page.run(`getComputedStyle(document.querySelector('.bar .credit-line')).fill`);
  assert.equal(fill, await page.run(`getComputedStyle(document.querySelector('.legend .credit-line')).backgroundColor`));
  assert.deepEqual(await page.run(texts('.legend b')), ['500.00', '0.00', '0.00', '500.00']);
});

test('where nothing is, it is said what would be', async () => {
  const page = await open('reviews/expired', { language: 'zh' });
  assert.equal((await page.run(text('.cards .soft'))).trim(), '没有记录。');
  await page.run(`location.hash = 'accounts/mer_0000000000001'`);
  await page.wait(`${text('#page section .soft')}?.includes('首笔支付或接口开户后出现')`);
  assert.equal(await page.run(`document.querySelector('#page select').value`), 'mer_0000000000001', 'not all accounts');
});

test('signing out forgets the key', async () => {
  const page = await open('accounts');
  await page.click('#leave');
  assert.equal(await page.run('sessionStorage.length'), 0);
  assert.equal(await page.run(`document.getElementById('page').childElementCount`), 0);
  assert.equal(await page.run(`document.getElementById('enter').hidden`), false);
});

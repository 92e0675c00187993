// tomato ledger … as an accountant types it: help, wrong arguments, languages, and a damaged file.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build, Platform } from './lib.mjs';

let p, account;

function ledger(args, env = {}) {
  const run = spawnSync(join(build, 'tomato'), ['ledger', ...args], { env: { ...p.env, ...env }, encoding: 'utf8' });
  return { status: run.status, out: run.stdout, problem: run.stderr };
}

before(async () => {
  p = await Platform.start({ simSpeed: 100 });
  account = await p.made('POST', '/v1/accounts', { merchant_id: p.owner.id, type: 'settlement', currency: 'CNY' });
  p.days = (await p.made('GET', '/v1/ledger/days')).data;
});
after(() => p.end());

test('help needs no database and makes nothing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tomato-test-'));
  const none = { TOMATO_DATA_DIR: join(folder, 'none'), TOMATO_STORE_URL: '' };
  for (const args of [['--help'], ['prove', '--help'], ['statement', 'x', '--help']]) {
    const help = ledger(args, none);
    assert.equal(help.status, 0, help.problem);
    assert.match(help.out, /^usage: tomato ledger COMMAND/);
  }
  assert.equal(ledger([], none).status, 2);
  const missing = ledger(['prove'], none);
  assert.equal(missing.status, 1);
  assert.match(missing.problem, /the data file cannot be read: .*none\/tomato\.db: No such file or directory/);
  assert.equal(existsSync(join(folder, 'none')), false);
  rmSync(folder, { recursive: true });
});

test('a wrong argument is named', () => {
  const wrong = [
    [['prove', 'abc'], 'no date as yyyymmdd: abc'],
    [['prove', '20260230'], 'no date as yyyymmdd: 20260230'],
    [['trial-balance', '29991231'], 'this date has not come yet: 29991231'],
    [['days', '0'], 'no number from 1 to 100000: 0'],
    [['statement', account.number, 'x'], 'no number from 1 to 100000: x'],
    [['statement', account.number, '20261130', '20261101', '--csv', '-'], 'is before the first date: 20261101'],
    [['statement', account.number, '20261101', '20261130', '--xls', '-'], 'must be --csv or --pdf: --xls'],
    [['export', '20261130', '20261101'], 'is before the first date: 20261101'],
    [['days', '--lang', 'fr'], '--lang takes zh or en: fr'],
    [['nothing'], 'there is no command nothing; see tomato ledger --help'],
  ];
  for (const [args, problem] of wrong) {
    const run = ledger(args);
    assert.equal(run.status, 2, args.join(' '));
    assert.ok(run.problem.startsWith(`tomato ledger: ${problem}\n`), run.problem);
    assert.equal(run.out, '');
  }
  assert.match(ledger(['nothing', '--lang', 'zh']).problem, /^tomato ledger: 没有 nothing 命令/);
  const none = ledger(['--lang', 'en']);
  assert.deepEqual([none.status, none.problem.split('\n')[0]], [2, 'usage: tomato ledger COMMAND [--lang zh|en]']);
  const many = ledger(['prove', '20261101', '20261102']);
  assert.deepEqual([many.status, many.problem], [2, 'usage: tomato ledger prove [DATE]\n']);
  const unwritable = ledger(['statement', account.id, '20261101', '20261130', '--csv', '/nowhere/x.csv']);
  assert.deepEqual([unwritable.status, unwritable.problem.split('\n')[0]],
    [1, 'tomato ledger: /nowhere/x.csv: No such file or directory']);
  for (const nobody of ['acc_0000000000001', '102026112300000009999', 'x']) {
    const run = ledger(['statement', nobody]);
    assert.deepEqual([run.status, run.problem], [1, 'tomato ledger: there is no such account (ledger_account)\n']);
  }
});

test('what cannot be printed whole has failed and says so', () => {
  const full = openSync('/dev/full', 'w');
  const [{ date }] = p.days;
  for (const args of [['prove'], ['trial-balance'], ['days'], ['statement', account.number], ['export', String(date)],
    ['statement', account.number, String(date), String(date), '--csv', '-']]) {
    const run = spawnSync(join(build, 'tomato'), ['ledger', ...args],
      { env: p.env, encoding: 'utf8', stdio: ['ignore', full, 'pipe'] });
    assert.deepEqual([run.status, run.stderr], [1, 'tomato ledger: standard output: No space left on device\n'], args.join(' '));
  }
  closeSync(full);
});

test('the language is that of --lang, else of the locale', () => {
  assert.match(ledger(['days']).out, /^date +status/);
  assert.match(ledger(['days', '--lang', 'zh']).out, /^日期 +状态/);
  assert.match(ledger(['days'], { LC_ALL: 'zh_CN.UTF-8' }).out, /^日期 +状态/);
  assert.match(ledger(['days', '--lang', 'en'], { LC_ALL: 'zh_CN.UTF-8' }).out, /^date +status/);
  assert.equal(ledger(['statement', 'x', '--lang', 'zh']).problem, 'tomato ledger: 账户不存在 (ledger_account)\n');
  const paper = (env) => ledger(['statement', account.number, '20261101', '20261130', '--csv', '-'], env).out;
  assert.ok(paper({}).startsWith(`账号,${account.number}`));
  assert.ok(paper({ LC_ALL: '', LC_MESSAGES: '', LANG: 'en_GB.UTF-8' }).startsWith(`Account no.,${account.number}`));
});

test('an account without entries has a statement that says so', () => {
  const run = ledger(['statement', account.number]);
  assert.equal(run.status, 0);
  assert.match(run.out, /balance +CNY 0\.00\n\nno entries yet\n$/);
});

test('a tool that changes something says that a server runs', () => {
  const run = spawnSync(join(build, 'tomato'), ['merchant', 'operator-key'], { env: p.env, encoding: 'utf8' });
  assert.equal(run.status, 1);
  assert.match(run.stderr, /another writer holds the lease.*\ntomato: a server runs on it; use its API, or stop it first\n/);
});

test('a database of an earlier version is said to be one', async () => {
  await p.stop();
  p.sql('ALTER TABLE ledger_pending RENAME COLUMN refusal TO refused');
  const run = ledger(['days']);
  p.sql('ALTER TABLE ledger_pending RENAME COLUMN refused TO refusal');
  assert.equal(run.status, 1);
  assert.match(run.problem, /^tomato: the database cannot be opened: .*refusal.*\ntomato: it is of another version; tomato serve of this one brings it up to date\n/);
  assert.equal(ledger(['days']).status, 0);
});

// The last: the file stays damaged. A server of the MySQL protocol checks its pages itself.
if (process.env.TOMATO_TEST_STORE !== 'mysql') test('a data file that lacks an entry of an index is found and named', async () => {
  await p.stop();
  assert.match(ledger(['prove']).out, /^the data file is sound\n/);
  p.sql("CREATE INDEX less ON ledger_account (code) WHERE id < 0; PRAGMA writable_schema = 1;"
    + "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'less')"
    + " WHERE type = 'index' AND tbl_name = 'ledger_account' AND name <> 'less';"
    + "DELETE FROM sqlite_schema WHERE name = 'less'");
  const run = ledger(['prove']);
  assert.equal(run.status, 3, run.problem);
  assert.match(run.out, /^WRONG: the data file is damaged: table ledger_account: .*missing from index/);
  assert.match(ledger(['prove', '--lang', 'zh']).out, /^错误:数据文件已损坏:table ledger_account/);
});

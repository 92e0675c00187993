// Accounts with their balances; one account with its statement, freezes and history.
import { download, get, getIfAny, ifAny, turns } from './api.js';
import { accountNames, legHeads, operatorNames } from './names.js';
import { bar, busy, cellMoney, chip, columns, dateNumber, dateText, facts, least, legend, list, make, money, problem, refusalLink, section, state, steps, table, timeCell, timeText } from './parts.js';
import { adjustmentsOf } from './vouchers.js';
import { eventOf, languageName, nameOf, w } from './words.js';

// What a balance is made of. Accounts without a floor reserve nothing.
function parts(account) {
  const line = account.has_floor ? -account.floor : 0n;
  const kept = account.awaited > 0n ? account.posted + line - account.held - account.immature - account.available : 0n;
  return [
    { name: w().available, value: account.available, class: 'available' },
    { name: w().immature, value: account.immature, class: 'immature' },
    { name: w().held, value: account.held, class: 'held' },
    ...(kept > 0n ? [{ name: w().kept, value: kept, class: 'held' }] : []),
    ...(line > 0 ? [{ name: w().creditLine, value: line, class: 'credit-line' }] : []),
  ];
}

// The credit line is a part of what is available: the bar shows it beside the account's own money.
function barOf(account, height) {
  const whole = parts(account);
  const line = whole.find((part) => part.class === 'credit-line');
  const own = whole.find((part) => part.class === 'available');
  if (line) {
    line.value = least([line.value, own.value]);
    own.value -= line.value;
  }
  return bar(whole, (value) => money(value, account.currency), height);
}

const marks = (account) => [
  account.status === 'closed' && chip(w().closed), account.credit_blocks > 0 && chip(w().blocks.credit, 'bad'), account.debit_blocks > 0 && chip(w().blocks.debit, 'bad'),
  account.deferred && chip(w().deferred, 'soon'), account.pending > 0 && chip(`${w().pendingEntries}: ${account.pending}`, 'soon'),
].filter(Boolean);

// ---- the list ----

function finder() {
  const input = make('input', { type: 'search', placeholder: w().find, 'aria-label': w().find, spellcheck: 'false', autocomplete: 'off' });
  return make('form', { class: 'line', onsubmit: (event) => {
    event.preventDefault();
    const name = input.value.trim();
    if (name) location.hash = `${name.startsWith('mer_') ? 'accounts' : 'account'}/${encodeURIComponent(name)}`;
  } }, input, make('button', { type: 'submit' }, w().go));
}

// The first merchants, and the one whose accounts are shown.
async function ownerSelect(owner) {
  const page = await getIfAny('/v1/merchants', { limit: 100 });
  const names = new Map((page?.data ?? []).map((one) => [one.id, one.name]));
  if (owner && owner !== 'platform' && !names.has(owner)) names.set(owner, (await getIfAny(`/v1/merchants/${encodeURIComponent(owner)}`))?.name ?? owner);
  const option = ([value, text]) => make('option', { value, selected: value === owner }, text);
  const select = make('select', { 'aria-label': w().owner, onchange: () => { location.hash = `accounts${select.value && `/${select.value}`}`; } },
    [['', w().everyone], ['platform', w().platform], ...names].map(option));
  return select;
}

// What an account would not take, and somebody has to look at: the oldest ones.
async function parked(known) {
  const { data, has_more } = await get('/v1/ledger/pending-entries', { status: 'parked', limit: 50 });
  if (!data.length) return null;
  await known.learn(data.map((entry) => entry.account_id));
  return section(`${w().parked}: ${data.length}${has_more ? '+' : ''}`,
    table([...legHeads(), [w().reason], [w().time]], data.map((entry) => [
      ...known.legCells(entry), make('td', {}, refusalLink(entry.refusal)), timeCell(entry.created_at)])));
}

export async function accounts(owner = '') {
  const known = accountNames();
  const terms = owner === 'platform' ? { platform: true } : { merchant_id: owner };
  const page = known.learned((cursor) => get('/v1/ledger/accounts', { ...terms, limit: 100, starting_after: cursor }), (one) => one.id);
  return [
    make('div', { class: 'line' }, make('h1', {}, w().accounts), await ownerSelect(owner), finder()),
    section('', await list(page, (seen) => table([[w().account], [w().balance, 'money'], [''], ['', 'wide'], [w().available, 'money'], ['']], seen.map((account) => [
      known.cell(account.id), cellMoney(account.posted, account.currency), account.currency,
      make('td', { class: 'wide' }, barOf(account)), cellMoney(account.available, account.currency), make('td', { class: 'text' }, ...marks(account)),
    ]), { hint: w().hints.accounts }))),
    await parked(known),
  ];
}

// ---- one account ----

async function legs(id, known) {
  const { entries, event } = await get(`/v1/ledger/journals/${id}`);
  await known.learn(entries.map((entry) => entry.account_id));
  const receipt = busy(w().receipt, () => download(`/v1/ledger/journals/${id}/receipt.pdf`, { lang: languageName() }).catch((error) => receipt.replaceWith(problem(error))));
  return [
    make('div', { class: 'line' }, make('b', {}, w().journal), make('code', {}, id), event ? chip(eventOf(event)) : null, chip(`${nameOf(entries[0].source)} · ${nameOf(entries[0].operation)}`), timeText(entries[0].created_at), receipt),
    table(legHeads(), entries.map(known.legCells)),
    await adjustmentsOf(id),
  ];
}

const journalRow = async (id, width, known) => make('tr', { class: 'journal' }, make('td', { colspan: width }, make('div', { class: 'below' }, await legs(id, known))));
export const journal = async (id) => [make('h1', {}, w().journal), section('', await legs(encodeURIComponent(id), accountNames()))];

function entryRow(entry, currency, known) {
  let below = null; // the journal, once shown
  let loading = false;
  const button = make('button', { type: 'button', class: 'plain', 'aria-expanded': 'false', onclick: toggle }, `${nameOf(entry.source)} · ${nameOf(entry.operation)}`);
  const row = make('tr', {}, timeCell(entry.created_at), make('td', { class: 'money' }, String(entry.sequence)),
    make('td', {}, button),
    make('td', { class: 'mono' }, entry.reference), cellMoney(entry.side === 'debit' ? entry.amount : null, currency),
    cellMoney(entry.side === 'credit' ? entry.amount : null, currency), cellMoney(entry.balance, currency));
  async function toggle() {
    if (loading) return;
    loading = true;
    if (below) {
      below.remove();
      below = null;
    } else {
      below = await journalRow(entry.journal_id, row.cells.length, known).catch((error) => make('tr', {}, make('td', { colspan: row.cells.length }, problem(error))));
      row.after(below);
    }
    button.setAttribute('aria-expanded', below !== null);
    loading = false;
  }
  return row;
}

async function statement(account, known, period) {
  const path = `/v1/ledger/accounts/${account.id}/statement`;
  const changeOf = (entry) => (entry.side === account.side ? entry.amount : -entry.amount);
  return list((cursor) => get(path, { ...period, limit: 100, starting_after: cursor }), (seen) => make('div', {},
    seen.length > 0 && steps(seen.toReversed().map((entry) => ({ ...entry, change: changeOf(entry) })), account.currency),
    table([[w().time], [w().sequence, 'money'], [w().what], [w().reference], [w().debit, 'money'], [w().credit, 'money'], [w().balance, 'money']],
      seen.map((entry) => entryRow(entry, account.currency, known)), { hint: w().hints.statement })));
}

const DAILY_MAX = 100000; // the days of an account with more entries take the server too long to be shown unasked
// The 31 days up to the books' own.
async function daily(account, today) {
  const to = dateText(today);
  const from = new Date(Date.parse(to) - 30 * 86400e3).toISOString().slice(0, 10);
  const { data } = await get(`/v1/ledger/accounts/${account.id}/daily`, { from: dateNumber(from), to: today });
  const [up, down] = account.side === 'credit' ? ['credits', 'debits'] : ['debits', 'credits'];
  return columns(data.map((day) => ({ date: day.date, in: day[up], out: day[down], closing: day.closing })), account.currency);
}

// The statement of a period, or the newest entries as long as none is asked for.
async function statementSection(account, known, today) {
  const days = account.entries > 0 && account.entries <= DAILY_MAX && await daily(account, today);
  const node = make('div', {}, await statement(account, known, {}));
  const first = make('input', { type: 'date', 'aria-label': w().from, value: `${dateText(today).slice(0, 8)}01` });
  const last = make('input', { type: 'date', 'aria-label': w().to, value: dateText(today) });
  const period = () => ({ from: dateNumber(first.value), to: dateNumber(last.value) });
  const wrong = make('div');
  const choosing = turns();
  async function choose(event) {
    event.preventDefault();
    wrong.replaceChildren();
    const isNewest = choosing();
    const shown = await statement(account, known, period()).catch(problem);
    if (isNewest()) node.replaceChildren(shown);
  }
  const file = (kind) => () => {
    wrong.replaceChildren();
    return download(`/v1/ledger/accounts/${account.id}/statement.${kind}`, { ...period(), lang: languageName(), ...(kind === 'csv' ? { bom: true } : {}) })
      .catch((error) => wrong.replaceChildren(problem(error)));
  };
  return section(w().statement,
    make('form', { class: 'line', onsubmit: choose },
      make('label', {}, w().from, first), make('label', {}, w().to, last), make('button', { type: 'submit' }, w().show),
      busy(w().csv, file('csv')), busy(w().pdf, file('pdf'))),
    wrong, days, node);
}

const freezeTable = (freezes, currency) => table([[w().effect], [w().kind], [w().amount, 'money'], [w().left, 'money'], [w().status], [w().reason], [w().document], [w().until]],
  freezes.map((freeze) => {
    const sum = freeze.effect === 'amount';
    return [nameOf(freeze.effect), nameOf(freeze.kind), cellMoney(sum ? freeze.amount : null, currency), cellMoney(sum ? freeze.amount - freeze.captured - freeze.released : null, currency),
      make('td', {}, state(freeze.status, w().freezeStates)), make('td', { class: 'text' }, freeze.reason ?? ''), freeze.document_no ?? '', timeCell(freeze.expires_at)];
  }), { hint: w().hints.freezes });

const holdCells = ({ hold: id, hold_step: hold }, currency) => {
  const sum = hold?.effect === 'amount';
  return [hold ? `${nameOf(hold.kind)} · ${nameOf(hold.effect)}` : '', cellMoney(sum ? hold.amount : null, currency), cellMoney(sum ? hold.left : null, currency), hold?.document_no ?? '', make('td', { class: 'mono' }, id ?? '')];
};
const historyTable = (currency, nameOfOperator) => (changes) => table([[w().sequence, 'money'], [w().time], [w().what], [w().freezes], [w().amount, 'money'], [w().left, 'money'], [w().document], [w().id], [w().reason], [w().maker]], changes.map((change) => [
  make('td', { class: 'money' }, String(change.number)), timeCell(change.created_at), nameOf(change.action), ...holdCells(change, currency),
  make('td', { class: 'text' }, change.reason ?? ''), change.operator_id ? nameOfOperator(change.operator_id) : w().platform]));

const ruleText = (rule) => rule && `${nameOf(rule.cycle)} ${rule.cycle_days} · ${w().maturesAfter} T+${rule.reserve_days} · ${nameOf(rule.mode)} · ${w().next} ${dateText(rule.next_date)}`;

// A number is the same account as an id.
const idOf = async (name) => (/^acc_\w+$/.test(name) ? name : (await get(`/v1/accounts/${encodeURIComponent(name)}`)).id);

export async function account(name) {
  const id = await idOf(name);
  const known = accountNames();
  const [one, people, newest, rule, nameOfOperator] = await Promise.all([get(`/v1/ledger/accounts/${id}`), getIfAny(`/v1/accounts/${id}`),
    get('/v1/ledger/days', { limit: 1 }), getIfAny(`/v1/accounts/${id}/settlement-rule`), operatorNames()]);
  await known.learn([id]);
  const today = newest.data[0]?.date ?? dateNumber(timeText(Date.now()).slice(0, 10));
  const [entries, freezes, history] = await Promise.all([
    statementSection(one, known, today),
    ifAny(list((cursor) => get(`/v1/accounts/${id}/freezes`, { limit: 20, starting_after: cursor }), (seen) => freezeTable(seen, one.currency))),
    people && ifAny(list((cursor) => get(`/v1/accounts/${id}/history`, { limit: 20, starting_after: cursor }), historyTable(one.currency, nameOfOperator))),
  ]);
  return [
    make('div', { class: 'line' }, make('h1', {}, known.title(id)), ...marks(one)),
    make('section', { class: 'card' }, make('p', { class: 'balance' }, make('small', {}, `${w().balance} ${one.currency}`), money(one.posted, one.currency)), barOf(one, 18), legend(parts(one), one.currency),
      facts([[w().owner, known.owner(id)], [w().number, known.number(id) && make('span', { class: 'mono' }, known.number(id))], [w().id, make('span', { class: 'mono' }, id)],
        [w().maturities, one.maturities.map((item) => `${dateText(item.date)} ${money(item.amount, one.currency)}`).join(' · ')], [w().opened, timeText(one.created_at)], [w().remark, people?.remark], [w().rule, ruleText(rule)]])),
    entries, freezes && section(w().freezes, freezes), history && section(w().history, history),
  ];
}

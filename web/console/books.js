// The general ledger of a date as a tree, and the days with their seals.
import { get, getIfAny } from './api.js';
import { bar, cellMoney, chip, codeName, dateNumber, dateText, list, magnitude, make, money, most, section, state, sum, table, timeCell } from './parts.js';
import { w } from './words.js';

// ---- the tree ----

const isUnder = (code, above) => code !== above && String(code).startsWith(String(above));

function tree(rows) {
  const lines = new Map();
  const folded = new Set();
  const show = () => {
    for (const [code, line] of lines) line.hidden = [...folded].some((above) => isUnder(code, above));
  };
  function toggle(code, button) {
    const open = folded.has(code);
    if (open) folded.delete(code); else folded.add(code);
    button.setAttribute('aria-expanded', open);
    show();
  }
  for (const row of rows) {
    const sign = row.leaf ? make('span', { class: 'fold' })
      : make('button', { type: 'button', class: 'fold', 'aria-expanded': 'true', 'aria-label': `${w().fold} ${row.code}`, onclick: (event) => toggle(row.code, event.currentTarget) });
    lines.set(row.code, make('tr', { class: `level-${row.level}` }, make('td', { class: 'code' }, sign, codeName(row)),
      make('td', {}, row.side === 'debit' ? w().debit : w().credit), cellMoney(row.opening, row.currency), cellMoney(row.debits || null, row.currency), cellMoney(row.credits || null, row.currency), cellMoney(row.closing, row.currency)));
  }
  return table([[w().code], [w().side], [w().opening, 'money'], [w().debits, 'money'], [w().credits, 'money'], [w().closing, 'money']], [...lines.values()], { kind: 'tree' });
}

// All balances on their sides: two bars of one length when the books balance.
function sides(rows, currency) {
  const parts = { debit: [], credit: [] };
  for (const row of rows.filter((one) => one.leaf && one.closing !== 0n)) {
    const side = (row.side === 'debit') === (row.closing > 0) ? 'debit' : 'credit';
    parts[side].push({ name: codeName(row), value: magnitude(row.closing), class: `tone-${parts[side].length % 6}` });
  }
  const whole = (side) => sum(parts[side].map((part) => part.value));
  const longest = most([whole('debit'), whole('credit')]);
  const one = (side, name) => make('div', { class: 'side' }, make('span', {}, name),
    bar([...parts[side], { name: '', value: longest - whole(side), class: 'ground' }], (value) => money(value, currency), 22), make('b', { class: 'money' }, money(whole(side), currency)));
  return make('div', { class: 'sides' }, one('debit', w().debitSide), one('credit', w().creditSide));
}

export async function books(date) {
  const ledger = await get('/v1/ledger/general-ledger', { date });
  const day = ledger.date ? await getIfAny(`/v1/ledger/days/${ledger.date}`) : null;
  const currencies = [...new Set(ledger.rows.map((row) => row.currency))];
  const input = make('input', { type: 'date', value: dateText(ledger.date), 'aria-label': w().onDate, onchange: () => { if (input.value) location.hash = `books/${dateNumber(input.value)}`; } });
  return [
    make('div', { class: 'line' }, make('h1', {}, w().generalLedger), input, day && state(day.status, w().dayStates), day?.wrong && chip(day.wrong, 'bad'),
      ledger.rows.length ? chip(ledger.balanced ? `✓ ${w().balanced}` : `${w().unbalanced} ${ledger.wrong_currency}`, ledger.balanced ? 'good' : 'bad') : null),
    ...currencies.map((currency) => {
      const rows = ledger.rows.filter((row) => row.currency === currency);
      return section(currency, sides(rows, currency), tree(rows));
    }),
    !currencies.length && make('p', { class: 'soft' }, w().noRows),
  ];
}

// ---- days ----

const dayRow = (day) => [
  make('td', {}, make('a', { href: `#books/${day.date}` }, dateText(day.date))),
  make('td', {}, state(day.status, w().dayStates), day.wrong ? chip(`${w().wrong}: ${day.wrong}`, 'bad') : null),
  make('td', { class: 'money' }, String(day.journals ?? '')), make('td', { class: 'money' }, String(day.entries ?? '')),
  timeCell(day.closed_at), make('td', { class: 'mono hash', title: day.hash ?? '' }, day.hash ?? ''),
];

export async function days() {
  return [
    make('h1', {}, w().days), make('p', { class: 'soft' }, w().daysText),
    section('', await list((cursor) => get('/v1/ledger/days', { limit: 60, starting_after: cursor }),
      (seen) => table([[w().date], [w().status], [w().journals, 'money'], [w().entries, 'money'], [w().sealed], [w().hash]], seen.map(dayRow)))),
  ];
}

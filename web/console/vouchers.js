// Adjustments: manual vouchers, of an event that nothing else books with what it has to be told; and
// what was done about a journal, which may be reversed.
import { get, getIfAny, post, Refusal } from './api.js';
import { exponents } from './currencies.js';
import { bodyOf, field, form, input, reason, select, waits } from './forms.js';
import { chip, codeName, journalLink, make, minor, section, timeText } from './parts.js';
import { eventOf, nameOf, reasonCodeOf, w } from './words.js';

const modes = ['collect', 'direct'];
const sequenceText = () => `M${new Date().toISOString().replaceAll(/\D/g, '')}`;

const choices = (id, options) => make('datalist', { id }, options.map(([value, text]) => make('option', { value }, text)));

let lists = 0;
function reasonCode() {
  const list = `reason-codes-${++lists}`;
  const made = field('reason_code', w().reasonCode, input({ maxlength: 32, list }));
  made.label.append(choices(list, Object.entries(w().reasonCodes)));
  return made;
}
const numberField = () => field('adjustment_no', w().adjustmentNo, input({ maxlength: 64, value: sequenceText() }));
const grounds = () => [reason(), field('evidence', `${w().evidence} (${w().optional})`, input({ maxlength: 1000 }))];

// What the event books, as its template of today says.
function legsOf(templates, chart, event) {
  const of = templates.filter((one) => one.event === event);
  const amountName = (text) => text.replaceAll('-', '−').replaceAll(/[a-z]+/g, (name) => w().voucherFields[name === 'gross' ? 'amount' : name] ?? name);
  return make('ul', { class: 'legs' }, of.flatMap((one) => one.legs.map((leg) => make('li', {},
    one.mode && `${nameOf(one.mode)} · `, leg.side === 'debit' ? w().debit : w().credit, ' ', codeName(chart.get(leg.code) ?? leg), ' · ', amountName(leg.amount)))));
}

function nodeOf(name) {
  if (name === 'mode') return select(modes.map((mode) => [mode, nameOf(mode)]));
  if (name === 'currency' || name === 'other_currency') return input({ list: 'currencies', maxlength: 3, value: name === 'currency' ? 'CNY' : '' });
  const list = { merchant_id: 'merchants', receiver_id: 'merchants', channel_account_id: 'channels' }[name];
  return list ? input({ list, maxlength: 32 }) : input({ inputmode: 'decimal', class: 'money' });
}

// Amounts are typed in major units of their currency.
function withAmounts(body, fields) {
  for (const { name, currency } of fields) {
    if (!currency || body[name] === undefined) continue;
    const amount = minor(body[name], body[currency]);
    if (amount === null) throw new Refusal(0, { code: 'field_format', message: `${w().noAmount} ${body[currency] ?? ''}`, param: name });
    body[name] = amount;
  }
  return body;
}

function formOf({ event, fields }) {
  const shown = [
    ...fields.map(({ name, required }) => field(name, `${w().voucherFields[name]}${required ? '' : ` (${w().optional})`}`, nodeOf(name))),
    numberField(), reasonCode(), field('original', `${w().about} (${w().optional})`, input({ maxlength: 32, placeholder: 'jnl_…' })), ...grounds(),
  ];
  const node = form(shown, w().askForReview, async () => {
    const body = { kind: 'event', event, ...bodyOf(shown) };
    for (const name of ['currency', 'other_currency']) if (body[name]) body[name] = body[name].toUpperCase();
    node.replaceWith(waits(await post('/v1/adjustments', withAmounts(body, fields))));
  });
  return node;
}

// null: who is asked may book none.
export async function voucherSection() {
  const events = await getIfAny('/v1/adjustment-events');
  if (!events) return null;
  const [templates, chart, merchants, channels] = await Promise.all([getIfAny('/v1/ledger/vouchers', { limit: 200 }), getIfAny('/v1/ledger/chart', { limit: 500 }),
    getIfAny('/v1/merchants', { limit: 100 }), getIfAny('/v1/channel-accounts', { limit: 100 })]);
  const codes = new Map((chart?.data ?? []).map((row) => [row.code, row]));
  const node = make('div');
  const event = make('select', { name: 'event', 'aria-label': w().event, onchange: () => {
    const of = events.data.find((one) => one.event === event.value);
    node.replaceChildren(...(of ? [legsOf(templates?.data ?? [], codes, of.event), formOf(of)] : []));
  } }, make('option', { value: '' }, w().chooseEvent), events.data.map((one) => make('option', { value: one.event }, eventOf(one.event))));
  const named = (page) => (page?.data ?? []).map((one) => [one.id, one.name]);
  return section(w().newVoucher, make('p', { class: 'soft' }, w().voucherText), make('div', { class: 'line' }, event),
    choices('merchants', named(merchants)), choices('channels', named(channels)), choices('currencies', Object.keys(exponents).map((code) => [code, code])), node);
}

// What was done about a journal, and a form that asks for its reversal. null: who is asked may not know.
export async function adjustmentsOf(journal) {
  const page = await getIfAny('/v1/adjustments', { original: journal, limit: 100 });
  if (!page) return null;
  const node = make('div', {}, page.data.map((one) => make('p', { class: 'line' },
    chip(nameOf(one.kind)), journalLink(one.journal), make('span', {}, one.adjustment_no), make('span', {}, timeText(one.created_at)), make('span', {}, reasonCodeOf(one.reason_code)))));
  if (page.data.some((one) => one.kind === 'reversal')) return node;
  const button = make('button', { type: 'button', onclick: () => {
    const shown = [numberField(), reasonCode(), ...grounds()];
    const asked = form(shown, w().askForReview, async () => asked.replaceWith(waits(await post('/v1/adjustments', { kind: 'reversal', original: journal, ...bodyOf(shown) }))));
    button.replaceWith(make('p', { class: 'soft' }, w().reverseText), asked);
  } }, w().reverse);
  node.append(button);
  return node;
}

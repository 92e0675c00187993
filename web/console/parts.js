// Pieces of pages: elements, amounts, dates, tables and drawings.
import { exponents } from './currencies.js'; // made of src/base/currency.def by the build
import { isChinese, nameOf, stateOf, w } from './words.js';

export const $ = (id) => document.getElementById(id);

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}
export const make = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
export const draw = (tag, attributes = {}, ...children) => fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);

// ---- words for values ----

// Integers throughout: an amount is never a fraction here.
export const magnitude = (minor) => (minor < 0 ? -minor : minor);
export const sum = (amounts) => amounts.reduce((total, amount) => total + amount, 0n);
export const least = (amounts) => amounts.reduce((low, amount) => (amount < low ? amount : low));
export const most = (amounts) => amounts.reduce((high, amount) => (amount > high ? amount : high));
export function money(minor, currency) {
  const places = exponents[currency];
  const text = String(magnitude(minor)).padStart(places + 1, '0');
  const whole = text.slice(0, text.length - places).replace(/\B(?=(\d{3})+$)/g, ',');
  return `${minor < 0 ? '-' : ''}${whole}${places ? `.${text.slice(-places)}` : ''}`;
}
// The minor units of what somebody typed; null: it is no amount of the currency.
export function minor(text, currency) {
  const places = exponents[currency];
  const [, sign, whole, part = ''] = text.replaceAll(/[\s,]/g, '').match(/^(-?)(\d+)(?:\.(\d+))?$/) ?? [];
  return whole === undefined || places === undefined || part.length > places ? null : BigInt(`${sign}${whole}${part.padEnd(places, '0')}`);
}
export const dateText = (date) => (date ? String(date).replace(/(\d{4})(\d\d)(\d\d)/, '$1-$2-$3') : '');
export const dateNumber = (text) => text.replaceAll('-', '');
const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai', dateStyle: 'short', timeStyle: 'medium' });
export const timeText = (time) => (time ? clock.format(new Date(time)) : '');
export const codeName = (row) => `${row.code} ${(isChinese() && row.name_zh) || row.name || ''}`;

// ---- small parts ----

const colours = {
  open: 'good', approved: 'good', paid: 'good', done: 'good', closing: 'soon', pending: 'soon', waiting: 'soon', running: 'soon', waiting_remittance: 'soon', reserved: 'soon', sent: 'soon', succeeded: 'good',
  failed: 'bad', rejected: 'bad', returned: 'bad', active: 'good', revoked: 'bad',
};
export const chip = (text, colour = '') => make('span', { class: `chip ${colour}` }, text);
// `words`: of these states, where they are called otherwise than elsewhere.
export const state = (status, words = {}) => chip(words[status] ?? stateOf(status), colours[status]);
export const problem = (error) => make('p', { class: 'problem', role: 'alert' }, error.message, ' ',
  error.status ? refusalLink(error.code) : null);
const errorPage = (code) => `/docs/errors?lang=${isChinese() ? 'zh' : 'en'}#${code}`;
export const refusalLink = (code) => code && make('a', { href: errorPage(code), target: '_blank', rel: 'noopener' }, code);
export const journalLink = (id) => id && make('a', { href: `#journal/${id}`, class: 'mono' }, id);
// `text`: what people call it, instead of the id.
export const accountLink = (id, text) => make('a', { href: `#account/${id}`, title: text && id, class: text ? '' : 'mono' }, text ?? id);
// A date and a time, which may stand above each other where it is narrow.
export const timeCell = (time) => make('td', { class: 'time' }, timeText(time).split(' ').flatMap((part, i) => [i > 0 && ' ', make('span', {}, part)]));
export const cellMoney = (minor, currency, attributes = {}) => make('td', { class: 'money', ...attributes }, minor === null ? '' : money(minor, currency));

// A button whose work takes a while: it cannot be pressed again meanwhile.
export const busy = (text, work) => make('button', { type: 'button', onclick: async ({ currentTarget }) => {
  currentTarget.disabled = true;
  currentTarget.textContent = w().working;
  await work();
  currentTarget.textContent = text;
  currentTarget.disabled = false;
} }, text);

// Asks once more: the second click within some seconds decides, unless it is one of a double click.
export function decisive(text, primary, decide) {
  let armedAt = null;
  let timer = 0;
  const disarm = () => { clearTimeout(timer); armedAt = null; button.textContent = text; };
  const button = make('button', { type: 'button', class: primary ? 'primary' : '', onclick: () => {
    if (armedAt === null) {
      armedAt = performance.now();
      button.textContent = `${w().sure} ${text}?`;
      timer = setTimeout(disarm, 5000);
    } else if (performance.now() - armedAt >= 500) {
      disarm();
      decide();
    }
  } }, text);
  return button;
}

// Cells are elements, or text that becomes one.
export const line = (attributes, cells) => make('tr', attributes, cells.map((cell) => (cell instanceof HTMLTableCellElement ? cell : make('td', {}, cell))));

// rows: elements, or their cells. `hint`: what is said when there is none.
export function table(heads, rows, { kind = '', hint = '' } = {}) {
  if (!rows.length) return make('p', { class: 'soft' }, `${w().none} ${hint}`);
  return make('div', { class: 'scroll' }, make('table', { class: kind },
    make('thead', {}, make('tr', {}, heads.map(([text, colour = '']) => make('th', { class: colour, scope: 'col' }, text)))),
    make('tbody', {}, rows.map((row) => (row instanceof Element ? row : line({}, row))))));
}
export const section = (title, ...children) => make('section', { class: 'card' }, title && make('h2', {}, title), ...children);
export const facts = (pairs) => make('dl', {}, pairs.filter(([, value]) => value).map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value))));

// A list that goes on: `page` gives {data, next_cursor}, `show` draws what has been read so far.
export async function list(page, show) {
  const node = make('div');
  const seen = [];
  async function next(cursor) {
    const { data, has_more, next_cursor } = await page(cursor);
    seen.push(...data);
    const more = has_more && make('button', { type: 'button', class: 'more', onclick: async () => {
      more.disabled = true;
      await next(next_cursor).catch((error) => more.replaceWith(problem(error)));
    } }, w().more);
    node.replaceChildren(show(seen), ...(more ? [more] : []));
  }
  await next();
  return node;
}

// ---- drawings, whose lengths alone are doubles ----

// Parts of a whole, side by side: [{name, value, class}]. Parts below zero have no length; `tell`
// makes a text of a value.
export function bar(parts, tell, height = 12) {
  const shown = parts.filter((part) => part.value > 0);
  const whole = Number(sum(shown.map((part) => part.value)));
  const text = parts.filter((part) => part.value).map((part) => `${part.name} ${tell(part.value)}`).join(', ');
  let at = 0;
  return draw('svg', { class: 'bar', viewBox: `0 0 1000 ${height}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': text, height },
    draw('title', {}, text), draw('rect', { class: 'ground', width: 1000, height }),
    shown.map((part) => {
      const width = (Number(part.value) / whole) * 1000;
      const rect = draw('rect', { class: part.class, x: at, width, height }, draw('title', {}, `${part.name} ${tell(part.value)}`));
      at += width;
      return rect;
    }));
}

export const legend = (parts, currency) => make('ul', { class: 'legend' }, parts.map((part) => make('li', {},
  make('i', { class: part.class }), make('span', {}, part.name), make('b', { class: 'money' }, money(part.value, currency)))));

// The balance after each entry, oldest first, as steps.
export function steps(entries, currency) {
  const [width, height, edge] = [1000, 180, 6];
  const before = (entry) => entry.balance - entry.change;
  const values = [before(entries[0]), ...entries.map((entry) => entry.balance)];
  const [low, high] = [least([0n, ...values]), most([0n, ...values])];
  const y = (value) => edge + (height - 2 * edge) * (high === low ? 1 : Number(high - value) / Number(high - low));
  const x = (i) => (i / entries.length) * width;
  const line = `M0 ${y(values[0])}${entries.map((entry, i) => `H${x(i)}V${y(entry.balance)}`).join('')}H${width}`;
  return make('figure', {},
    draw('svg', { class: 'steps', viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': `${w().running}: ${money(values[0], currency)} – ${money(values.at(-1), currency)}` },
      draw('path', { class: 'area', d: `${line}V${y(0n)}H0Z` }),
      draw('line', { class: 'zero', x1: 0, x2: width, y1: y(0n), y2: y(0n) }),
      draw('path', { class: 'line', d: line }),
      entries.map((entry, i) => draw('rect', { class: 'touch', x: x(i), width: width / entries.length, height },
        draw('title', {}, `${timeText(entry.created_at)}\n${nameOf(entry.source)} ${entry.change > 0 ? '+' : ''}${money(entry.change, currency)}\n${money(entry.balance, currency)}`)))),
    make('figcaption', {}, make('span', {}, dateText(entries[0].business_date)), make('span', {}, `${w().running}: ${money(low, currency)} … ${money(high, currency)}`), make('span', {}, dateText(entries.at(-1).business_date))));
}

// One column a day: what came in upwards, what went out downwards, and the closing balance as a line of
// its own scale. days: [{date, in, out, closing}], oldest first.
export function columns(days, currency) {
  const [width, height, gap] = [1000, 180, 0.2];
  const longest = most([1n, ...days.flatMap((day) => [day.in, day.out])]);
  const closings = [0n, ...days.map((day) => day.closing)];
  const [low, high] = [least(closings), most(closings)];
  const each = width / days.length;
  const long = (value) => (Number(value) / Number(longest)) * (height / 2 - 4);
  const y = (value) => 6 + (height - 12) * (high === low ? 1 : Number(high - value) / Number(high - low));
  const tell = (day) => `${dateText(day.date)}\n${w().in} ${money(day.in, currency)}\n${w().out} ${money(day.out, currency)}\n${w().closing} ${money(day.closing, currency)}`;
  return make('figure', {},
    draw('svg', { class: 'steps columns', viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': w().perDay },
      draw('line', { class: 'zero', x1: 0, x2: width, y1: height / 2, y2: height / 2 }),
      days.flatMap((day, i) => [
        draw('rect', { class: 'available', x: (i + gap / 2) * each, width: each * (1 - gap), y: height / 2 - long(day.in), height: long(day.in) }),
        draw('rect', { class: 'held', x: (i + gap / 2) * each, width: each * (1 - gap), y: height / 2, height: long(day.out) }),
      ]),
      draw('path', { class: 'closing', d: days.map((day, i) => `${i ? 'L' : 'M'}${(i + 0.5) * each} ${y(day.closing)}`).join('') }),
      days.map((day, i) => draw('rect', { class: 'touch', x: i * each, width: each, height }, draw('title', {}, tell(day))))),
    make('figcaption', {}, make('span', {}, dateText(days[0].date)), make('span', {}, w().perDay), make('span', {}, dateText(days.at(-1).date))));
}

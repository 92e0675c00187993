// Settlement runs with their progress, who was not settled, and the settlements.
import { get, turns } from './api.js';
import { deed, opens, outcomeFields, reason } from './forms.js';
import { accountNames } from './names.js';
import { bar, cellMoney, chip, dateText, line, list, make, money, problem, refusalLink, section, state, table, timeCell } from './parts.js';
import { nameOf, stateOf, w } from './words.js';

const statuses = ['', 'waiting', 'paid', 'returned', 'cancelled'];

const progress = (run) => bar([
  { name: w().settled, value: run.settled, class: 'available' }, { name: w().skipped, value: run.skipped, class: 'immature' },
  { name: w().failed, value: run.failed, class: 'held' }, { name: stateOf('waiting'), value: run.all - run.done, class: 'ground' }], String);

const runRow = (run) => [make('td', {}, make('a', { href: `#settlement/${run.date}` }, dateText(run.date))), make('td', {}, state(run.status)),
  make('td', { class: 'wide' }, progress(run)), make('td', { class: 'money' }, `${run.done} / ${run.all}`), make('td', { class: 'money' }, String(run.settled)),
  make('td', { class: 'money' }, String(run.skipped)), make('td', { class: 'money' }, run.failed ? chip(String(run.failed), 'bad') : '0'),
  make('td', { class: 'money' }, run.amounts.map((sum) => make('div', {}, `${money(sum.amount, sum.currency)} ${sum.currency}`)))];

const WATCH_MS = 2000; // between two looks at a run that is under way

async function runs() {
  const node = section(w().runs, await list((cursor) => get('/v1/settlement-runs', { limit: 20, starting_after: cursor }), (seen) => {
    if (seen.some((run) => run.status === 'running')) setTimeout(watch, WATCH_MS);
    return table([[w().date], [w().status], [w().progress, 'wide'], ['', 'money'], [w().settled, 'money'], [w().skipped, 'money'], [w().failed, 'money'], [w().sums, 'money']], seen.map(runRow), { hint: w().hints.runs });
  }));
  async function watch() {
    if (node.isConnected) node.replaceWith(await runs().catch(() => node));
  }
  return node;
}

async function outcomes(date, known) {
  return section(`${w().outcomes} ${dateText(date)}`, await list(known.learned((cursor) => get('/v1/settlement-outcomes', { date, limit: 50, starting_after: cursor }), (one) => one.account_id),
    (seen) => table([[w().account], [w().status], [w().matured, 'money'], [''], [w().reason]], seen.map((one) => [known.cell(one.account_id), make('td', {}, state(one.kind)),
      cellMoney(one.matured, one.currency), one.currency, make('td', {}, refusalLink(one.reason))]))));
}

const orderOutcomes = { waiting: ['paid'], paid: ['returned'] };

function orderActs(order, known) {
  const path = `/v1/settlements/${order.id}`;
  const outcomes = orderOutcomes[order.status];
  return make('td', { class: 'acts' },
    outcomes && opens(w().outcome, deed(w().askForReview, `${path}/outcome`, () => outcomeFields(outcomes), orderRow(known))),
    order.status === 'waiting' && opens(w().cancel, deed(w().cancelSettlement, `${path}/cancel`, () => [reason()], orderRow(known))));
}

const orderRow = (known) => (order) => line({ id: order.id }, [dateText(order.settle_date), cellMoney(order.amount, order.currency), cellMoney(order.fee, order.currency), order.currency, make('td', {}, state(order.status)),
  known.cell(order.account_id), nameOf(order.mode), timeCell(order.created_at), make('td', { class: 'text' }, order.reason ?? ''), orderActs(order, known)]);

export async function settlement(date, status = '') {
  const known = accountNames();
  const node = make('div');
  const choosing = turns();
  const page = (wanted) => list(known.learned((cursor) => get('/v1/settlements', { status: wanted, limit: 50, starting_after: cursor }), (one) => one.account_id),
    (seen) => table([[w().date], [w().amount, 'money'], [w().fee, 'money'], [''], [w().status], [w().account], [w().mode], [w().time], [w().reason], ['']], seen.map(orderRow(known)), { hint: w().hints.settlements }));
  const select = make('select', { 'aria-label': w().status, onchange: async () => {
    const isNewest = choosing();
    const shown = await page(select.value).catch(problem);
    if (isNewest()) node.replaceChildren(shown);
  } }, statuses.map((one) => make('option', { value: one, selected: one === status }, one ? stateOf(one) : w().all)));
  node.append(await page(status));
  return [
    make('h1', {}, w().settlement),
    await runs(),
    date && await outcomes(date, known),
    section('', make('div', { class: 'line' }, make('h2', {}, w().settlements), select), node),
  ];
}

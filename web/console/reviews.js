// Changes that wait for another pair of eyes.
import { get, getIfAny, post, turns, write } from './api.js';
import { accountNames } from './names.js';
import { $, cellMoney, chip, decisive, facts, journalLink, list, make, money, problem, state, table, timeText } from './parts.js';
import { isChinese, nameOf, stateOf, w } from './words.js';

const statuses = ['pending', 'approved', 'failed', 'rejected', 'withdrawn', 'expired'];

const counting = turns();
export async function countWaiting() {
  const isNewest = counting();
  const { data, has_more } = await get('/v1/reviews', { status: 'pending', limit: 20 });
  if (!isNewest()) return;
  $('waiting').textContent = `${data.length}${has_more ? '+' : ''}`;
  $('waiting').hidden = data.length === 0;
}

const who = (decision) => decision && `${decision.name || decision.operator_id} · ${timeText(decision.at)}${decision.remark ? ` · ${decision.remark}` : ''}`;

function decision(review, changed) {
  const remark = make('input', { placeholder: w().remark, 'aria-label': w().remark, maxlength: 200, autocomplete: 'off' });
  const wrong = make('div');
  const decide = (what) => async () => {
    for (const button of buttons) button.disabled = true;
    try {
      changed(await post(`/v1/reviews/${review.id}/${what}`, remark.value.trim() ? { remark: remark.value.trim() } : {}));
      await countWaiting();
    } catch (error) {
      wrong.replaceChildren(problem(error));
      for (const button of buttons) button.disabled = false;
    }
  };
  const buttons = [decisive(w().approve, true, decide('approve')), decisive(w().reject, false, decide('reject'))];
  return [make('div', { class: 'line decide' }, remark, ...buttons), wrong];
}

// What would be changed. Of a freeze its account and what it has left are worth knowing.
function subjectOf(subject, known) {
  if (subject.startsWith('acc_')) return known.line(subject);
  if (subject.startsWith('jnl_')) return journalLink(subject);
  const node = make('span', { class: 'mono' }, subject);
  if (subject.startsWith('hld_')) getIfAny(`/v1/ledger/holds/${subject}`).then(async (hold) => {
    if (!hold) return;
    await known.learn([hold.account_id]);
    node.append(' · ', nameOf(hold.kind), ' ', nameOf(hold.effect), ' · ', known.line(hold.account_id));
  }).catch(() => {});
  return node;
}

// Merchants and channel accounts that changes name by their ids.
async function learnOwners(changes, owners) {
  const ids = changes.flatMap((change) => [change.merchant_id, change.receiver_id, change.channel_account_id]).filter((id) => id && !owners.has(id));
  await Promise.all([...new Set(ids)].map(async (id) => {
    owners.set(id, (await getIfAny(`/v1/${id.startsWith('mer_') ? 'merchants' : 'channel-accounts'}/${id}`))?.name ?? id);
  }));
}

const accountsOf = ({ subject, change }) => [subject, ...(change.legs ?? []).map((leg) => leg.account)].filter((id) => id?.startsWith('acc_'));

// What an adjustment would book, in major units.
function adjustment({ subject, change }, known, owners) {
  const currencyOf = (name) => (name === 'bought' || name === 'rounding' ? change.other_currency : change.currency);
  const valueOf = (name) => (typeof change[name] === 'bigint' ? `${money(change[name], currencyOf(name))} ${currencyOf(name)}` : owners.get(change[name]) ?? nameOf(change[name]));
  const legs = (change.legs ?? []).map((leg) => ({ ...leg, currency: known.currency(leg.account) }));
  return [
    facts([
      [w().event, change.event && (w().events[change.event] ?? nameOf(change.event))],
      ...Object.keys(w().voucherFields).filter((name) => change[name] !== undefined && !name.endsWith('currency')).map((name) => [w().voucherFields[name], valueOf(name)]),
      [w().original, change.original !== subject && journalLink(change.original)], [w().reasonCode, w().reasonCodes[change.reason_code] ?? change.reason_code],
    ]),
    legs.length > 0 && legs.every((leg) => leg.currency) && table([[w().account], [w().debit, 'money'], [w().credit, 'money'], ['']], legs.map((leg) => [
      known.cell(leg.account), cellMoney(leg.side === 'debit' ? leg.amount : null, leg.currency), cellMoney(leg.side === 'credit' ? leg.amount : null, leg.currency), leg.currency])),
  ];
}

const titleOf = ({ kind, change }) => [kind, change.action ?? change.kind, change.deduct && 'deducted'].filter(Boolean).map(nameOf).join(' · ');

function card(review, known, owners) {
  const told = review.kind === 'trade.adjust' ? adjustment(review, known, owners) : [];
  const node = make('article', { class: 'card', id: review.id });
  node.append(
    make('div', { class: 'line' }, make('h2', {}, titleOf(review)), state(review.status), review.status === 'pending' && review.needed > 1 ? chip(`${review.approved} / ${review.needed}`) : null,
      review.amount ? make('b', { class: 'money' }, `${money(review.amount, review.currency)} ${review.currency}`) : null),
    facts([
      [w().summary, (isChinese() && review.summary_zh) || review.summary], [w().subject, review.subject && subjectOf(review.subject, known)], [w().reason, review.reason], [w().evidence, review.evidence],
      [w().maker, `${review.maker_name || review.maker_id} · ${timeText(review.created_at)}`], [w().approvals, [who(review.first_approval), who(review.second_approval)].filter(Boolean).join('; ')],
      [w().decidedBy, who(review.closed_by)], [w().refusedBy, review.error_code], [w().expires, review.status === 'pending' && timeText(review.expires_at)],
    ]),
    ...told.filter(Boolean),
    make('details', { open: review.status === 'pending' && !told.length }, make('summary', {}, w().change), make('pre', {}, write(review.change))),
    ...(review.status === 'pending' ? decision(review, (next) => node.replaceWith(card(next, known, owners))) : []));
  return node;
}

export async function reviews(status = 'pending') {
  const known = accountNames();
  const owners = new Map();
  const select = make('select', { 'aria-label': w().status, onchange: () => { location.hash = `reviews/${select.value}`; } },
    statuses.map((one) => make('option', { value: one, selected: one === status }, stateOf(one))));
  return [
    make('div', { class: 'line' }, make('h1', {}, w().reviews), select), make('p', { class: 'soft' }, w().pendingReviews),
    await list(async (cursor) => {
      const page = await get('/v1/reviews', { status, limit: 20, starting_after: cursor });
      await Promise.all([known.learn(page.data.flatMap(accountsOf)), learnOwners(page.data.map((one) => one.change), owners)]);
      return page;
    },
      (seen) => make('div', { class: 'cards' }, seen.length ? seen.map((review) => card(review, known, owners)) : make('p', { class: 'soft' }, `${w().none} ${status === 'pending' ? w().hints.reviews : ''}`))),
  ];
}

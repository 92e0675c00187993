// Changes that wait for another pair of eyes.
import { get, getIfAny, post, turns, write } from './api.js';
import { accountNames, legHeads, ownerNames } from './names.js';
import { $, chip, dateText, decisive, facts, journalLink, list, make, money, problem, state, table, timeText } from './parts.js';
import { eventOf, isChinese, nameOf, reasonCodeOf, stateOf, w } from './words.js';

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

const accountsOf = ({ subject, change }) => [subject, ...(change.legs ?? []).map((leg) => leg.account)].filter((id) => id?.startsWith('acc_'));
const ownersOf = ({ change }) => [change.merchant_id, change.receiver_id, change.channel_account_id].filter(Boolean);

const isVoucher = ({ kind, change }) => kind === 'trade.adjust' && change.event !== undefined;

// What the ids and amounts of reviews mean.
function readings() {
  const accounts = accountNames();
  const owners = ownerNames();
  let events = null; // the fields that each takes, once an adjustment has one
  async function learn(reviews) {
    await Promise.all([accounts.learn(reviews.flatMap(accountsOf)), owners.learn(reviews.flatMap(ownersOf))]);
    if (!events && reviews.some(isVoucher)) events = new Map(((await getIfAny('/v1/adjustment-events'))?.data ?? []).map((one) => [one.event, one.fields]));
  }
  return { accounts, owners, learn, fields: (event) => events?.get(event) };
}

// What an adjustment would book, in major units; nothing where it is not known what it means.
function adjustment({ subject, change }, { accounts, owners, fields }) {
  const taken = change.event ? fields(change.event) : [];
  const legs = (change.legs ?? []).map((leg) => ({ ...leg, account_id: leg.account }));
  if (!taken || !legs.every((leg) => accounts.currency(leg.account_id))) return [];
  const mature = legs.some((leg) => leg.matures_on);
  const valueOf = ({ name, currency }) => {
    if (currency) return `${money(change[name], change[currency])} ${change[currency]}`;
    return name === 'mode' ? nameOf(change[name]) : owners.name(change[name]);
  };
  return [
    facts([
      [w().event, change.event && eventOf(change.event)],
      ...taken.filter(({ name }) => change[name] !== undefined && !name.endsWith('currency')).map((one) => [w().voucherFields[one.name], valueOf(one)]),
      [w().original, change.original !== subject && journalLink(change.original)], [w().reasonCode, reasonCodeOf(change.reason_code)],
    ]),
    ...(legs.length ? [table([...legHeads(), ...(mature ? [[w().maturities]] : [])], legs.map((leg) => [...accounts.legCells(leg), ...(mature ? [dateText(leg.matures_on)] : [])]))] : []),
  ];
}

const titleOf = ({ kind, change }) => [kind, change.action ?? change.kind, change.deduct && 'deducted'].filter(Boolean).map(nameOf).join(' · ');

function card(review, known) {
  const told = review.kind === 'trade.adjust' ? adjustment(review, known) : [];
  const node = make('article', { class: 'card', id: review.id });
  node.append(
    make('div', { class: 'line' }, make('h2', {}, titleOf(review)), state(review.status), review.status === 'pending' && review.needed > 1 ? chip(`${review.approved} / ${review.needed}`) : null,
      review.amount ? make('b', { class: 'money' }, `${money(review.amount, review.currency)} ${review.currency}`) : null),
    facts([
      [w().summary, (isChinese() && review.summary_zh) || review.summary], [w().subject, review.subject && subjectOf(review.subject, known.accounts)], [w().reason, review.reason], [w().evidence, review.evidence],
      [w().maker, `${review.maker_name || review.maker_id} · ${timeText(review.created_at)}`], [w().approvals, [who(review.first_approval), who(review.second_approval)].filter(Boolean).join('; ')],
      [w().decidedBy, who(review.closed_by)], [w().refusedBy, review.error_code], [w().expires, review.status === 'pending' && timeText(review.expires_at)],
    ]),
    ...told,
    make('details', { open: review.status === 'pending' && !told.length }, make('summary', {}, w().change), make('pre', {}, write(review.change))),
    ...(review.status === 'pending' ? decision(review, (next) => node.replaceWith(card(next, known))) : []));
  return node;
}

export async function reviews(status = 'pending') {
  const known = readings();
  const select = make('select', { 'aria-label': w().status, onchange: () => { location.hash = `reviews/${select.value}`; } },
    statuses.map((one) => make('option', { value: one, selected: one === status }, stateOf(one))));
  return [
    make('div', { class: 'line' }, make('h1', {}, w().reviews), select), make('p', { class: 'soft' }, w().pendingReviews),
    await list(async (cursor) => {
      const page = await get('/v1/reviews', { status, limit: 20, starting_after: cursor });
      await known.learn(page.data);
      return page;
    },
      (seen) => make('div', { class: 'cards' }, seen.length ? seen.map((review) => card(review, known)) : make('p', { class: 'soft' }, `${w().none} ${status === 'pending' ? w().hints.reviews : ''}`))),
  ];
}

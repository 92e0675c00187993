// What people ask for beside payments: cash-outs, refunds made by hand, adjustments.
import { get } from './api.js';
import { bankEvidence, deed, field, opens, outcomeFields, reason } from './forms.js';
import { accountNames } from './names.js';
import { cellMoney, journalLink, line, list, make, section, state, table, timeCell } from './parts.js';
import { voucherSection } from './vouchers.js';
import { nameOf, reasonCodeOf, w } from './words.js';

const paged = (path) => (cursor) => get(path, { limit: 20, starting_after: cursor });
const mono = (text) => make('td', { class: 'mono' }, text ?? '');
const note = (...texts) => make('td', { class: 'text' }, texts.filter(Boolean).join(' · '));

const cashOutcomes = { waiting_remittance: ['sent', 'failed'], sent: ['succeeded', 'failed'], succeeded: ['returned'] };

const claimFields = (outcomes) => () => [...outcomeFields(outcomes),
  ...(outcomes.includes('returned') ? [field('with_fee', w().withFee, make('input', { type: 'checkbox' }))] : [])];

function cashActs(cash, known) {
  const path = `/v1/cash-outs/${cash.id}`;
  const outcomes = cashOutcomes[cash.status];
  return make('td', { class: 'acts' },
    outcomes && opens(w().outcome, deed(w().askForReview, `${path}/outcome`, claimFields(outcomes), cashRow(known))),
    cash.status === 'waiting_remittance' && opens(w().cancel, deed(w().cancelCashOut, `${path}/cancel`, () => [reason()], cashRow(known))));
}

const cashRow = (known) => (cash) => line({ id: cash.id }, [timeCell(cash.created_at), cellMoney(cash.amount, cash.currency), cellMoney(cash.fee, cash.currency), cash.currency, make('td', {}, state(cash.status)),
  known.cell(cash.account_id), mono(cash.merchant_order_no), note(cash.reason), cashActs(cash, known)]);

const refundActs = (refund) => make('td', { class: 'acts' }, refund.status === 'reserved' && [
  opens(w().paidOut, deed(w().askForReview, `/v1/refunds/${refund.id}/complete`, () => [reason(), bankEvidence()], refundRow)),
  opens(w().notPaidOut, deed(w().failRefund, `/v1/refunds/${refund.id}/fail`, () => [reason()], refundRow))]);

const refundRow = (refund) => line({ id: refund.id }, [timeCell(refund.created_at), cellMoney(refund.amount, refund.currency), cellMoney(refund.fee_returned, refund.currency), refund.currency, make('td', {}, state(refund.status)),
  mono(refund.payment_id), mono(refund.merchant_refund_no), note(refund.reason, refund.failure), refundActs(refund)]);

const adjustmentRow = (one) => [timeCell(one.created_at), one.adjustment_no, nameOf(one.kind), reasonCodeOf(one.reason_code), make('td', {}, journalLink(one.original)), make('td', {}, journalLink(one.journal)), mono(one.review)];

export async function trades() {
  const known = accountNames();
  return [
    make('h1', {}, w().trades),
    section(w().cashOuts, await list(known.learned(paged('/v1/cash-outs'), (cash) => cash.account_id), (seen) => table([[w().time], [w().amount, 'money'], [w().fee, 'money'], [''], [w().status], [w().account], [w().reference], [w().reason], ['']], seen.map(cashRow(known)), { hint: w().hints.cashOuts }))),
    section(w().refunds, await list(paged('/v1/refunds'), (seen) => table([[w().time], [w().amount, 'money'], [w().feeReturned, 'money'], [''], [w().status], [w().payment], [w().reference], [w().reason], ['']], seen.map(refundRow), { hint: w().hints.refunds }))),
    section(w().adjustments, await list(paged('/v1/adjustments'), (seen) => table([[w().time], [w().reference], [w().kind], [w().reason], [w().original], [w().journal], [w().review]], seen.map(adjustmentRow), { hint: w().hints.adjustments }))),
    await voucherSection(),
  ];
}

// Forms whose refusals are said beside the field they are about, and the rows that open them.
import { post } from './api.js';
import { make, problem } from './parts.js';
import { countWaiting } from './reviews.js';
import { stateOf, w } from './words.js';

let wrongs = 0;

// A field, called as in the body of the request.
export function field(name, text, node) {
  const wrong = make('small', { class: 'wrong', id: `wrong-${++wrongs}`, role: 'alert' });
  node.setAttribute('name', name);
  node.setAttribute('aria-describedby', wrong.id);
  function tell(error) {
    wrong.textContent = error?.text ?? '';
    if (error) node.setAttribute('aria-invalid', 'true'); else node.removeAttribute('aria-invalid');
  }
  return { name, node, tell, label: make('label', {}, text, node, wrong), value: () => (node.type === 'checkbox' ? node.checked : node.value.trim()) };
}
export const input = (attributes = {}) => make('input', { autocomplete: 'off', spellcheck: 'false', ...attributes });
export const select = (options, attributes = {}) => make('select', attributes, options.map(([value, text]) => make('option', { value }, text)));

// What was filled in; what was left empty is no part of the body.
export const bodyOf = (fields) => Object.fromEntries(fields.map((one) => [one.name, one.value()]).filter(([, value]) => value !== '' && value !== false));

// `send` asks the server; it may throw a Refusal.
export function form(fields, text, send) {
  const refused = make('div', { class: 'whole' });
  const submit = make('button', { type: 'submit', class: 'primary' }, text);
  function tell(error) {
    const at = fields.find((one) => one.name === error?.param);
    for (const one of fields) one.tell(one === at ? error : null);
    refused.replaceChildren(...(error && !at ? [problem(error)] : []));
    at?.node.focus();
  }
  return make('form', { class: 'fields', onsubmit: async (event) => {
    event.preventDefault();
    submit.disabled = true;
    tell(null);
    await send().catch(tell);
    submit.disabled = false;
  } }, fields.map((one) => one.label), submit, refused);
}

// What has become a review waits for another operator.
export function waits(review) {
  countWaiting().catch(() => {}); // not everybody may read reviews
  return make('p', { class: 'soft', role: 'status' }, `${w().waitsForReview} `, make('a', { class: 'review', href: '#reviews/pending' }, review.id));
}

// A button that opens what `content` makes below the row of the button.
export function opens(text, content) {
  return make('button', { type: 'button', class: 'plain', onclick: ({ currentTarget }) => {
    const row = currentTarget.closest('tr');
    if (row.nextElementSibling?.classList.contains('opened')) row.nextElementSibling.remove();
    row.after(make('tr', { class: 'journal opened' }, make('td', { colspan: row.cells.length }, make('div', { class: 'below' }, content(row)))));
  } }, text);
}

// Of an order, below its row: posts what is filled in, and shows the review it has become, or the
// order by another row.
export function deed(text, path, fields, rowOf) {
  return (row) => {
    const made = fields();
    const node = form(made, text, async () => {
      const answer = await post(path, bodyOf(made));
      if (answer.object === 'review') { node.replaceWith(waits(answer)); return; }
      row.nextElementSibling.remove();
      row.replaceWith(rowOf(answer));
    });
    return node;
  };
}

export const reason = (name = 'reason') => field(name, w().reason, input({ maxlength: 200 }));
export const bankEvidence = () => field('evidence', w().evidence, input({ maxlength: 1000, placeholder: w().bankNumber }));
// What the bank has done, by the outcomes that the order's state allows.
export const outcomeFields = (outcomes) => [field('outcome', w().outcome, select(outcomes.map((one) => [one, stateOf(one)]))), reason(), bankEvidence()];

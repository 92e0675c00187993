// Operators' keys: asked for, rotated and revoked, and what was done to them.
import { get, ifAny, keyId, post, turns } from './api.js';
import { bodyOf, field, form, input, opens, reason } from './forms.js';
import { allKeys } from './names.js';
import { chip, decisive, list, make, problem, section, state, table, timeCell } from './parts.js';
import { stateOf, w } from './words.js';

const mono = (text) => make('td', { class: 'mono' }, text ?? '');
const wrapped = (text) => make('td', { class: 'text' }, text ?? '');

function statusOf(key) {
  if (key.status !== 'active') return key.status;
  if (key.expires_at && new Date(key.expires_at) <= new Date()) return 'expired';
  return key.not_before && new Date(key.not_before) > new Date() ? 'notYet' : 'active';
}

// ---- the secret, once ----

function secretOf(key) {
  const copy = make('button', { type: 'button', onclick: async () => {
    await navigator.clipboard.writeText(key.secret);
    copy.textContent = w().copied;
  } }, w().copy);
  return make('div', { class: 'secret', role: 'status' }, make('p', {}, w().secretText),
    make('div', { class: 'line' }, make('code', {}, key.secret), navigator.clipboard ? copy : null),
    key.review && make('p', {}, `${w().afterReview} `, make('a', { href: '#reviews/pending' }, key.review)));
}

// ---- asking for one ----

// Those of the routes an operator may call, as the API document names them.
async function allPermissions() {
  const { paths } = await get('/openapi.json');
  const routes = Object.values(paths).flatMap((path) => Object.values(path)).filter((route) => route.security?.some((way) => 'operatorKey' in way));
  return [...new Set(routes.map((route) => route['x-permission']).filter(Boolean))].sort();
}

function chooser(permissions, input) {
  const choose = (one) => () => { input.value = `${input.value} ${one}`.trim(); };
  return make('details', {}, make('summary', {}, w().permissionsAll),
    make('div', { class: 'line' }, permissions.map((one) => make('button', { type: 'button', class: 'chip mono', onclick: choose(one) }, one))));
}

const endOf = (date) => (date ? new Date(`${date}T23:59:59+08:00`).toISOString() : undefined);

function asking(permissions, changed) {
  const wanted = input({ maxlength: 512, placeholder: w().permissionsHint });
  const fields = [field('name', w().operatorName, input({ maxlength: 64 })), field('permissions', w().permissions, wanted),
    field('expires_at', w().expiresOn, input({ type: 'date' })), reason()];
  const node = form(fields, w().askForKey, async () => {
    const body = bodyOf(fields);
    changed(await post('/v1/operator-keys', { ...body, permissions: body.permissions?.replace(/\s+/g, ' '), expires_at: endOf(body.expires_at) }));
  });
  return section(w().newKey, node, chooser(permissions, wanted));
}

// ---- what can be done to one ----

// Below the key's row: what is still to be said, and the refusal.
function sure(text, node, act) {
  const refused = make('div');
  const button = decisive(text, true, async () => {
    button.disabled = true;
    await act().catch((error) => {
      refused.replaceChildren(problem(error));
      button.disabled = false;
    });
  });
  return make('div', {}, make('div', { class: 'line' }, node, button), refused);
}

function rotation(key, changed) {
  const overlap = make('select', {}, Object.entries(w().overlaps).map(([seconds, text]) => make('option', { value: seconds, selected: seconds === '86400' }, text)));
  return sure(w().rotate, make('label', {}, w().oldEnds, overlap), async () => changed(await post(`/v1/operator-keys/${key.id}/rotate`, { overlap: Number(overlap.value) })));
}

function revocation(key, changed) {
  const remark = make('input', { placeholder: w().reason, 'aria-label': w().reason, maxlength: 200, autocomplete: 'off' });
  return sure(w().revoke, remark, async () => changed(await post(`/v1/operator-keys/${key.id}/revoke`, { reason: remark.value.trim() })));
}

function keyRow(key, own, changed) {
  const status = statusOf(key);
  return make('tr', { id: key.id }, make('td', {}, key.name || w().nameless, make('small', { class: 'mono' }, key.id)),
    make('td', {}, state(status), key.id === keyId() && chip(w().thisKey)), wrapped(key.permissions), timeCell(key.last_used_at), timeCell(key.expires_at),
    make('td', { class: 'acts' }, status === 'active' && own ? opens(w().rotate, () => rotation(key, changed)) : null, status === 'revoked' ? null : opens(w().revoke, () => revocation(key, changed))));
}

// ---- the page ----

const changeRow = (change, nameOfKey) => [timeCell(change.created_at), stateOf(change.action), wrapped(change.name), mono(change.key), mono(change.next_key), nameOfKey(change.operator_id), mono(change.review), wrapped(change.reason)];
const changes = (nameOfKey) => list((cursor) => get('/v1/operator-key-changes', { limit: 20, starting_after: cursor }),
  (seen) => table([[w().time], [w().what], [w().operatorName], [w().key], [w().nextKey], [w().operator], [w().review], [w().reason]], seen.map((change) => changeRow(change, nameOfKey))));

// Who may not read the others' keys may rotate his own.
function keyTable(all, changed) {
  const shown = all?.data ?? [{ id: keyId(), status: 'active' }];
  const { name } = shown.find((key) => key.id === keyId()) ?? {};
  return table([[w().operatorName], [w().status], [w().permissions], [w().lastUsed], [w().expires], ['']],
    shown.map((key) => keyRow(key, key.id === keyId() || (name && key.name === name), changed)));
}

export async function keys() {
  const permissions = await allPermissions();
  const [given, node] = [make('div'), make('div')];
  const drawing = turns();
  async function draw() {
    const isNewest = drawing();
    const all = await allKeys();
    const names = new Map((all?.data ?? []).map((key) => [key.id, key.name]));
    const noted = await ifAny(changes((id) => (id ? names.get(id) || mono(id) : w().tool)));
    const parts = [section('', keyTable(all, changed)), all && asking(permissions, changed), noted && section(w().keyChanges, noted)];
    if (isNewest()) node.replaceChildren(...parts.filter(Boolean));
  }
  // The secrets stay, whatever is drawn anew.
  function changed(key) {
    if (key.secret) given.prepend(secretOf(key));
    draw().catch((error) => node.replaceChildren(problem(error)));
  }
  await draw();
  return [make('h1', {}, w().keys), make('p', { class: 'soft' }, w().keysText), given, node];
}

// What people call accounts, their owners and operators, of whom lists tell the ids alone.
import { getIfAny } from './api.js';
import { accountLink, cellMoney, codeName, make } from './parts.js';
import { w } from './words.js';

const AT_ONCE = 100; // as many as the server names in one answer

export const legHeads = () => [[w().account], [w().debit, 'money'], [w().credit, 'money'], ['']];

// Of accounts that have been learned; of others, and for whom may not read the books, the ids.
export function accountNames() {
  const known = new Map();
  async function learn(ids) {
    const unknown = [...new Set(ids)].filter((id) => !known.has(id));
    for (let at = 0; at < unknown.length; at += AT_ONCE) {
      const page = await getIfAny('/v1/ledger/account-names', { ids: unknown.slice(at, at + AT_ONCE).join(',') });
      for (const one of page?.data ?? []) known.set(one.id, one);
    }
  }
  const title = (id) => (known.has(id) ? codeName(known.get(id)) : undefined);
  const owner = (id) => known.get(id)?.owner ?? w().platform;
  const number = (id) => known.get(id)?.number;
  const link = (id) => accountLink(id, title(id));
  const line = (id) => make('span', {}, link(id), known.has(id) && ` · ${owner(id)} · ${number(id)}`);
  const cell = (id) => make('td', { class: 'entity' }, link(id), known.has(id) && make('small', {}, owner(id), ' ', make('span', { class: 'number' }, number(id))));
  // A page of a list, whose rows name accounts by `of`.
  const learned = (page, of) => async (cursor) => {
    const rows = await page(cursor);
    await learn(rows.data.map(of));
    return rows;
  };
  const currency = (id) => known.get(id)?.currency ?? '';
  // Below legHeads.
  const legCells = ({ account_id, side, amount }) => [cell(account_id), ...['debit', 'credit'].map((one) => cellMoney(side === one ? amount : null, currency(account_id))), currency(account_id)];
  return { learn, learned, title, owner, number, line, cell, currency, legCells };
}

// Of merchants and channel accounts that have been learned; of others the ids.
export function ownerNames() {
  const known = new Map();
  const learn = (ids) => Promise.all([...new Set(ids)].filter((id) => !known.has(id)).map(async (id) => {
    known.set(id, (await getIfAny(`/v1/${id.startsWith('mer_') ? 'merchants' : 'channel-accounts'}/${id}`))?.name ?? id);
  }));
  return { learn, name: (id) => known.get(id) ?? id };
}

// null: they may not be read.
export async function allKeys() {
  const data = [];
  for (let cursor; ;) {
    const page = await getIfAny('/v1/operator-keys', { limit: 200, starting_after: cursor });
    if (!page) return page;
    data.push(...page.data);
    if (!page.has_more) return { data };
    cursor = page.next_cursor;
  }
}

// By the id of the key; the id for who has no name, or may not be read.
export async function operatorNames() {
  const names = new Map(((await allKeys())?.data ?? []).map((key) => [key.id, key.name]));
  return (id) => make('span', { title: id, class: names.get(id) ? '' : 'mono' }, names.get(id) || id);
}

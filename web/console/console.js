import { get, keepKey, keyOf, turns } from './api.js';
import { account, accounts, journal } from './accounts.js';
import { books, days } from './books.js';
import { keys } from './keys.js';
import { $, make, problem } from './parts.js';
import { countWaiting, reviews } from './reviews.js';
import { settlement } from './settlement.js';
import { trades } from './trades.js';
import { changeLanguage, isChinese, w } from './words.js';

const pages = { books, accounts, account, journal, reviews, settlement, trades, days, keys };
const showing = turns();
const entering = turns();

function words() {
  document.documentElement.lang = isChinese() ? 'zh-CN' : 'en';
  document.title = w().title;
  for (const node of document.querySelectorAll('[data-word]')) node.textContent = w()[node.dataset.word];
  $('language').textContent = w().other;
}

function leave() {
  keepKey(null);
  showing();
  $('page').replaceChildren();
  for (const id of ['tabs', 'leave']) $(id).hidden = true;
  $('enter').hidden = false;
  $('key').focus();
}

function complain(error) {
  if (error.status === 401) leave();
  $('problem').replaceChildren(...(error ? problem(error).childNodes : []));
  $('problem').hidden = !error;
}

// What is no encoding is taken as it is: no such thing will be found.
function decoded(part) {
  try { return decodeURIComponent(part); } catch { return part; }
}

async function noPage() {
  const menu = [...document.querySelectorAll('#tabs a')].map((link) => make('li', {}, make('a', { href: link.hash }, link.querySelector('[data-word]')?.textContent ?? link.textContent)));
  return [make('h1', {}, w().noPage), make('p', { class: 'soft' }, w().noPageText), make('ul', {}, menu)];
}

async function show() {
  const [name, ...rest] = location.hash.replace(/^#\/?/, '').split('/').map(decoded);
  const page = name || 'books';
  const isNewest = showing();
  for (const link of document.querySelectorAll('#tabs a')) link.toggleAttribute('aria-current', link.hash === `#${page === 'account' ? 'accounts' : page}`);
  for (const id of ['tabs', 'leave']) $(id).hidden = false;
  $('enter').hidden = true;
  $('page').replaceChildren(make('p', { class: 'soft' }, w().loading));
  $('problem').hidden = true;
  try {
    const nodes = await (Object.hasOwn(pages, page) ? pages[page] : noPage)(...rest);
    if (isNewest()) $('page').replaceChildren(...nodes.filter(Boolean));
  } catch (error) {
    if (!isNewest()) return;
    $('page').replaceChildren();
    complain(error);
  }
}

function start() {
  words();
  if (!keyOf()) { leave(); return; }
  show();
  $('waiting').hidden = true;
  countWaiting().catch(() => {}); // not everybody may read reviews
}

$('enter').addEventListener('submit', async (event) => {
  event.preventDefault();
  $('problem').hidden = true;
  const isNewest = entering();
  keepKey($('key').value.trim());
  try {
    await get('/v1/ledger/days', { limit: 1 });
  } catch (error) {
    if (isNewest() && error.status !== 403) { keepKey(null); complain(error); return; }
  }
  if (!isNewest()) return;
  $('key').value = '';
  start();
});
$('leave').addEventListener('click', leave);
$('language').addEventListener('click', () => { changeLanguage(); start(); });
addEventListener('hashchange', () => { if (keyOf()) show(); });
start();

import { $, begin, fits, goToTarget, isChinese, make, w } from './words.js';

const errors = (await fetch('/v1/errors').then((answer) => answer.json())).data;

function row(error) {
  return make('tr', { id: error.code }, make('td', {}, make('a', { href: `#${error.code}` }, make('code', {}, error.code)), make('small', {}, error.type)),
    make('td', {}, String(error.status)), make('td', {}, isChinese() ? error.message_zh : error.message, make('small', {}, `${w().advice}: ${error.advice}${error.retryable ? ` · ${w().retryable}` : ''}`)));
}

function draw() {
  const found = errors.filter((error) => fits(Object.values(error).join(' ')));
  $('errors').replaceChildren(make('div', { class: 'scroll' }, make('table', {},
    make('thead', {}, make('tr', {}, ...[w().code, w().status, w().meaning].map((text) => make('th', {}, text)))), make('tbody', {}, ...found.map(row)))));
  $('nothing').hidden = found.length > 0;
}

begin(draw);
goToTarget();

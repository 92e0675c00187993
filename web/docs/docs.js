import { $, begin, fits, goToTarget, make, w } from './words.js';

const api = await fetch('/openapi.json').then((answer) => answer.json());
const resolve = (node) => (node && node.$ref ? node.$ref.slice(2).split('/').reduce((at, part) => at[part], api) : node);
const nameOf = (node) => (node && node.$ref ? node.$ref.split('/').at(-1) : '');

// ---- operations, by who may call them, then by resource ----

function audienceOf(operation) {
  const scheme = Object.keys((operation.security || [])[0] || {})[0];
  return { scheme: scheme || 'none', audience: { tomatoSignature: 'merchant', operatorKey: 'operator' }[scheme] || 'public' };
}

// In the order one meets them; the server's own pages and probes stand together at the end.
const tagOrder = ['payments', 'webhook-endpoints', 'webhook-deliveries', 'merchants', 'keys', 'channel-accounts', 'ledger', 'platform-keys', 'errors', 'cashier', 'notify', 'server'];
const rank = (tag) => (tagOrder.indexOf(tag) + 1) || tagOrder.length;
function tagOf(path, operation) {
  const tag = (operation.tags || [''])[0];
  return path.startsWith('/v1/') || tagOrder.includes(tag) ? tag : 'server';
}

const operations = Object.entries(api.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => {
  const { scheme, audience } = audienceOf(operation);
  return { path, method, operation, scheme, audience, tag: tagOf(path, operation), id: operation.operationId, text: textOf(path, method, operation) };
}));

function textOf(path, method, operation) {
  const seen = [];
  const names = (schema) => {
    const real = resolve(schema);
    if (!real || seen.includes(real)) return '';
    seen.push(real);
    return `${names(real.items)} ${Object.entries(real.properties || {}).map(([name, sub]) => `${name} ${names(sub)}`).join(' ')}`;
  };
  const contents = [operation.requestBody, ...Object.values(operation.responses)].flatMap((part) => Object.values(resolve(part)?.content || {}));
  const errors = Object.values(operation.responses).map((one) => resolve(one).description).join(' ');
  return `${method} ${path} ${operation.summary} ${operation['x-permission'] || ''} ${errors} ${contents.map((one) => names(one.schema)).join(' ')}`;
}

// ---- schemas as tables ----

function typeOf(schema) {
  const real = resolve(schema);
  const types = [].concat(real.type || []).filter((type) => type !== 'null');
  if (real.const !== undefined) return JSON.stringify(real.const);
  if (real.enum) return real.enum.filter((one) => one !== null).join(' | ');
  if (types[0] === 'array') return `[${typeOf(real.items || {})}]`;
  return [types.join(' | '), real.format].filter(Boolean).join(', ');
}

function limitsOf(schema) {
  const real = resolve(schema);
  const range = (low, high, unit) => (low === undefined && high === undefined ? '' : `${low ?? ''}…${high ?? ''}${unit}`);
  return [range(real.minLength, real.maxLength, ' chars'), range(real.minimum, real.maximum, ''), range(real.minItems, real.maxItems, ' items'),
    real.pattern && !real.maxLength ? real.pattern : ''].filter(Boolean).join('; ');
}

function rows(schema, prefix, depth, readOnly) {
  const real = resolve(schema) || {};
  return Object.entries(real.properties || {}).flatMap(([name, sub]) => {
    const inner = resolve(sub);
    const nested = inner.type?.includes?.('array') || inner.type === 'array' ? resolve(inner.items) : inner;
    if (inner.readOnly && !readOnly) return [];
    return [
      make('tr', {}, make('td', {}, make('code', {}, `${prefix}${name}`), (real.required || []).includes(name) && !readOnly && make('b', { class: 'must' }, w().required)),
        make('td', {}, make('span', {}, typeOf(sub)), make('small', {}, limitsOf(sub))), make('td', {}, inner.description || '')),
      ...(nested?.properties && depth < 4 ? rows(nested, `${prefix}${name}${nested === inner ? '' : '[]'}.`, depth + 1, readOnly) : []),
    ];
  });
}

function table(schema, readOnly) {
  const lines = rows(schema, '', 0, readOnly);
  return lines.length ? make('div', { class: 'scroll' }, make('table', {},
    make('thead', {}, make('tr', {}, ...[w().field, w().type, w().meaning].map((text) => make('th', {}, text)))), make('tbody', {}, ...lines))) : null;
}

function exampleOf(schema) {
  const real = resolve(schema);
  if (!real) return undefined;
  const given = real.example ?? (real.examples || [])[0];
  if (given !== undefined) return given;
  if (real.properties) {
    const entries = Object.entries(real.properties).filter(([name, sub]) => (real.required || []).includes(name) || resolve(sub).examples).map(([name, sub]) => [name, exampleOf(sub)]);
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  }
  return undefined;
}

// ---- one operation ----

const heading = (text) => make('h3', {}, text);

function parameterTable(parameters) {
  return make('div', { class: 'scroll' }, make('table', {}, make('tbody', {}, ...parameters.map(resolve).map((one) => make('tr', {},
    make('td', {}, make('code', {}, one.name), make('small', {}, one.in), one.required && make('b', { class: 'must' }, w().required)),
    make('td', {}, make('span', {}, typeOf(one.schema || {})), make('small', {}, limitsOf(one.schema || {}))), make('td', {}, one.description || resolve(one.schema || {}).description || ''))))));
}

function answerOf(status, response) {
  const schema = Object.values(response.content || {})[0]?.schema;
  const real = resolve(schema);
  const item = real?.properties?.data?.items;
  const parts = [heading(`${w().answer} ${status}${nameOf(item || schema) ? ` · ${item ? `${w().list} ` : ''}${nameOf(item || schema)}` : ''}`)];
  if (item) parts.push(make('p', { class: 'soft' }, w().page));
  parts.push(table(item || schema, true));
  return parts;
}

function errorsOf(responses) {
  const lines = Object.entries(responses).filter(([status]) => /^[45]/.test(status)).flatMap(([status, response]) => (resolve(response).description || '').split('\n')
    .map((line) => line.match(/^([a-z0-9_]+): (.*)$/)).filter(Boolean)
    .map(([, code, text]) => make('li', {}, make('b', {}, status), ' ', make('a', { href: `/docs/errors#${code}` }, code), ` ${text}`)));
  return lines.length ? [heading(w().refusals), make('ul', { class: 'plain' }, ...lines)] : [];
}

function inside({ operation, scheme }) {
  const body = Object.values(operation.requestBody?.content || {})[0]?.schema;
  const example = body && exampleOf(body);
  const good = Object.entries(operation.responses).filter(([status]) => /^[123]/.test(status));
  return make('div', { class: 'inside' },
    make('p', { class: 'soft' }, `${w().who}: ${w().auth[scheme] || scheme}${operation['x-permission'] ? ` · ${w().permission} ` : ''}`, operation['x-permission'] && make('code', {}, operation['x-permission'])),
    ...(operation.parameters?.length ? [heading(w().parameters), parameterTable(operation.parameters)] : []),
    ...(body ? [heading(`${w().body} · ${nameOf(body)}`), table(body, false)] : []),
    ...(example && Object.keys(example).length ? [heading(w().example), make('pre', {}, JSON.stringify(example, null, 2))] : []),
    ...good.flatMap(([status, response]) => answerOf(status, resolve(response))),
    ...errorsOf(operation.responses));
}

// Filled in when it is opened: the whole document at once is long.
function card(one) {
  const details = make('details', { class: 'operation', id: one.id },
    make('summary', {}, make('b', { class: `method ${one.method}` }, one.method.toUpperCase()), make('code', {}, one.path), make('span', {}, one.operation.summary)));
  details.addEventListener('toggle', () => { if (details.open && details.children.length === 1) details.append(inside(one)); });
  return details;
}

function draw() {
  const found = operations.filter((one) => fits(one.text));
  const contents = [];
  const out = [];
  for (const audience of ['merchant', 'operator', 'public']) {
    const mine = found.filter((one) => one.audience === audience);
    if (!mine.length) continue;
    const tags = [...new Set(mine.map((one) => one.tag))].sort((a, b) => rank(a) - rank(b));
    contents.push(make('h2', {}, w().audiences[audience]), make('ul', {}, ...tags.map((tag) => make('li', {}, make('a', { href: `#${audience}-${tag}` }, tag)))));
    out.push(make('h2', { class: 'audience' }, w().audiences[audience]));
    for (const tag of tags) out.push(make('section', { id: `${audience}-${tag}` }, make('h3', { class: 'tag' }, tag), ...mine.filter((one) => one.tag === tag).map(card)));
  }
  $('contents').replaceChildren(...contents);
  $('operations').replaceChildren(...out);
  $('nothing').hidden = found.length > 0;
}

begin(draw);
goToTarget();
addEventListener('hashchange', goToTarget);

// The server's API, asked with the operator's key. The key stays in this tab.
import { isChinese, w } from './words.js';

const place = 'tomato.console.key';
export const keyOf = () => sessionStorage.getItem(place);
// Whose secret it is: op_<id>_<secret>.
export const keyId = () => keyOf().split('_').slice(0, 2).join('_');
export const keepKey = (key) => (key ? sessionStorage.setItem(place, key) : sessionStorage.removeItem(place));

export class Refusal extends Error {
  constructor(status, error) {
    const text = (isChinese() ? error.message_zh : '') || error.message;
    super(`${text}${error.param ? ` (${error.param})` : ''}`);
    this.status = status;
    this.code = error.code;
    this.param = error.param;
    this.text = text; // without the field, for what is said beside it
  }
}

async function call(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { ...options, headers: { Authorization: `Bearer ${keyOf()}`, ...options.headers } });
  } catch {
    throw new Refusal(0, { code: 'unreachable', message: w().unreachable });
  }
  if (answer.ok) return answer;
  const { error } = await answer.json().catch(() => ({}));
  throw new Refusal(answer.status, error ?? { code: '', message: `HTTP ${answer.status}` });
}

const query = (terms) => {
  const text = new URLSearchParams(Object.entries(terms).filter(([, value]) => value !== undefined && value !== '')).toString();
  return text ? `?${text}` : '';
};

// Amounts go beyond what a double holds, so the integers of an answer are BigInts.
const read = async (answer) => JSON.parse(await answer.text(), (_, value, { source }) => (Number.isInteger(value) ? BigInt(source) : value));
export const write = (value) => JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? JSON.rawJSON(String(part)) : part), 2);

export const get = async (path, terms = {}) => read(await call(path + query(terms)));
// What may be missing, or not be this operator's to read: null then.
export const ifAny = (asked) => asked.catch((error) => {
  if (error.status === 404 || error.status === 403) return null;
  throw error;
});
export const getIfAny = (path, terms) => ifAny(get(path, terms));
export const post = async (path, body) => read(await call(path, {
  method: 'POST', body: write(body), headers: { 'Content-Type': 'application/json' },
}));

// Each call takes a turn and gives the question whether it is still the newest: who asked earlier
// and was answered later may not paint.
export function turns() {
  let last = 0;
  return () => {
    const mine = ++last;
    return () => mine === last;
  };
}

// A file goes through the script, because a link carries no key.
export async function download(path, terms) {
  const answer = await call(path + query(terms));
  const name = answer.headers.get('Content-Disposition')?.match(/filename="([^"]+)"/)?.[1] ?? path.split('/').at(-1);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

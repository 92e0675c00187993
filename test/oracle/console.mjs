// The operator's console in a browser: signing in, and what its pages show.
import assert from 'node:assert/strict';

export const text = (selector) => `document.querySelector(${JSON.stringify(selector)})?.textContent`;
export const texts = (selector) => `[...document.querySelectorAll(${JSON.stringify(selector)})].map((node) => node.textContent)`;
export const put = (selector, value) => `document.querySelector(${JSON.stringify(selector)}).value = ${JSON.stringify(value)}`;

// Signs in, as the first checker of the platform when no key is given, and goes to the page.
export async function openConsole(browser, p, hash, { language = 'en', key = p.checkerKeys[0], ...size } = {}) {
  const page = await browser.open(`${p.url}/console?lang=${language}#${hash}`, size);
  await page.wait(`!document.getElementById('enter').hidden`);
  await page.run(put('#key', key));
  await page.click('#enter button');
  await page.wait(`document.querySelector('#page h1') !== null || !document.getElementById('problem').hidden`);
  return page;
}

export async function isWhole(page) {
  assert.ok(await page.run('document.documentElement.scrollWidth <= innerWidth'), 'nothing is cut off');
  assert.deepEqual(page.errors(), []);
}

// What a person does with the page of --inspect, done by a browser. `docker/host/tests/exchanges.rs` starts the host.
//
// From the environment: PAGE, the address of the page; HOST, that of the functions; BROWSER, the program; MODULES, the folder with
// `node_modules`; SCREENSHOTS, a folder.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, beforeEach, test } from 'node:test';

const { PAGE, HOST, BROWSER, MODULES, SCREENSHOTS } = process.env;
const require = createRequire(`${MODULES}/`);
const { chromium } = require('playwright-core');
const { source: AXE } = require('axe-core');

const KEY = 'the-secret-key';
const LIMIT_MS = 20_000;
const MANY = 10_000;
const AT_ONCE = 32;
// For whoever types: a list that follows within this time is felt to follow at once.
const FEELS_IMMEDIATE_MS = 1_000;
const MOST_ROWS_DRAWN = 100;

let browser, page, faults;

before(async () => {
  // The sandbox wants rights that root and containers lack; the page comes from this machine.
  browser = await chromium.launch({ executablePath: BROWSER, args: ['--no-sandbox'] });
});
after(() => browser?.close());

beforeEach(async () => {
  await page?.context().close();
  faults = [];
  await open({ width: 1280, height: 800 }, 'light');
});

async function open(viewport, colorScheme) {
  page = await (await browser.newContext({ viewport, colorScheme })).newPage();
  page.setDefaultTimeout(LIMIT_MS);
  page.on('pageerror', error => faults.push(error.message));
  page.on('console', message => { if (message.type() === 'error') faults.push(message.text()); });
  await page.goto(PAGE);
  await page.getByRole('status').first().filter({ hasText: / of / }).waitFor();
}

async function call(path, body) {
  const response = await fetch(`${HOST}${path}`, { method: 'POST', body });
  return response.text();
}

const list = () => page.getByRole('listbox');
const rows = () => list().getByRole('option');
const count = () => page.locator('#count');
const detail = () => page.locator('#detail');
// The newest exchange, once the page has heard of it.
const newest = text => rows().first().filter({ hasText: text });

async function choose(path, body, text) {
  await call(path, body);
  await newest(text).click();
  await detail().getByRole('heading', { name: 'Request' }).waitFor();
}

test('a call is listed while the page is open', async () => {
  await call('/api/pass?name=Ada', 'hello');
  await newest('pass').filter({ hasText: '200 succeeded' }).filter({ hasText: '/api/pass?name=Ada' }).waitFor();
  assert.deepEqual(faults, []);
});

test('the filter and the outcome choose among the exchanges', async () => {
  await call('/api/pass', 'hello');
  await call('/api/wrap', 'fail');
  await newest('failed').waitFor();
  await page.getByLabel('Filter').fill('pass');
  await count().filter({ hasText: /^\d+ of/ }).waitFor();
  assert.ok((await rows().allTextContents()).every(row => row.includes('pass')));
  await page.getByLabel('Filter').fill('');
  await page.getByLabel('Outcome').selectOption('failed');
  await newest('500 failed').waitFor();
  assert.ok((await rows().allTextContents()).every(row => row.includes('failed')));
  await page.getByLabel('Filter').fill('no such function');
  await count().filter({ hasText: /^0 of/ }).waitFor();
});

test('an exchange shows the envelope beside the response, and below it on a narrow screen', async () => {
  await choose('/api/wrap', 'hello', 'wrap');
  const boxes = async () => Promise.all(['Request', 'Response'].map(name => detail().getByRole('heading', { name }).boundingBox()));
  const [request, answer] = await boxes();
  assert.ok(answer.x > request.x + 100 && Math.abs(answer.y - request.y) < 5);
  await detail().getByLabel('Request: body').filter({ hasText: '"Metadata"' }).waitFor();
  await detail().getByLabel('Response: body').filter({ hasText: '"wrapped"' }).waitFor();
  await page.setViewportSize({ width: 400, height: 800 });
  const [above, below] = await boxes();
  assert.ok(below.y > above.y && below.x === above.x);
});

test('a broken rule is named, and can be read', async () => {
  await choose('/api/wrap', 'fail', 'failed');
  await detail().getByText('docker/protocol.md#gatekeeping').click();
  await detail().getByLabel('The rule').filter({ hasText: '### Gatekeeping' }).waitFor();
});

test('a request is sent again with another body', async () => {
  await choose('/api/wrap', 'fail', 'failed');
  await detail().getByText('Send again').first().click();
  await detail().getByLabel('Body', { exact: true }).fill('{"Data":{"req":{"Body":"mended"}},"Metadata":{}}');
  await detail().getByRole('button', { name: 'Send again' }).click();
  await detail().getByText('it is at the top of the list').waitFor();
  await newest('200 succeeded').click();
  await detail().getByLabel('Request: body').filter({ hasText: 'mended' }).waitFor();
});

test('a stream is shown while it flows', async () => {
  const streamed = call('/api/pass', 'stream');
  await newest('under way').click();
  await detail().getByText('from the handler').first().waitFor();
  await detail().getByLabel('Response: body').filter({ hasText: 'your key:' }).waitFor();
  await call('/api/pass', 'flow');
  await streamed;
  await detail().getByText('and the rest').waitFor();
  await detail().getByText('succeeded').first().waitFor();
});

test('no key is shown', async () => {
  await choose(`/api/pass?code=${KEY}`, 'hello', 'code=***');
  const texts = [await page.content(), await (await fetch(`${PAGE}exchanges`)).text()];
  const { number } = JSON.parse(texts[1]).at(-1);
  texts.push(await (await fetch(`${PAGE}exchanges/${number}`)).text());
  for (const text of texts) assert.ok(!text.includes(KEY), text.slice(0, 200));
});

test('everything can be done with the keyboard alone', async () => {
  await call('/api/wrap', 'fail');
  await newest('failed').waitFor();
  const focused = async name => {
    for (let steps = 0; steps < 30; steps++) {
      await page.keyboard.press('Tab');
      const text = await page.evaluate(() => {
        const it = document.activeElement;
        return it.getAttribute('aria-label') || it.labels?.[0]?.textContent || it.textContent;
      });
      if (text.startsWith(name)) return;
    }
    assert.fail(`the focus does not come to ${name}`);
  };
  await focused('Exchanges');
  await page.keyboard.press('Home');
  assert.equal(await list().getAttribute('aria-activedescendant'), await rows().first().getAttribute('id'));
  await detail().getByRole('heading', { name: 'Request' }).waitFor();
  await focused('The rule');
  await page.keyboard.press('Enter');
  await detail().getByLabel('The rule').filter({ hasText: '### Gatekeeping' }).waitFor();
  await focused('Send again, to the handler');
  await page.keyboard.press('Enter');
  await focused('Body');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('{"Data":{},"Metadata":{}}');
  await focused('Send again');
  await page.keyboard.press('Enter');
  await newest('200 succeeded').waitFor();
});

for (const width of [1280, 400]) {
  for (const scheme of ['light', 'dark']) {
    test(`nothing bars anybody from it: ${width} px, ${scheme}`, async () => {
      await page.context().close();
      await open({ width, height: 800 }, scheme);
      await call('/api/pass?name=Ada', 'hello');
      await choose('/api/wrap', 'fail', 'failed');
      await detail().getByText('docker/protocol.md#gatekeeping').click();
      await detail().getByLabel('The rule').filter({ hasText: '### Gatekeeping' }).waitFor();
      await detail().getByText('Send again').first().click();
      await page.screenshot({ path: `${SCREENSHOTS}/${width}-${scheme}.png`, fullPage: true });
      await page.evaluate(AXE);
      const { violations } = await page.evaluate(() => axe.run());
      assert.deepEqual(violations.map(it => `${it.id}: ${it.nodes.map(node => node.html)}`), []);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${wide} px wide`);
      assert.deepEqual(faults, []);
    });
  }
}

test(`${MANY} exchanges stay usable`, async () => {
  await Promise.all(Array.from({ length: AT_ONCE }, async (_, caller) => {
    for (let sent = caller; sent < MANY; sent += AT_ONCE) await call(`/api/pass?number=${sent}`, 'hello');
  }));
  await call('/api/pass?number=last', 'hello');
  await newest('number=last').waitFor();
  await page.reload();
  await newest('number=last').waitFor();
  assert.ok(await rows().count() < MOST_ROWS_DRAWN);
  const begun = performance.now();
  await page.getByLabel('Filter').fill('number=4321');
  await newest('number=4321').waitFor();
  await page.getByLabel('Filter').fill('');
  await newest('number=last').waitFor();
  await list().focus();
  await page.keyboard.press('End');
  const last = await rows().first().getAttribute('aria-setsize');
  await list().locator(`[aria-selected=true][aria-posinset="${last}"]`).waitFor();
  const took = performance.now() - begun;
  console.log(`${await count().textContent()}: filtered, widened and scrolled to the end in ${took.toFixed(0)} ms`);
  assert.ok(took < 3 * FEELS_IMMEDIATE_MS, `${took} ms`);
});

// Opens pages in headless Chromium and says what is wrong with them, one JSON object on standard output.
//
//   node browser.mjs MODULES JOB.json
//
// MODULES is the folder that holds playwright-core, axe-core and html-validate. The job names a server, paths on it, and, where
// screenshots are wanted, a folder for them.
import { createRequire } from 'node:module';
import { readFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';

const require = createRequire(path.resolve(process.argv[2], 'x.js'));
const job = JSON.parse(readFileSync(process.argv[3], 'utf8'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const { HtmlValidate } = require('html-validate');

// The recommended rules. A title may be long: it is an entry's own.
const validator = new HtmlValidate({ extends: ['html-validate:recommended'], rules: { 'long-title': 'off' } });

const browser = await chromium.launch({
  executablePath: job.chromium,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const found = { pages: 0, axe: [], html: [], executed: [], foreign: [], errors: [], wide: [] };
if (job.shots) mkdirSync(job.shots, { recursive: true });

// What ran, and what is there that could run: the page's own script is the only one, and nothing has a handler.
function active() {
  const found = [...window.ran];
  if (document.scripts.length !== 1) found.push(document.scripts.length + ' scripts');
  for (const element of document.querySelectorAll('*')) {
    for (const { name, value } of element.attributes) {
      if (/^on/i.test(name) || /^(href|src|action|formaction|data|poster|xlink:href)$/i.test(name) && /^\s*(javascript|vbscript):/i.test(value) || name === 'style' || name === 'srcdoc') found.push(`<${element.localName} ${name}="${value}">`);
    }
    if (/^(iframe|object|embed|form|base|meta|link|svg|portal|template)$/.test(element.localName) && element.closest('.prose')) found.push(`<${element.localName}> in an entry`);
  }
  return found;
}

// What stands in place of the pictures of entries, where somebody wants to see some: sky above sea.
const PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 450" width="800" height="450"><path fill="#9db8cc" d="M0 0h800v450H0z"/><path fill="#3f6f8f" d="M0 290h800v160H0z"/><path fill="#efe6d4" d="M560 120h40l14 190h-68z"/><path fill="#a1260d" d="M556 96h48v26h-48z"/></svg>';

const schemes = job.schemes ?? ['light'];
const widths = job.widths ?? [1440];
for (const scheme of schemes) {
  for (const width of widths) {
    const context = await browser.newContext({ viewport: { width, height: job.height ?? 900 }, colorScheme: scheme, bypassCSP: job.bypass ?? false });
    // Nothing of the world is asked: pictures of entries lead nowhere.
    await context.route((url) => url.origin !== new URL(job.base).origin, (route) => (job.pictures && route.request().resourceType() === 'image' ? route.fulfill({ contentType: 'image/svg+xml', body: PICTURE }) : route.abort()));
    // What hostile markup calls to show that it ran.
    await context.addInitScript(() => {
      window.ran = [];
      for (const name of ['alert', 'confirm', 'prompt', 'print']) window[name] = (...given) => window.ran.push(name + ': ' + given.join());
    });
    const page = await context.newPage();
    const client = await context.newCDPSession(page);
    let label = '';
    const requests = [];
    page.on('request', (request) => requests.push([request.url(), request.resourceType()]));
    page.on('pageerror', (error) => found.errors.push(label + ': ' + error.message));
    page.on('console', (message) => message.type() === 'error' && !/Failed to load resource/.test(message.text()) && found.errors.push(label + ': ' + message.text()));
    for (const address of job.paths) {
      label = `${address} ${width} ${scheme}`;
      requests.length = 0;
      const answer = await page.goto(job.base + address, { waitUntil: 'load' });
      found.pages += 1;
      if (!answer.ok()) found.errors.push(`${label}: ${answer.status()}`);
      for (const what of await page.evaluate(active)) found.executed.push(`${label}: ${what}`);
      for (const [url, kind] of requests) {
        if (!url.startsWith(job.base) && !url.startsWith('data:') && kind !== 'image') found.foreign.push(`${label}: ${kind} ${url}`);
      }
      if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) found.wide.push(label);
      if (job.axe !== false) {
        // The page's own policy lets no script in, and axe is one: it comes in beside the page, not through it.
        await client.send('Runtime.evaluate', { expression: axe });
        const { result } = await client.send('Runtime.evaluate', {
          expression: 'axe.run(document, { resultTypes: ["violations"] }).then((found) => JSON.stringify(found.violations.map((v) => [v.id, v.nodes.map((n) => n.html.slice(0, 200)).slice(0, 3)])))',
          awaitPromise: true,
          returnByValue: true,
        });
        for (const [id, nodes] of JSON.parse(result.value)) found.axe.push(`${label}: ${id}: ${nodes.join(' | ')}`);
      }
      if (job.html !== false && width === widths[0] && scheme === schemes[0]) {
        const report = await validator.validateString(await answer.text());
        for (const result of report.results) for (const message of result.messages) found.html.push(`${address}: ${message.ruleId}: ${message.message}`);
      }
      if (job.shots) {
        const name = `${address.replace(/[^a-z0-9]+/gi, '_') || 'index'}-${width}-${scheme}.png`;
        await page.screenshot({ path: path.join(job.shots, name), fullPage: job.full ?? true });
      }
    }
    await context.close();
  }
}
await browser.close();
process.stdout.write(JSON.stringify(found));

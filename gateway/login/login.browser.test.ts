/** The login in a real browser: what it does with our form, our headers and our cookie is its decision. */
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestGateway, type RunningGateway } from '../testing/gateway-harness.ts';

let browser: Browser;
let gateway: RunningGateway;

beforeAll(async () => {
  const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
});
afterAll(() => browser.close());

beforeEach(async () => {
  gateway = await startTestGateway();
  const folder = gateway.options.consoleFolder;
  await mkdir(join(folder, 'assets'), { recursive: true });
  await writeFile(
    join(folder, 'index.html'),
    '<!doctype html><title>console</title><script type="module" src="/assets/index-B1x9_kQz.js"></script>',
  );
  await writeFile(
    join(folder, 'assets', 'index-B1x9_kQz.js'),
    "document.body.textContent = (await fetch('/api/runs')).status;",
  );
});
afterEach(() => gateway.end());

async function openPage(options: BrowserContextOptions = {}): Promise<Page> {
  // Another page of the same browser must not be logged in already.
  return (await browser.newContext(options)).newPage();
}

const mintUrl = async () => (await gateway.login.mintLink(gateway.url)).url;

describe('a login link in a browser', () => {
  it('opens the console by itself, and what the console loads and asks is allowed', async () => {
    const page = await openPage();
    const violations: unknown[] = [];
    await page.exposeFunction('reportViolation', (directive: unknown) =>
      violations.push(directive),
    );
    await page.addInitScript(
      "addEventListener('securitypolicyviolation', (event) => reportViolation(event.effectiveDirective))",
    );
    await page.goto(await mintUrl());
    await page.waitForURL(`${gateway.url}/`);
    await page.getByText('200').waitFor();
    expect(violations).toEqual([]);
    expect(await page.evaluate('document.cookie')).toBe('');
  });

  it('opens the console with one click where there are no scripts', async () => {
    const page = await openPage({ javaScriptEnabled: false });
    await page.goto(await mintUrl());
    await page.getByRole('button', { name: 'Open the console' }).click();
    await page.waitForURL(`${gateway.url}/`);
    expect(await page.title()).toBe('console');
  });

  it('opens the console when it is followed from a page of another site', async () => {
    const url = await mintUrl();
    const chat = createServer((_request, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end(`<a href="${url}">log in</a>`);
    });
    await new Promise<void>((resolve) => {
      chat.listen(0, '127.0.0.1', resolve);
    });
    const address = chat.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const page = await openPage();
    // By name, so that it is another site than the gateway's address.
    await page.goto(`http://localhost:${port}/`);
    await page.getByRole('link').click();
    await page.getByText('200').waitFor();
    expect(page.url()).toBe(`${gateway.url}/`);
    await page.context().close();
    await new Promise((resolve) => {
      chat.close(resolve);
    });
  });

  it('does not open it a second time in another browser', async () => {
    const url = await mintUrl();
    const first = await openPage();
    await first.goto(url);
    await first.waitForURL(`${gateway.url}/`);
    const second = await openPage();
    await second.goto(url);
    await second.getByText('signalbox login').waitFor();
    await second.goto(gateway.url);
    expect(await second.title()).toContain('Log in');
  });
});

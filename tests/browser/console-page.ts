/** The console as a person has it before them: what is shown, and when it is live. */
import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

const knownPaths = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser that the set-up names in CHROMIUM, else one that is installed. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? knownPaths.find((path) => existsSync(path));
  if (executablePath === undefined) {
    throw new Error('No Chromium found. Install chromium, or name one in CHROMIUM.');
  }
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
}

export async function untilLive(page: Page): Promise<void> {
  await page.locator('sb-connection-indicator').getByText('live', { exact: true }).waitFor();
}

/** The events in the timeline, top to bottom: with a hole or a repeat if there is one. */
export async function readShownEvents(page: Page): Promise<readonly string[]> {
  return page
    .locator('sb-event-timeline li')
    .evaluateAll((items: readonly PageElement[]) =>
      items.map((item) => item.getAttribute('data-event') ?? ''),
    );
}

/** What is used of an element: the tests are not compiled with the types of a browser. */
interface PageElement {
  getAttribute(name: string): string | null;
}

export function findEvent(page: Page, type: string) {
  return page.locator(`sb-event-timeline li[data-type="${type}"]`).first();
}

export function findRow(page: Page, run: string) {
  return page.locator(`sb-run-list tr[data-run="${run}"]`);
}

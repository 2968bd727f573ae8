/** The browser of the tests: a Chromium that is installed, never one that is downloaded. */
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const knownPaths = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

export async function launchChromium(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? knownPaths.find((path) => existsSync(path));
  if (executablePath === undefined) {
    throw new Error('No Chromium found. Install chromium, or name one in CHROMIUM.');
  }
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

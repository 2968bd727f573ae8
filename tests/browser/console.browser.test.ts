/**
 * The console with the whole system under it: real processes, real NATS, a real browser. One story, told
 * in order: a person logs in, watches the demo job, steers and kills another session, and sees both
 * servers die and come back, without missing an event.
 */
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { chooseGatewayPort } from '../../cli/system/gateway-port.ts';
import { followEvents } from '../system/follow-events.ts';
import {
  makeRepository,
  makeScratch,
  writeRecording,
  writeWorkflow,
  type Scratch,
} from '../system/scratch.ts';
import { runSignalbox, startSignalbox, type RunningCommand } from '../system/signalbox-command.ts';
import { startRun } from '../system/start-run.ts';
import { findEvent, findRow, launchBrowser, readShownEvents, untilLive } from './console-page.ts';
import { attemptFromPage } from './speak-nats.ts';

const settled = { timeout: 30_000, interval: 50 };
/** The demo job runs real tests seven times; a busy machine takes its time. */
const demoTimeoutMs = 120_000;
const loginUrlSchema = z.object({ url: z.string() });
const natsRecordSchema = z.object({ pid: z.number() });

let scratch: Scratch;
let home: string;
let flags: readonly string[];
let system: RunningCommand;
let browser: Browser;
let person: BrowserContext;
let list: Page;
let runPage: Page;
let demoRun: string;

beforeAll(async () => {
  scratch = await makeScratch();
  home = join(scratch.folder, 'home');
  const port = await chooseGatewayPort('127.0.0.1', 0);
  flags = ['up', '--port', String(port), '--sync', 'interval'];
  [system, browser] = await Promise.all([startSignalbox(flags, home), launchBrowser()]);
  await system.untilSaid('Where to look next');
  person = await browser.newContext();
});

afterAll(async () => {
  await browser.close();
  await system.stop();
  await scratch.remove();
});

async function mintLink(): Promise<string> {
  const { stdout } = await runSignalbox(['login', '--json', '--home', home]);
  return loginUrlSchema.parse(JSON.parse(stdout)).url;
}

function addressOf(run: string): string {
  return new URL(`/runs/${run}`, list.url()).href;
}

async function openRun(run: string): Promise<Page> {
  const page = await person.newPage();
  await page.goto(addressOf(run));
  return page;
}

/** What EVENTS itself holds of a run, read up to the coordinator's end. */
async function readStoredEvents(run: string): Promise<readonly string[]> {
  const log = await followEvents(home);
  const ofRun = () =>
    log.events.filter(({ actor }) => actor === run || actor.startsWith(`${run}::`));
  await vi.waitFor(() => {
    expect(ofRun().some(({ actor, type }) => actor === run && type === 'actorEnded')).toBe(true);
  }, settled);
  await log.close();
  return ofRun().map(({ id }) => id);
}

async function expectComplete(page: Page, run: string): Promise<void> {
  const stored = await readStoredEvents(run);
  await vi.waitFor(async () => {
    expect(await readShownEvents(page)).toEqual(stored);
  }, settled);
}

describe('the console of a running system', () => {
  it('is opened by a one-time link, once', async () => {
    const link = await mintLink();
    list = await person.newPage();
    await list.goto(link);
    await list.getByText('No runs yet').waitFor();
    await untilLive(list);
    const stranger = await (await browser.newContext()).newPage();
    await stranger.goto(link);
    await stranger.getByText('This link does not open the console').waitFor();
    await stranger.goto(new URL('/', link).href);
    await stranger.getByText('signalbox login').waitFor();
    expect(await stranger.locator('sb-run-list').count()).toBe(0);
    await stranger.context().close();
  });

  it('lists the demo run as soon as it is there, and moves it on', async () => {
    const demo = await startSignalbox(['demo'], home);
    const row = list.locator('sb-run-list tr[data-run]');
    await row.waitFor();
    demoRun = (await row.getAttribute('data-run')) ?? '';
    await row.getByText('slugify leaves double').waitFor();
    await row.getByText(/Step 1 of 4/u).waitFor();
    expect(demoRun).toMatch(/^run-/u);
    await list.getByText('Triggers and work queue').click();
    await list.getByText('Delivery accepted').waitFor();
    await demo.stop();
  });

  it('back-fills the run, tails it, shows its transcript, and the same after a reload', async () => {
    runPage = await openRun(demoRun);
    await findEvent(runPage, 'runStarted').waitFor();
    await findEvent(runPage, 'toolFinished').waitFor();
    const transcript = runPage.locator('sb-transcript-view');
    await transcript.getByText('glob', { exact: true }).waitFor();
    await transcript.getByText('npm test').first().waitFor();
    const before = await readShownEvents(runPage);
    await runPage.reload();
    await vi.waitFor(async () => {
      expect((await readShownEvents(runPage)).slice(0, before.length)).toEqual(before);
    }, settled);
    await untilLive(runPage);
  });

  it('may read what is live and ask the gateway, and nothing else', async () => {
    const subscribe = (subject: string) => ({ lines: [`SUB ${subject} 1`, 'UNSUB 1'] });
    const publish = (subject: string) => ({ lines: [`PUB ${subject} 2`, '{}'] });
    const allowed = [
      subscribe('live.>'),
      subscribe('_INBOX_console.1'),
      publish('gw.main.command'),
    ];
    const refusedSubjects = ['in.>', 'a.>', 'evt.>', 'tr.>', '_INBOX.>', '>'];
    const target = `session.${demoRun}::session`;
    const refusedTargets = [
      `in.3.main.${target}`,
      `a.3.main.${target}`,
      `evt.main.${target}`,
      `live.evt.main.${target}`,
      'sys.main.request',
      '$JS.API.STREAM.LIST',
    ];
    const attempts = [
      ...allowed,
      ...refusedSubjects.map(subscribe),
      ...refusedTargets.map(publish),
    ];
    const [connected, ...answers] = await attemptFromPage(list, attempts);
    expect(connected).toEqual([]);
    expect(answers.slice(0, allowed.length)).toEqual(allowed.map(() => []));
    // `Permissions Violation for Publish to "in.3.…"`; the server may add which queue it was.
    const refusals = answers
      .slice(allowed.length)
      .map((errors) => errors.join().split('"', 2).join(''));
    expect(refusals).toEqual([
      ...refusedSubjects.map((subject) => `Permissions Violation for Subscription to ${subject}`),
      ...refusedTargets.map((subject) => `Permissions Violation for Publish to ${subject}`),
    ]);
  });

  it('steers a session that works, and kills it', async () => {
    const run = 'run-steered';
    const [repository, workflow, recording] = await Promise.all([
      makeRepository(scratch.folder),
      writeWorkflow(scratch.folder),
      writeRecording(scratch.folder, {
        calls: [{ tool: 'bash', input: { command: 'sleep 600' } }],
      }),
    ]);
    const log = await followEvents(home);
    await startRun(log.client, run, { repository, workflow, recording, merge: 'never' });
    const page = await openRun(run);
    await page.locator('sb-transcript-view').getByText('running', { exact: true }).waitFor();
    await page.getByLabel('Steer this session').fill('Use a table.');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('Accepted: the session reads it').waitFor();
    await page.getByText('Steered by a person, in the console').waitFor();
    await vi.waitFor(() => {
      const steered = log.events.filter(({ type }) => type === 'steered');
      expect(steered.map(({ actor, data }) => ({ actor, data }))).toEqual([
        { actor: `${run}::session`, data: { text: 'Use a table.', from: 'console' } },
      ]);
    }, settled);
    await log.close();
    await page.getByRole('button', { name: 'Kill session' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Kill session' }).click();
    await page
      .getByText(/^The session was killed: killed from the console, in step 1 of 2/u)
      .waitFor();
    await findRow(list, run).getByText('failed').waitFor();
    await findRow(list, run).getByText('killed from the console').waitFor();
    expect(await page.getByRole('button', { name: 'Send' }).count()).toBe(0);
    await expectComplete(page, run);
    await page.close();
  });

  it(
    'misses and repeats nothing when NATS is killed, and then everything',
    async () => {
      const natsRecord = readFileSync(join(home, 'nats', 'server.json'), 'utf8');
      process.kill(natsRecordSchema.parse(JSON.parse(natsRecord)).pid, 'SIGKILL');
      await runPage.getByText(/reconnecting since/iu).waitFor();
      await untilLive(runPage);
      const before = (await readShownEvents(runPage)).length;
      process.kill(system.pid, 'SIGKILL');
      await system.ended;
      await runPage.getByText(/reconnecting since/iu).waitFor();
      system = await startSignalbox([...flags, '--demo'], home);
      await untilLive(runPage);
      await runPage
        .getByText(/^Merged as/u)
        .first()
        .waitFor({ timeout: demoTimeoutMs });
      await expectComplete(runPage, demoRun);
      expect((await readShownEvents(runPage)).length).toBeGreaterThan(before);
      await findRow(list, demoRun).getByText('merged', { exact: true }).waitFor();
      const session = runPage.getByRole('article', { name: `session ${demoRun}::session` });
      expect(await session.getByRole('listitem').first().innerText()).toMatch(/^queued/u);
    },
    demoTimeoutMs,
  );
});

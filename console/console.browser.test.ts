/** The console in a real browser, against real HTTP, a real nats-server and its real WebSocket listener. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { gatewayCommandSchema } from '../runtime/contract/live.ts';
import { findTestServerBinary } from '../runtime/testing/real-server.ts';
import { buildConsole } from './testing/build-console.ts';
import { launchChromium } from './testing/chromium.ts';
import { tellDemoEnd, tellDemoRun, tellKill, tellUntilParked } from './testing/demo-story.ts';
import { createStoryteller, type Chapter } from './testing/storyteller.ts';
import { findFaintTexts } from './testing/find-faint-texts.ts';
import { startFakeGateway, type FakeGateway } from './testing/fake-gateway.ts';

const runId = 'run-f8df8dcfb282207e';
const sessionId = `${runId}::session`;
const settled = { timeout: 15_000, interval: 25 };

let folder: string;
let natsServer: string;
let browser: Browser;
let gateway: FakeGateway;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-console-build-'));
  await buildConsole(folder);
  natsServer = await findTestServerBinary();
  browser = await launchChromium();
});

afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  gateway = await startFakeGateway(folder, natsServer);
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // The browser reports refused connections and a 401 by itself; both are part of these tests.
    const isExpected = /WebSocket connection|status of 401/u.test(message.text());
    if (!isExpected) complaints.push(message.text());
  });
});

afterEach(async () => {
  await page.close();
  await gateway.stop();
  if (complaints.length > 0) throw new Error(`the page complained: ${complaints.join('; ')}`);
});

async function tell(chapters: readonly Chapter[]): Promise<void> {
  for (const chapter of chapters) {
    if (chapter.type === 'events') await gateway.streams.storeEvents(chapter.events);
    else await gateway.streams.storeEntry(chapter.entry);
  }
}

const untilLive = (): Promise<void> =>
  page.locator('sb-connection-indicator').getByText('live', { exact: true }).waitFor();

/** The events shown in the timeline, top to bottom. */
const shownEvents = (): Promise<readonly string[]> =>
  page
    .locator('sb-event-timeline li')
    .evaluateAll((items) => items.map((item) => item.getAttribute('data-event') ?? ''));

const storedEvents = (): readonly string[] =>
  gateway.streams.events.filter(({ actor }) => actor.startsWith(runId)).map(({ id }) => id);

/** The prompts shown in the transcript, top to bottom. */
const shownPrompts = (): Promise<readonly string[]> =>
  page.locator('sb-transcript-view .part-prompt sb-prose-text p').allInnerTexts();

/** A prompt of the followed session, with one of another session before it. */
function prompts(text: string, number: number): readonly Chapter[] {
  const ours = createStoryteller(runId, Date.now(), number);
  const others = createStoryteller('run-other', Date.now(), number);
  const item = { type: 'prompt', source: 'step', text } as const;
  return [others.entry(item), ours.entry(item)];
}

describe('the list of runs', () => {
  it('says what to do when it is empty, fills live, and keeps its filter in the address', async () => {
    await page.goto(gateway.origin);
    await page.getByText('signalbox dispatch').waitFor();
    await untilLive();
    await tell(tellUntilParked(runId, Date.now() - 60_000));
    const row = page.locator(`sb-run-list tr[data-run="${runId}"]`);
    await row.getByText('parked', { exact: true }).waitFor();
    await row.getByText('Until merge request !1 is reviewed').waitFor();
    await page.reload();
    await row.getByText('parked', { exact: true }).waitFor();
    await untilLive();
    await tell(tellDemoEnd(runId, Date.now()));
    await row.getByText('Merged as 4f1d2a9c').waitFor();
    await page.getByRole('link', { name: 'Active' }).click();
    await page.getByText('No run is active').waitFor();
    expect(new URL(page.url()).search).toBe('?state=active');
    await page.reload();
    await page.getByText('No run is active').waitFor();
    await page.getByRole('link', { name: 'Completed' }).click();
    await row.getByRole('link').click();
    await page.getByRole('heading', { level: 1, name: /clamp\(\)/u }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/runs/${runId}`);
    await page.goBack();
    await row.waitFor();
  });
});

describe('the page of a run', () => {
  it('back-fills and tails through a cut connection and a lagging history, without a hole', async () => {
    gateway.behaviour.pageSize = 7;
    await tell(tellDemoRun(runId, Date.now() - 60_000));
    await tell(tellDemoRun('run-0000000000000001', Date.now() - 60_000));
    await page.goto(`${gateway.origin}/runs/${runId}`);
    await untilLive();
    await vi.waitFor(async () => expect(await shownEvents()).toEqual(storedEvents()), settled);
    const more = createStoryteller(runId, Date.now(), 500);
    const other = createStoryteller('run-0000000000000001', Date.now(), 500);
    const turn = (number: number): readonly Chapter[] => [
      other.event('session', 'modelCalled', 'acting.choosing', { turn: number }),
      more.event('session', 'modelCalled', 'acting.choosing', { turn: number }),
      ...prompts(`turn ${number}`, 600 + number),
    ];
    await tell(turn(1));
    await vi.waitFor(async () => expect(await shownEvents()).toEqual(storedEvents()), settled);
    gateway.proxy.cut();
    await page.getByText(/reconnecting since/iu).waitFor();
    gateway.behaviour.historyThrough = gateway.streams.events.at(-1)?.seq ?? 0;
    for (const number of [2, 3, 4]) await tell(turn(number));
    gateway.proxy.mend();
    await untilLive();
    await tell(turn(5));
    await page.getByText(/history has not caught up/u).waitFor();
    expect((await shownEvents()).length).toBeLessThan(storedEvents().length);
    gateway.behaviour.historyThrough = Number.MAX_SAFE_INTEGER;
    await vi.waitFor(async () => expect(await shownEvents()).toEqual(storedEvents()), settled);
    const turns = [1, 2, 3, 4, 5].map((number) => `turn ${number}`);
    await vi.waitFor(async () => expect((await shownPrompts()).slice(-5)).toEqual(turns), settled);
    expect(await page.getByText('Not up to date').count()).toBe(0);
  });

  it('tails a transcript among others without asking history for what came live', async () => {
    await tell(tellDemoRun(runId, Date.now() - 60_000));
    await page.goto(`${gateway.origin}/runs/${runId}`);
    await untilLive();
    await page.getByText('I will add that test').waitFor();
    for (const number of [1, 2, 3]) await tell(prompts(`turn ${number}`, 600 + number));
    await page.getByText('turn 3').waitFor();
    const positions = gateway.requests
      .filter((request) => request.includes('/transcript'))
      .map((request) => Number(new URL(request, gateway.origin).searchParams.get('after')));
    // A gap would be asked for from the position before the live messages, again and again.
    expect(positions.filter((after) => after > 0).length).toBeLessThanOrEqual(6);
    expect((await shownPrompts()).slice(-3)).toEqual(['turn 1', 'turn 2', 'turn 3']);
  });

  it('shows the tool calls with their results, the states visited and the proof record', async () => {
    await tell([
      ...tellDemoRun(runId, Date.now() - 60_000),
      ...tellDemoEnd(runId, Date.now() - 10_000),
    ]);
    await page.goto(`${gateway.origin}/runs/${runId}`);
    const transcript = page.locator('sb-transcript-view');
    await transcript.getByText('exit 1', { exact: true }).waitFor();
    await transcript
      .getByRole('button', { name: /more lines/u })
      .first()
      .click();
    await transcript.getByText('duration_ms 61.4').waitFor();
    const states = page.getByRole('article', { name: `session ${sessionId}` });
    await states.getByRole('listitem').filter({ hasText: 'completed' }).waitFor();
    expect(await states.getByRole('listitem').first().innerText()).toMatch(/^queued/u);
    const proof = page.getByRole('table', { name: /Proof record/u });
    await proof.getByRole('row', { name: /Missing test\/clamp\.test\.ts/u }).waitFor();
    await proof.getByRole('row', { name: /Tests npm test exit 0 in 912 ms/u }).waitFor();
    await page.locator('header').getByText('merged', { exact: true }).first().waitFor();
    await page.getByText('Session completed.').waitFor();
    expect(await page.getByRole('button', { name: 'Kill session' }).count()).toBe(0);
  });

  it('shows a session parked, woken by its review, and at work', async () => {
    await tell(tellUntilParked(runId, Date.now() - 60_000));
    await page.goto(`${gateway.origin}/runs/${runId}`);
    await page.getByText('It sleeps and costs nothing').waitFor();
    await page.getByPlaceholder('Say what else to do. It wakes the session.').waitFor();
    await page.locator('header').getByText('Until merge request !1 is reviewed').waitFor();
    await untilLive();
    await tell(tellDemoRun(runId, Date.now() - 60_000).slice(-8));
    await page.getByText('Steered by the merge request').waitFor({ state: 'attached' });
    await page.locator('sb-transcript-view').getByText('running', { exact: true }).waitFor();
    expect(await page.getByText('It sleeps and costs nothing').count()).toBe(0);
  });

  it('follows the end of the timeline, but not under the eyes of somebody who reads further up', async () => {
    await tell(tellDemoRun(runId, Date.now() - 60_000));
    await page.goto(`${gateway.origin}/runs/${runId}`);
    await untilLive();
    const timeline = page.getByRole('region', { name: 'Events, oldest first' });
    const distance = (): Promise<number> =>
      timeline.evaluate((region) => region.scrollHeight - region.clientHeight - region.scrollTop);
    await vi.waitFor(async () => expect(await distance()).toBeLessThan(12), settled);
    await timeline.hover();
    await page.mouse.wheel(0, -4_000);
    await vi.waitFor(async () => expect(await distance()).toBeGreaterThan(100), settled);
    await timeline.evaluate((region) => region.scrollTo({ top: 0 }));
    const latest = page.locator('section#pane-events').getByRole('button', { name: 'Latest' });
    await latest.waitFor();
    await tell([
      createStoryteller(runId, Date.now(), 700).event('session', 'somethingNew', 'acting'),
    ]);
    await page.getByText('Something new').waitFor({ state: 'attached' });
    expect(await timeline.evaluate((region) => region.scrollTop)).toBe(0);
    await latest.click();
    await vi.waitFor(async () => expect(await distance()).toBeLessThan(12), settled);
    expect(await latest.count()).toBe(0);
  });

  it('waits for a run that is not known yet', async () => {
    await page.goto(`${gateway.origin}/runs/${runId}`);
    await page.getByText('so far').waitFor();
    await tell(tellDemoRun(runId, Date.now() - 60_000));
    await page.getByRole('heading', { level: 1, name: /clamp\(\)/u }).waitFor();
    await vi.waitFor(async () => expect(await shownEvents()).toEqual(storedEvents()), settled);
  });
});

describe('commands', () => {
  it('sends a steer and a kill, and shows the answers', async () => {
    const commands: unknown[] = [];
    const reason = 'the session is handing over';
    gateway.behaviour.reply = (body) => {
      const command = gatewayCommandSchema.parse(body);
      commands.push({ ...command, commandId: 'any' });
      return commands.length === 1
        ? { status: 'refused', reason }
        : { status: 'accepted', commandId: command.commandId };
    };
    await tell(tellDemoRun(runId, Date.now() - 60_000));
    await page.goto(`${gateway.origin}/runs/${runId}`);
    await untilLive();
    const field = page.getByLabel('Steer this session');
    await field.fill('Use the constants.');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText(`Refused: ${reason}`).waitFor();
    expect(await field.inputValue()).toBe('Use the constants.');
    await field.press('Control+Enter');
    await page.getByText('Accepted: the session reads it').waitFor();
    expect(await field.inputValue()).toBe('');
    await page.getByRole('button', { name: 'Kill session' }).click();
    await page.getByRole('button', { name: 'Keep it' }).click();
    expect(commands).toHaveLength(2);
    await page.getByRole('button', { name: 'Kill session' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Kill session' }).click();
    await page.getByText('Accepted: the session is ending.').waitFor();
    const steer = { type: 'steerSession', session: sessionId, text: 'Use the constants.' };
    expect(commands).toEqual([
      { ...steer, commandId: 'any' },
      { ...steer, commandId: 'any' },
      { type: 'killSession', session: sessionId, commandId: 'any' },
    ]);
  });

  it('says that nothing was sent while the connection is gone', async () => {
    await tell(tellDemoRun(runId, Date.now() - 60_000));
    await page.goto(`${gateway.origin}/runs/${runId}`);
    await untilLive();
    gateway.proxy.cut();
    await page.getByText(/reconnecting since/iu).waitFor();
    await page.getByLabel('Steer this session').fill('Stop.');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('Not sent').waitFor();
    expect(await page.getByLabel('Steer this session').inputValue()).toBe('Stop.');
  });
});

describe('access', () => {
  it('says how to log in when the gateway does not know the browser', async () => {
    gateway.behaviour.isLoggedIn = false;
    await page.goto(gateway.origin);
    await page.getByText('signalbox login').waitFor();
    gateway.behaviour.isLoggedIn = true;
    await page.getByRole('button', { name: 'I have opened the link' }).click();
    await page.getByText('No runs yet').waitFor();
    expect(await page.getByText('signalbox login').count()).toBe(0);
  });

  it('shows the login screen when a login ends while the page is open', async () => {
    await tell(tellDemoRun(runId, Date.now() - 60_000));
    await page.goto(`${gateway.origin}/runs/${runId}`);
    await untilLive();
    gateway.behaviour.isLoggedIn = false;
    gateway.proxy.cut();
    await page.getByText('signalbox login').waitFor();
    expect(await page.locator('sb-event-timeline').count()).toBe(0);
  });

  it('goes on by polling when no live connection is on offer', async () => {
    gateway.behaviour.isLiveOffered = false;
    await page.goto(gateway.origin);
    await page.locator('sb-connection-indicator').getByText('polling').waitFor();
    await tell(tellDemoRun(runId, Date.now() - 60_000));
    await page.locator(`sb-run-list tr[data-run="${runId}"]`).waitFor();
    expect(gateway.proxy.count()).toBe(0);
  });
});

describe('on a phone', () => {
  it('fits the width and shows one pane at a time', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await tell(tellDemoRun(runId, Date.now() - 60_000));
    const overflow = (): Promise<number> =>
      page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
    await page.goto(gateway.origin);
    await page.locator(`sb-run-list tr[data-run="${runId}"]`).waitFor();
    expect(await overflow()).toBe(0);
    await page.goto(`${gateway.origin}/runs/${runId}`);
    await page.getByText('I will add that test').waitFor();
    expect(await overflow()).toBe(0);
    expect(await page.locator('section.pane:visible').count()).toBe(1);
    await page.getByRole('button', { name: 'State' }).click();
    await page.getByRole('table', { name: /Proof record/u }).waitFor();
    expect(await overflow()).toBe(0);
    await untilLive();
    await tell(tellKill(runId, Date.now()));
    const reason = page.getByText(
      'The session was killed: killed from the console, in step 2 of 4',
    );
    await reason.waitFor();
    // At first glance: without scrolling.
    expect((await reason.boundingBox())?.y).toBeLessThan(300);
  });
});

describe('for everybody', () => {
  it.each(['light', 'dark'] as const)('has no faint text in %s colours', async (colorScheme) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const killed = 'run-0000000000000001';
    await tell([
      ...tellDemoRun(killed, Date.now() - 60_000),
      ...tellKill(killed, Date.now()),
      ...tellUntilParked(runId, Date.now() - 60_000),
    ]);
    await page.goto(gateway.origin);
    await page.locator('sb-run-list').getByText('parked', { exact: true }).waitFor();
    await untilLive();
    expect(await page.evaluate(findFaintTexts)).toEqual([]);
    for (const run of [runId, killed]) {
      await page.goto(`${gateway.origin}/runs/${run}`);
      await page.locator('sb-transcript-view').getByText('exit 1', { exact: true }).waitFor();
      await untilLive();
      expect(await page.evaluate(findFaintTexts)).toEqual([]);
    }
  });

  it('is used by keyboard in the order in which it is read', async () => {
    await tell(tellUntilParked(runId, Date.now() - 60_000));
    await page.goto(`${gateway.origin}/runs/${runId}`);
    await page.getByText('It sleeps and costs nothing').waitFor();
    const steer = page.getByLabel('Steer this session');
    await page.keyboard.press('Tab');
    expect(await page.getByRole('link', { name: 'Signalbox' }).evaluate(isFocused)).toBe(true);
    await page.keyboard.press('Tab');
    expect(await page.getByRole('link', { name: 'Runs' }).evaluate(isFocused)).toBe(true);
    await page.keyboard.press('Tab');
    const events = page.getByRole('region', { name: 'Events, oldest first' });
    expect(await events.evaluate(isFocused)).toBe(true);
    await steer.focus();
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Kill this session?' });
    await dialog.waitFor();
    expect(await dialog.getByRole('button', { name: 'Keep it' }).evaluate(isFocused)).toBe(true);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    const kill = page.getByRole('button', { name: 'Kill session' });
    expect(await kill.evaluate(isFocused)).toBe(true);
  });

  it('has a name for everything that can be used', async () => {
    await tell(tellDemoRun(runId, Date.now() - 60_000));
    for (const path of ['/', `/runs/${runId}`]) {
      await page.goto(`${gateway.origin}${path}`);
      await page.getByText('clamp() returns').first().waitFor();
      const tree = await page.locator('sb-console').ariaSnapshot();
      // A role without a name ends its line: `- button:` or `- link`.
      expect(tree.match(/- (?:button|link|textbox|combobox|region|table)(?::|$)/gmu)).toBeNull();
    }
  });
});

/** Runs in the page. */
function isFocused(element: Element): boolean {
  return element.matches(':focus');
}

/** A run that waits for a merge, its system backed up and gone: restored elsewhere, it is merged there. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { StoredEvent } from '../../runtime/contract/event.ts';
import { followEvents, type EventLog } from './follow-events.ts';
import {
  makeRepository,
  makeScratch,
  writeRecording,
  writeWorkflow,
  type Scratch,
} from './scratch.ts';
import { runSignalbox, startUp, type RunningCommand } from './signalbox-command.ts';
import { startRun } from './start-run.ts';

const settled = { timeout: 30_000, interval: 50 };
const run = 'run-backup';

let scratch: Scratch;
let system: RunningCommand;
let repository: string;
const homeOf = (name: string): string => join(scratch.folder, name);
const folder = (): string => join(scratch.folder, 'kept');

async function command(home: string, ...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await runSignalbox([
    ...args,
    '--json',
    '--home',
    homeOf(home),
  ]);
  const text = stdout === '' ? '{}' : stdout;
  return { exitCode, data: JSON.parse(text) as Record<string, unknown>, stderr };
}

async function untilTold(log: EventLog, is: (event: StoredEvent) => boolean): Promise<void> {
  await vi.waitFor(() => {
    expect(log.events.some(is)).toBe(true);
  }, settled);
}

beforeAll(async () => {
  scratch = await makeScratch();
  const [made, workflow, recording] = await Promise.all([
    makeRepository(scratch.folder),
    writeWorkflow(scratch.folder),
    writeRecording(scratch.folder),
  ]);
  repository = made;
  system = await startUp(homeOf('first'));
  const log = await followEvents(homeOf('first'));
  await startRun(log.client, run, { repository, workflow, recording, merge: 'never' });
  await untilTold(log, ({ type }) => type === 'mergeRequestOpened');
  await untilTold(log, ({ type }) => type === 'sessionParked');
  await log.close();
});
afterAll(async () => {
  await system.stop();
  await scratch.remove();
});

describe('a system with a run that waits', () => {
  it('saves where it is, and says what it keeps', async () => {
    expect(await command('first', 'checkpoint')).toMatchObject({ exitCode: 0 });
    const { data } = await command('first', 'retention');
    expect(data['streams']).toContainEqual(
      expect.objectContaining({ name: 'EVENTS', kept: '30 days' }),
    );
  });

  it('is backed up while it runs, and not over another backup', async () => {
    const { exitCode, data } = await command('first', 'backup', folder());
    expect(exitCode).toBe(0);
    expect(data).toMatchObject({ folder: folder(), workers: [expect.any(String)] });
    expect(await command('first', 'backup', folder())).toMatchObject({
      exitCode: 2,
      data: { error: { code: 'SB_INPUT_INVALID' } },
    });
  });

  it('takes no restore while it runs, nor when it holds something', async () => {
    expect(await command('first', 'restore', folder())).toMatchObject({
      data: { error: { code: 'SB_HOME_LOCKED' } },
    });
    process.kill(system.pid, 'SIGKILL');
    await system.ended;
    expect(await command('first', 'restore', folder())).toMatchObject({
      data: { error: { code: 'SB_SYSTEM_NOT_EMPTY' } },
    });
  });
});

describe('restored in another home', () => {
  it('the run goes on when somebody merges', async () => {
    expect(await command('second', 'restore', folder())).toMatchObject({ exitCode: 0 });
    system = await startUp(homeOf('second'));
    const merged = await command('second', 'mr', 'merge', '1', '--repo', repository);
    expect(merged.exitCode).toBe(0);
    const log = await followEvents(homeOf('second'));
    await untilTold(log, ({ type, actor }) => type === 'runCompleted' && actor === run);
    const ids = log.events.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    await log.close();
  });

  it('history is there from the first event on, and can be written out', async () => {
    const file = join(scratch.folder, 'events.ndjson');
    const { data } = await command('second', 'history', 'export', file);
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(Number(data['events']));
    const types = lines.map((line) => (JSON.parse(line) as StoredEvent).type);
    expect(types).toContain('runStarted');
    expect(types).toContain('runCompleted');
  });
});

it('with nothing but a history left, the events come back and who was at work is told lost', async () => {
  await system.stop();
  const history = join(homeOf('first'), 'history', 'history.sqlite');
  const { exitCode, data } = await command('third', 'restore', '--history', history);
  expect(exitCode).toBe(0);
  expect(data['lost']).toContainEqual(
    expect.objectContaining({ kind: 'session', id: `${run}::session`, state: 'parked' }),
  );
  system = await startUp(homeOf('third'));
  const log = await followEvents(homeOf('third'));
  await untilTold(log, ({ type, actor }) => type === 'actorLost' && actor === run);
  await log.close();
  await vi.waitFor(async () => {
    const shown = await command('third', 'session', 'show', run);
    expect(shown.data).toMatchObject({ session: { status: 'error', state: 'parked' } });
  }, settled);
});

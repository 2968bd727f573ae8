/** What a person does with one run, at the real command, from the dispatch to the merge; and what is left on the disk. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { createRunReport, foldRunEvent, type RunReport } from '../../cli/client/run-report.ts';
import { followRun } from '../../cli/client/follow-run.ts';
import { openClient } from '../../cli/client/open-client.ts';
import { parseSettings } from '../../cli/settings.ts';
import type { SystemLog } from '../../cli/system/log.ts';
import type { StoredEvent } from '../../runtime/contract/event.ts';
import { goal, review, testCommand } from './anthropic-conversation.ts';
import { runSignalbox } from './signalbox-command.ts';

const silent: SystemLog = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  progress: () => undefined,
  hide: () => undefined,
  with: () => silent,
};
/** From a comment to the next proven commit, on a busy machine. */
const reworkTimeoutMs = 25_000;

export interface Person {
  readonly home: string;
  readonly repository: string;
  readonly model: string;
}

interface CommandReport {
  readonly exitCode: number | null;
  readonly report: RunReport;
  /** What was told while it was waited for. */
  readonly told: string;
}

export async function dispatchAndWait({ home, repository, model }: Person): Promise<CommandReport> {
  const work = ['--repo', repository, '--goal', goal, '--test', testCommand, '--model', model];
  const end = await runSignalbox(['dispatch', ...work, '--wait', '--json', '--home', home]);
  return { exitCode: end.exitCode, report: JSON.parse(end.stdout) as RunReport, told: end.stderr };
}

export interface WholeRun {
  readonly first: RunReport;
  readonly second: RunReport;
  readonly last: RunReport;
  /** Of the run's commits, in order, from the merged branch. */
  readonly subjects: readonly string[];
}

/** Dispatches, comments once, merges. `whileParked` is called between the first commit and the comment. */
export async function seeThrough(
  person: Person,
  whileParked: () => Promise<void> = () => Promise.resolve(),
): Promise<WholeRun> {
  const { home, repository } = person;
  const { exitCode, report: first, told } = await dispatchAndWait(person);
  expect(first.outcome, `${first.reason}\n${told}`).toBe('leftOpen');
  expect(exitCode).toBe(0);
  await whileParked();
  const number = String(first.mergeRequest?.number);
  const request = async (...args: readonly string[]): Promise<void> => {
    const end = await runSignalbox(['mr', ...args, '--repo', repository, '--home', home, '--json']);
    expect(end.exitCode, end.stderr).toBe(0);
    expect(JSON.parse(end.stdout)).toMatchObject({ told: true });
  };
  await request('comment', number, review);
  const second = await followUntil(
    home,
    first.run,
    (report) => report.commits.length > 1 && report.outcome !== 'running',
  );
  expect(second.outcome, second.reason).toBe('leftOpen');
  await request('merge', number);
  let isGone = false;
  const last = await followUntil(home, first.run, (report, { type }) => {
    isGone ||= type === 'worktreeRemoved';
    return isGone && report.outcome === 'merged';
  });
  const log = ['log', '--reverse', '--no-merges', '--format=%s', `${first.commits[0]}^..main`];
  const origin = join(repository, '..', 'origin.git');
  const subjects = execFileSync('git', log, { cwd: origin, encoding: 'utf8' }).trim().split('\n');
  return { first, second, last, subjects };
}

type IsReached = (report: RunReport, event: StoredEvent) => boolean;

async function followUntil(home: string, run: string, isReached: IsReached): Promise<RunReport> {
  const client = await openClient(parseSettings({}, { home }), silent);
  try {
    let report = createRunReport(run);
    const patience = AbortSignal.timeout(reworkTimeoutMs);
    await followRun(client.storage.events, run, patience, (event) => {
      report = foldRunEvent(report, event);
      return isReached(report, event) ? 'stop' : 'go on';
    });
    expect(patience.aborted, `the run did not get there: ${JSON.stringify(report)}`).toBe(false);
    return report;
  } finally {
    await client.close();
  }
}

/** Files below the folder that hold the text, whatever kind of file they are. */
export async function findFilesHolding(folder: string, text: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const holding: string[] = [];
  for (const entry of entries.filter((candidate) => candidate.isFile())) {
    const path = join(entry.parentPath, entry.name);
    // A running system removes files as it goes on.
    const content = await readFile(path).catch((error: unknown) => {
      if (existsSync(path)) throw error;
      return undefined;
    });
    if (content?.includes(text) === true) holding.push(path);
  }
  return holding;
}

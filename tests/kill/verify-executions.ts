/**
 * Accounts for every command line that really ran: each lies between the start and the end of one tool call or one
 * verification. A call ran once; a call reported as interrupted once or not at all; a verification, whose policy allows
 * a repeat, once more at most for every kill that met it.
 */
import { expect } from 'vitest';
import type { StoredEvent } from '../../runtime/contract/event.ts';
import type { Json } from '../../runtime/contract/json.ts';
import type { StoredJob } from './stored-job.ts';
import type { Execution } from './traced-programs.ts';

interface Window {
  readonly what: string;
  readonly command: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly least: number;
  readonly most: number;
}

/** Returns how often each ran, by what it is called. */
export function verifyExecutions(
  job: StoredJob,
  executions: readonly Execution[],
  killsMs: readonly number[],
): ReadonlyMap<string, number> {
  const windows = [...listCallWindows(job), ...listVerificationWindows(job, killsMs)];
  const accounts = windows.map((window) => {
    const { command, fromMs, untilMs } = window;
    const found = executions.filter(
      ({ atMs, ...execution }) =>
        execution.command === command && atMs >= fromMs && atMs <= untilMs,
    );
    return { ...window, found };
  });
  for (const { what, least, most, found } of accounts) {
    expect(found.length, `${what} ran ${found.length} times`).toBeGreaterThanOrEqual(least);
    expect(found.length, `${what} ran ${found.length} times`).toBeLessThanOrEqual(most);
  }
  const accounted = new Set(accounts.flatMap(({ found }) => found));
  expect(
    executions.filter((execution) => !accounted.has(execution)),
    'command lines that nobody asked for',
  ).toEqual([]);
  return new Map(accounts.map(({ what, found }) => [what, found.length]));
}

function listCallWindows({ events, transcript }: StoredJob): readonly Window[] {
  const calls = new Map(
    transcript.flatMap(({ item }) =>
      item.type === 'assistant'
        ? item.blocks.flatMap((block) =>
            block.type === 'toolCall' ? ([[block.id, block]] as const) : [],
          )
        : [],
    ),
  );
  const outcomes = new Map(
    transcript.flatMap(({ item }) =>
      item.type === 'toolResult' ? ([[item.toolCallId, item.outcome]] as const) : [],
    ),
  );
  return events
    .filter(({ type, data }) => type === 'toolStarted' && data['tool'] === 'bash')
    .map((started) => {
      const id = readText(started.data['toolCall']);
      const ended = findAfter(
        events,
        started,
        'toolFinished',
        ({ data }) => data['toolCall'] === id,
      );
      return {
        what: `bash call ${id} (${outcomes.get(id)})`,
        command: readText(calls.get(id)?.input['command']),
        fromMs: Date.parse(started.at),
        untilMs: Date.parse(ended.at),
        least: outcomes.get(id) === 'interrupted' ? 0 : 1,
        most: 1,
      };
    });
}

function listVerificationWindows(
  { events }: StoredJob,
  killsMs: readonly number[],
): readonly Window[] {
  return events
    .filter(({ type }) => type === 'handoffReceived')
    .map((received) => {
      const proof = findAfter(events, received, 'proofRecorded', () => true);
      const [fromMs, untilMs] = [Date.parse(received.at), Date.parse(proof.at)];
      return {
        what: `verification of round ${JSON.stringify(received.data['round'])}`,
        command: readText(proof.data['command']),
        fromMs,
        untilMs,
        least: 1,
        most: 1 + killsMs.filter((atMs) => atMs >= fromMs && atMs <= untilMs).length,
      };
    });
}

function findAfter(
  events: readonly StoredEvent[],
  first: StoredEvent,
  type: string,
  fits: (event: StoredEvent) => boolean,
): StoredEvent {
  const found = events.find(
    (event) =>
      event.type === type && event.n > first.n && event.actor === first.actor && fits(event),
  );
  if (found === undefined) throw new Error(`no ${type} follows ${first.id}`);
  return found;
}

function readText(value: Json | undefined): string {
  if (typeof value !== 'string') throw new Error(`${JSON.stringify(value)} is no text`);
  return value;
}

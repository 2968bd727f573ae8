/** What a finished job has left in its streams: every fact once, every call answered once, nobody still at work. */
import { expect } from 'vitest';
import type { StoredJob } from './stored-job.ts';

/** How often each fact of the demo job happens, whatever was killed in between. */
const facts: Readonly<Record<string, number>> = {
  deliveryAccepted: 1,
  runStarted: 1,
  sessionStarted: 1,
  sessionPreparing: 1,
  sessionQueued: 2,
  stepStarted: 7,
  stepCompleted: 7,
  handedOver: 2,
  handoffReceived: 2,
  proofRecorded: 2,
  changeCommitted: 2,
  branchPushed: 2,
  sessionParked: 2,
  mergeRequestOpened: 1,
  reviewReceived: 1,
  changesRequested: 1,
  steered: 1,
  changesAddressed: 1,
  checksPassed: 1,
  mergeStarted: 1,
  mergeRequestMerged: 1,
  worktreeRemoved: 1,
  sessionCompleted: 1,
  runCompleted: 1,
};
/** Any of these would say that something had to be put right that a kill must not put wrong. */
const mishaps = [
  'commandDeadLettered',
  'actorQuarantined',
  'actorStartFailed',
  'stepBlocked',
  'steerRefused',
  'reworkRequested',
  'runFailed',
];

export function verifyEvents({ events, transcript, commits }: StoredJob): void {
  expectUnique(
    events.map(({ id }) => id),
    'event ids',
  );
  expectUnique(
    transcript.map(({ id }) => id),
    'transcript ids',
  );
  const counts = Object.fromEntries(
    Object.keys(facts).map((fact) => [fact, events.filter(({ type }) => type === fact).length]),
  );
  expect(counts).toEqual(facts);
  expect(events.filter(({ type }) => mishaps.includes(type))).toEqual([]);
  verifyCalls(events, transcript);
  for (const { address, commit } of commits) {
    const { kind } = address;
    expect(commit.children, `children of ${kind}`).toEqual({});
    expect(commit.timers, `timers of ${kind}`).toEqual({});
    expect(commit.snapshot.status, kind).toBe(
      kind === 'trigger' || kind === 'work-queue' ? 'active' : 'done',
    );
    if (kind === 'work-queue')
      expect(commit.snapshot.context).toMatchObject({ working: [], waiting: [] });
  }
}

/** Every call of the agent has one result; calls that a worker carried out have one start and one end as well. */
function verifyCalls(events: StoredJob['events'], transcript: StoredJob['transcript']): void {
  const items = transcript.map(({ item }) => item);
  const calls = items.flatMap((item) =>
    item.type === 'assistant'
      ? item.blocks.flatMap((block) => (block.type === 'toolCall' ? [block] : []))
      : [],
  );
  const answered = items.flatMap((item) => (item.type === 'toolResult' ? [item.toolCallId] : []));
  const finalCompletion = calls.at(-1)?.id;
  expectUnique(
    calls.map(({ id }) => id),
    'call ids',
  );
  expectUnique(answered, 'answered calls');
  // Nobody calls the model again after the last step: its answer stays unsaid.
  expect(answered.sort()).toEqual(
    calls.flatMap(({ id }) => (id === finalCompletion ? [] : [id])).sort(),
  );
  const carriedOut = calls
    .flatMap(({ id, name }) => (name === 'complete_step' ? [] : [JSON.stringify(id)]))
    .sort();
  for (const fact of ['toolStarted', 'toolFinished']) {
    const seen = events.flatMap(({ type, data }) =>
      type === fact ? [JSON.stringify(data['toolCall'])] : [],
    );
    expect(seen.sort(), fact).toEqual(carriedOut);
  }
}

function expectUnique(values: readonly string[], what: string): void {
  expect(
    values.filter((value, index) => values.indexOf(value) !== index),
    `${what} that occur twice`,
  ).toEqual([]);
}

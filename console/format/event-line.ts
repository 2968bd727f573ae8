/** One event as one line: what a person scanning the timeline needs, the rest stays in the details. */
import type { StoredEvent } from '../../runtime/contract/event.ts';
import type { Json } from '../../runtime/contract/json.ts';
import type { Tone } from '../folds/run-outcome.ts';
import { formatDuration } from './time.ts';
import { firstLine, formatKey, formatValue, shortenSha } from './value.ts';

const maxLineLength = 160;

/** The keys that tell the story of an event, by type; an unknown type shows all its plain values. */
const tellingKeys: Readonly<Record<string, readonly string[]>> = {
  runStarted: ['goal'],
  sessionQueued: ['workflow'],
  sessionPreparing: ['branch'],
  stepStarted: ['title'],
  stepCompleted: ['step', 'notes'],
  stepBlocked: ['step', 'attempts'],
  modelCalled: ['turn', 'calls'],
  toolStarted: ['tool'],
  toolFinished: ['tool', 'outcome', 'exitCode', 'durationMs'],
  handedOver: ['title'],
  testsRan: ['command', 'exitCode', 'durationMs'],
  proofRecorded: ['verdict', 'command', 'exitCode'],
  committed: ['sha', 'subject'],
  pushed: ['branch', 'sha'],
  steered: ['from', 'text'],
  mergeRequestOpened: ['number', 'title', 'link'],
  reviewReceived: ['author', 'verdict', 'body'],
  changesRequested: ['reason'],
  changesAddressed: ['headSha'],
  checksPassed: ['checks'],
  mergeRequestMerged: ['sha'],
  sessionFailed: ['reason', 'code'],
  runCompleted: ['outcome', 'reason'],
  runFailed: ['reason'],
};

/** Values that read well without their key. */
const selfEvident = new Set(
  (
    'goal title tool command path outcome verdict sha subject branch text link author body reason ' +
    'step notes workflow calls'
  ).split(' '),
);

export function describeEvent(event: Pick<StoredEvent, 'type' | 'data'>): string {
  const known = tellingKeys[event.type]?.filter((key) => event.data[key] !== undefined) ?? [];
  const keys = known.length > 0 ? known : Object.keys(event.data);
  return firstLine(
    keys.map((key) => describeFact(key, event.data[key])).join(' · '),
    maxLineLength,
  );
}

function describeFact(key: string, value: Json | undefined): string {
  if (key === 'number') return `!${formatValue(value)}`;
  if (key === 'exitCode') return `exit ${formatValue(value)}`;
  if (key.endsWith('Ms') && typeof value === 'number') {
    return `${formatKey(key.slice(0, -2))} ${formatDuration(value)}`;
  }
  const text = firstLine(shortenSha(formatValue(value)), maxLineLength);
  return selfEvident.has(key) ? text : `${formatKey(key)} ${text}`;
}

export function toneOfEvent(event: Pick<StoredEvent, 'type' | 'data'>): Tone {
  const { outcome, exitCode } = event.data;
  if (/(failed|killed|escalated|quarantined)$/iu.test(event.type)) return 'bad';
  if (/^(runCompleted|mergeRequestMerged|sessionCompleted)$/u.test(event.type)) return 'good';
  if (outcome === 'failed' || (typeof exitCode === 'number' && exitCode !== 0)) return 'warning';
  if (
    outcome === 'interrupted' ||
    /^(reworkRequested|changesRequested|stepBlocked|mergeRequestClosed|mergeRequestLeftOpen)$/u.test(
      event.type,
    )
  )
    return 'warning';
  if (/(parked|queued)$/iu.test(event.type)) return 'waiting';
  if (/^(steered|reviewReceived)$/u.test(event.type)) return 'active';
  return 'neutral';
}

/** One event as one line for a person who watches. Pure. */
import type { StoredEvent } from '../../runtime/contract/event.ts';

const indents: Readonly<Record<string, string>> = { session: '    ', 'merge-request': '  ' };

/** Undefined for events that only matter to programs. */
export function narrate(event: StoredEvent): string | undefined {
  const line = describe(event);
  return line === undefined
    ? undefined
    : `${event.at.slice(11, 19)}  ${indents[event.kind] ?? ''}${line}`;
}

function describe({ type, data, actor }: StoredEvent): string | undefined {
  const value = (key: string): string => shorten(data[key]);
  switch (type) {
    case 'runStarted':
      return `run ${actor} started by ${value('source')}: ${firstLine(value('goal'))}`;
    case 'sessionStarted':
      return `session ${value('session')} on branch ${value('branch')}`;
    case 'sessionQueued':
      return 'waits for a slot';
    case 'sessionPreparing':
      return `prepares its worktree ${value('worktree')}`;
    case 'stepStarted':
      return `step ${countFromOne(data['index'])} of ${value('of')}: ${value('title')}${data['round'] === 0 ? '' : ` (rework ${value('round')})`}`;
    case 'stepCompleted':
      return `completed: ${firstLine(value('notes'))}`;
    case 'stepBlocked':
      return `step not accepted (attempt ${value('attempts')})`;
    case 'toolFinished':
      return `${value('tool')}: ${value('outcome')}${value('exitCode') === '' ? '' : ` (exit code ${value('exitCode')})`}`;
    case 'handedOver':
      return `hands over: ${value('title')}`;
    case 'steered':
      return `is steered by ${value('from')}: ${firstLine(value('text').replace(/^.*\n+/u, ''))}`;
    case 'steerRefused':
      return `refuses a message: ${firstLine(value('reason'))}`;
    case 'sessionParked':
      return 'is parked: a stored message, no memory';
    case 'worktreeRemoved':
      return 'worktree removed';
    case 'worktreeKept':
      return `worktree kept in ${value('worktree')}: ${firstLine(value('reason'))}`;
    case 'proofRecorded':
      return `verified: ${describeTests(value)}; changed ${value('changedFiles')}; verdict ${value('verdict')}`;
    case 'reworkRequested':
      return `sent back: ${firstLine(value('reason'))}`;
    case 'changeCommitted':
      return `commit ${value('sha').slice(0, 10)}: ${value('subject')}`;
    case 'branchPushed':
      return `pushed ${value('branch')}`;
    case 'changeHandedToMergeRequest':
      return `change ${value('sha').slice(0, 10)} is with its merge request`;
    case 'sessionCompleted':
    case 'sessionFailed':
    case 'sessionKilled':
    case 'mergeRequestClosed':
    case 'mergeRequestEscalated':
    case 'runCompleted':
    case 'runFailed':
    case 'commandDeadLettered':
    case 'actorLost':
    case 'actorQuarantined':
    case 'actorStartFailed':
      return `${type}: ${value('reason')}${value('error')}`;
    case 'actorMigrated':
      return `goes on with version ${value('to')}`;
    case 'actorReleased':
      return `goes on after standing still since ${value('since')}`;
    case 'childFailed':
      return `${value('child')} failed (${firstLine(value('error'))}), ${value('verdict') === 'restart' ? 'will be started again' : 'stays ended'}`;
    case 'childRestarted':
      return `${value('child')} started again (restart ${value('restarts')})`;
    case 'actorEnded':
      return value('error') === '' ? undefined : `${type}: ${value('error')}`;
    default:
      return describeMergeRequest(type, value);
  }
}

/** What the MR manager tells, except how it ends. */
function describeMergeRequest(type: string, value: (key: string) => string): string | undefined {
  switch (type) {
    case 'mergeRequestOpened':
      return `merge request ${value('number')} opened: ${value('title')}`;
    case 'reviewReceived':
      return `review by ${value('author')} (${value('verdict')}): ${firstLine(value('body'))}`;
    case 'changesAddressed':
      return `changes delivered in ${value('headSha').slice(0, 10)}`;
    case 'checksPassed':
      return `checks passed: ${value('checks')}`;
    case 'mergeRequestLeftOpen':
      return `left open: ${value('reason')}`;
    case 'sourceBranchKept':
      return `branch ${value('branch')} kept: ${value('reason')}`;
    case 'mergeRequestMerged':
      return `merged as ${value('sha').slice(0, 10)}`;
    default:
      return undefined;
  }
}

const longestLine = 160;

function describeTests(value: (key: string) => string): string {
  if (value('command') === '') return 'no tests were asked for';
  const exitCode = value('exitCode');
  const end = exitCode === '' ? 'did not end' : `exit code ${exitCode}`;
  return `${value('command')} → ${end} in ${value('durationMs')} ms`;
}

function countFromOne(index: unknown): string {
  return typeof index === 'number' ? String(index + 1) : '?';
}

function shorten(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.length === 0 ? 'nothing' : value.map(shorten).join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function firstLine(text: string): string {
  const [line = ''] = text.split('\n');
  return line.length > longestLine ? `${line.slice(0, longestLine)} …` : line;
}

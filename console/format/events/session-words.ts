/** The events of a session in words. */
import { formatCount, formatKey } from '../value.ts';
import {
  describeExit,
  describeRound,
  describeTook,
  joinParts,
  type EventFacts,
  type WordsOf,
} from '../event-words.ts';

export const sessionWords: Readonly<Record<string, WordsOf>> = {
  sessionQueued: (facts) => ({
    title: 'Waits for a slot',
    detail: facts.text('workflow'),
    tone: 'waiting',
  }),
  sessionPreparing: (facts) => ({
    title: 'Prepares its worktree',
    detail: facts.text('branch'),
    weight: 'quiet',
  }),
  stepStarted: (facts) => ({
    title: `Step ${(facts.count('index') ?? 0) + 1} of ${facts.text('of')}: ${facts.text('title')}${describeRound(facts)}`,
    tone: 'active',
    weight: 'milestone',
  }),
  stepCompleted: (facts) => ({ title: 'Step completed', detail: facts.text('notes') }),
  stepBlocked: (facts) => ({
    title: 'Step not accepted',
    detail: joinParts(facts.text('step'), `attempt ${facts.text('attempts')}`),
    tone: 'warning',
  }),
  modelCalled: (facts) => ({
    title: `Turn ${facts.text('turn')}`,
    detail: joinParts(
      facts.list('calls').map(formatTool).join(', ') || 'no tool',
      describeUsage(facts.nested('usage')),
    ),
    weight: 'quiet',
  }),
  toolStarted: (facts) => ({ title: `Runs ${facts.text('tool')}`, weight: 'quiet' }),
  toolFinished: describeToolFinished,
  handedOver: (facts) => ({
    title: `Handed over${describeRound(facts)}`,
    detail: facts.text('title'),
    weight: 'milestone',
  }),
  sessionParked: () => ({
    title: 'Parked',
    detail: 'Sleeps, and costs nothing, until something happens',
    tone: 'waiting',
    weight: 'milestone',
  }),
  steered: (facts) => ({
    title: `Steered by ${nameSender(facts.text('from'))}`,
    detail: facts.text('text'),
    tone: 'active',
    weight: 'milestone',
  }),
  steerRefused: (facts) => ({
    title: 'Message refused',
    detail: facts.text('reason'),
    tone: 'warning',
  }),
  worktreeRemoved: (facts) => ({
    title: 'Worktree removed',
    detail: facts.text('worktree'),
    weight: 'quiet',
  }),
  worktreeKept: (facts) => ({
    title: 'Worktree kept',
    detail: joinParts(facts.text('reason'), facts.text('worktree')),
    tone: 'warning',
  }),
  sessionCompleted: (facts) => ({
    title: 'Session completed',
    detail: facts.text('reason'),
    tone: 'good',
  }),
  sessionFailed: (facts) => ({
    title: `Session failed: ${formatKey(facts.text('code'))}`,
    detail: facts.text('reason'),
    tone: 'bad',
    weight: 'milestone',
  }),
  sessionKilled: (facts) => ({
    title: 'Session killed',
    detail: facts.text('reason'),
    tone: 'bad',
    weight: 'milestone',
  }),
};

function describeToolFinished(facts: EventFacts): ReturnType<WordsOf> {
  const tool = facts.text('tool');
  const detail = joinParts(describeExit(facts), describeTook(facts));
  switch (facts.text('outcome')) {
    case 'failed':
      return { title: `${tool} failed`, detail, tone: 'warning' };
    case 'interrupted':
      return { title: `${tool} interrupted`, detail, tone: 'warning' };
    default:
      return { title: tool, detail };
  }
}

/** `bash` stays; `complete_step` reads as words. */
function formatTool(name: string): string {
  return name.replaceAll('_', ' ');
}

/** `the merge request` says it itself; a person is named as one. */
function nameSender(from: string): string {
  if (from === 'console') return 'a person, in the console';
  return from === 'the command line' ? 'a person, on the command line' : from;
}

function describeUsage(usage: EventFacts): string {
  const [input, output] = [usage.count('inputTokens'), usage.count('outputTokens')];
  if (input === undefined || output === undefined) return '';
  return `${formatCount(input, 'token')} in, ${output.toLocaleString('en-GB')} out`;
}

/** An actor's view as lines for a terminal: what it is doing first, how it came there last. Pure. */
import type { ActorView, EffectView, StandingView } from './inspect-actor.ts';
import { describeCause } from './cause.ts';
import { formatDistance, formatDuration, formatTime, shortenValue } from './value-text.ts';
import type { ActorAddress } from '../../runtime/contract/address.ts';

export interface ViewOptions {
  readonly address: ActorAddress;
  readonly nowMs: number;
  /** Nothing is cut. */
  readonly full: boolean;
}

export function describeActor(view: ActorView, options: ViewOptions): readonly string[] {
  const { standing, unreadable, quarantine } = view;
  return [
    `actor    ${view.address}`,
    ...(quarantine === null
      ? []
      : [
          `stands still since ${formatTime(quarantine.since)}: ${quarantine.reason}`,
          `  Its commands are kept. \`signalbox actor release ${view.address}\` lets it try again.`,
        ]),
    ...(unreadable === null ? [] : [`state    cannot be read: ${unreadable}`]),
    ...(standing === null ? [] : describeStanding(standing, options)),
    ...(standing === null && unreadable === null ? ['state    none yet: nothing was applied'] : []),
    ...describeWaiting(view, options.nowMs),
    ...describeCommits(view, options),
  ];
}

function describeStanding(standing: StandingView, options: ViewOptions): readonly string[] {
  const { nowMs } = options;
  const { machine, parent, children, timers, effects, status } = standing;
  const context = options.full
    ? { value: standing.context, cut: false }
    : shortenValue(standing.context);
  return [
    `state    ${standing.state}${status === 'active' ? '' : ` (ended: ${status})`}, since ${formatTime(standing.at)} (${formatDistance(Date.parse(standing.at), nowMs)})`,
    `machine  ${machine.kind} version ${machine.version}, commit ${standing.n}, epoch ${standing.epoch}`,
    ...(parent === null ? [] : [`parent   ${parent}`]),
    ...children.map(({ name, address }) => `child    ${name}: ${address}`),
    ...timers.map(
      ({ id, dueAt }) =>
        `timer    ${id} at ${formatTime(dueAt)} (${formatDue(Date.parse(dueAt), nowMs)})`,
    ),
    ...effects.map((effect) => `effect   ${describeEffect(effect, nowMs)}`),
    '',
    'context',
    ...JSON.stringify(context.value, undefined, 2)
      .split('\n')
      .map((line) => `  ${line}`),
    ...(context.cut ? ['  Long values are cut; --full shows all of them.'] : []),
  ];
}

function formatDue(dueMs: number, nowMs: number): string {
  return dueMs >= nowMs ? formatDistance(dueMs, nowMs) : `due ${formatDistance(dueMs, nowMs)}`;
}

/** What XState calls an invocation that the machine gives no name: `0.(machine).busy`. */
const unnamed = /^\d+\.\(machine\)/u;

function describeEffect(effect: EffectView, nowMs: number): string {
  const { name, source, runs, askedBy, since, steps, attempt } = effect;
  return [
    name === source || unnamed.test(name) ? source : `${source} (${name})`,
    runs === 'local' ? 'local' : `pool ${runs}`,
    since === null
      ? `asked for by commit ${askedBy}`
      : `for ${formatDuration(nowMs - Date.parse(since))}`,
    ...(attempt === null ? [] : [describeAttempt(attempt, nowMs)]),
    ...(steps.length === 0 ? [] : [`done: ${steps.join(', ')}`]),
  ].join(', ');
}

function describeAttempt(attempt: NonNullable<EffectView['attempt']>, nowMs: number): string {
  const forMs = nowMs - Date.parse(attempt.since);
  return `attempt ${attempt.number} runs for ${formatDuration(forMs)} on worker ${attempt.worker}`;
}

function describeWaiting({ waiting, moreWaiting }: ActorView, nowMs: number): readonly string[] {
  if (waiting.length === 0) return ['', 'inbox    empty'];
  return [
    '',
    `inbox    ${waiting.length}${moreWaiting ? ' and more' : ''} not applied yet`,
    ...waiting.map(
      ({ seq, storedAt, command, id }) =>
        `  ${seq}  ${command}${id === null ? '' : `  ${id}`}  (${formatDistance(Date.parse(storedAt), nowMs)})`,
    ),
  ];
}

function describeCommits(
  { commits, address: name }: ActorView,
  { address }: ViewOptions,
): readonly string[] {
  if (commits.length === 0) return [];
  return [
    '',
    'last commits',
    ...commits.flatMap(({ n, at, state, causes, outbox }) => [
      `  ${n}  ${formatTime(at)}  ${state}`,
      `     because of ${causes.map((id) => describeCause(id, address)).join('; ')}`,
      ...(outbox.length === 0 ? [] : [`     ${outbox.join(', ')}`]),
    ]),
    ...(commits.some(({ n }) => n === 1)
      ? []
      : [`\`signalbox actor history ${name}\` shows the earlier ones.`]),
  ];
}

/** The view of `signalbox top` as lines for a terminal: what is wrong first. Pure. */
import { formatAddress } from '../../runtime/contract/address.ts';
import { formatTable } from '../output.ts';
import type { PartitionView, TopView } from './top-view.ts';
import { formatDuration, formatTime } from './value-text.ts';

export function describeTop(view: TopView): readonly string[] {
  const { perSecond, totals, workers, partitions, pools, slowest } = view;
  const nowMs = Date.parse(view.at);
  return [
    `${formatTime(view.at)}  ${workers.length === 1 ? '1 worker' : `${workers.length} workers`}  ${perSecond.commits} commits/s  ${perSecond.commands} commands/s  ${perSecond.events} events/s`,
    `since their start  ${totals.commits} commits  ${totals.commands} commands  ${totals.events} events  ${totals.retries} retries`,
    ...describeUnowned(partitions),
    ...(view.deadLetters === 0
      ? []
      : [`${view.deadLetters} dead letters: \`signalbox deadletter list\` shows them.`]),
    '',
    ...formatTable([
      ['worker', 'pid', 'up', 'memory', 'actors', 'local effects', 'commits/s', 'partitions'],
      ...workers.map((worker) => [
        worker.worker,
        String(worker.pid),
        formatDuration(nowMs - Date.parse(worker.startedAt)),
        `${Math.round(worker.memoryBytes / 1_048_576)} MiB`,
        String(worker.hosted),
        String(worker.localEffects),
        String(worker.perSecond.commits),
        describeRanges(worker.partitions),
      ]),
    ]),
    '',
    describeLag(partitions),
    '',
    ...formatTable([
      ['pool', 'running', 'of', 'queued'],
      ...pools.map(({ pool, running, concurrency, queued }) => [
        pool,
        String(running),
        String(concurrency),
        String(queued),
      ]),
    ]),
    '',
    ...(slowest.length === 0
      ? ['No effect is under way.']
      : formatTable([
          ['slowest effect', 'for', 'attempt', 'pool', 'actor'],
          ...slowest.map(({ source, since, attempt, pool = 'local', actor }) => [
            source,
            formatDuration(nowMs - Date.parse(since)),
            String(attempt),
            pool,
            formatAddress(actor),
          ]),
        ])),
  ];
}

function describeUnowned(partitions: readonly PartitionView[]): readonly string[] {
  const unowned = partitions.filter(({ worker }) => worker === null);
  if (unowned.length === 0) return [];
  const numbers = describeRanges(unowned.map(({ partition }) => partition));
  return [`No worker reads partition ${numbers}: commands for actors there wait.`];
}

/** Partitions that are behind, the furthest first. */
function describeLag(partitions: readonly PartitionView[]): string {
  const behind = partitions
    .filter(({ lag }) => lag !== null && lag > 0)
    .toSorted((left, right) => (right.lag ?? 0) - (left.lag ?? 0));
  if (behind.length === 0) return 'lag  none: every command that was read is applied';
  return `lag  ${behind.map(({ partition, lag }) => `partition ${partition}: ${lag}`).join('  ')}`;
}

/** `0-4, 7`. */
export function describeRanges(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const number of numbers.toSorted((left, right) => left - right)) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
}

/** How the commands of a batch fared, told from what the step made of them. */
import type { Commit } from '../core/commit.ts';
import type { BatchFacts } from './worker-observer.ts';

export function countBatch(
  read: number,
  refused: number,
  commit: Pick<Commit, 'cause' | 'outbox'> | undefined,
): BatchFacts {
  const deadLettered = commit === undefined ? 0 : countDeadLetters(commit.outbox);
  const taken = commit?.cause.length ?? 0;
  return {
    applied: taken - deadLettered,
    refused,
    deadLettered,
    ignored: read - taken - refused,
  };
}

function countDeadLetters(outbox: Commit['outbox']): number {
  let count = 0;
  for (const entry of outbox) if (entry.type === 'deadLetter') count += 1;
  return count;
}

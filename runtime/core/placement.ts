/**
 * Which worker should own which partition: rendezvous hashing (Thaler and Ravishankar, 1998) with equal shares. Every
 * worker computes the same from the same list, so nobody assigns anything. Shares differ by one at most, because the
 * fullest worker is what limits the whole; that moves about one partition more than needed when workers come and go.
 */
import { hashText } from '../contract/subjects.ts';

interface Preference {
  readonly weight: number;
  readonly partition: number;
  readonly workerId: string;
}

/** By partition; undefined when there is no worker. The order of `workerIds` does not matter. */
export function placePartitions(
  workerIds: readonly string[],
  partitionCount: number,
): readonly (string | undefined)[] {
  const owners = Array.from({ length: partitionCount }, (): string | undefined => undefined);
  if (workerIds.length === 0) return owners;
  const share = Math.floor(partitionCount / workerIds.length);
  let oneMore = partitionCount % workerIds.length;
  const loads = new Map<string, number>();
  for (const { partition, workerId } of listPreferences(workerIds, partitionCount)) {
    if (owners[partition] !== undefined) continue;
    const load = loads.get(workerId) ?? 0;
    if (load > share || (load === share && oneMore === 0)) continue;
    if (load === share) oneMore -= 1;
    owners[partition] = workerId;
    loads.set(workerId, load + 1);
  }
  return owners;
}

function listPreferences(
  workerIds: readonly string[],
  partitionCount: number,
): readonly Preference[] {
  return workerIds
    .flatMap((workerId) =>
      Array.from({ length: partitionCount }, (_, partition) => ({
        weight: scatter(hashText(`${partition} ${workerId}`)),
        partition,
        workerId,
      })),
    )
    .toSorted(
      (left, right) =>
        right.weight - left.weight ||
        left.partition - right.partition ||
        (left.workerId < right.workerId ? -1 : 1),
    );
}

/** MurmurHash3's finalizer: FNV-1a of texts that differ at their beginning differs too little in its high bits. */
function scatter(hash: number): number {
  let mixed = hash;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

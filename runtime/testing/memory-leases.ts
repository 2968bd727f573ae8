/** Leases in memory: memberships that end by the clock, claims that are compared and swapped. */
import type { Claim, LeaseStore, Member, Membership, Placement } from '../core/leases.ts';
import type { Clock } from '../core/storage.ts';

interface Entry {
  readonly member: Member;
  readonly instance: string;
  readonly revision: number;
  readonly cancelExpiry: () => void;
}

export interface MemoryLeases {
  readonly store: LeaseStore;
  /** After an outage. */
  announceAll(): void;
}

export function createMemoryLeases(options: {
  readonly clock: Clock;
  readonly available: () => Promise<void>;
  readonly isConnected: () => boolean;
  readonly ttlMs: number;
}): MemoryLeases {
  const { clock, available, isConnected, ttlMs } = options;
  const entries = new Map<string, Entry>();
  const claims = new Map<number, Claim>();
  const watchers = new Set<(placement: Placement) => void>();
  let revision = 0;

  const snapshot = (): Placement => ({
    members: new Map([...entries].map(([workerId, { member }]) => [workerId, member])),
    claims: new Map(claims),
  });
  const announceAll = (): void => {
    if (isConnected()) for (const watcher of watchers) queueMicrotask(() => watcher(snapshot()));
  };
  const enter = (member: Member, instance: string): Membership => {
    entries.get(member.workerId)?.cancelExpiry();
    revision += 1;
    const entry = { member, instance, revision };
    const cancelExpiry = clock.schedule(clock.nowMs() + ttlMs, () => {
      entries.delete(member.workerId);
      announceAll();
    });
    entries.set(member.workerId, { ...entry, cancelExpiry });
    return entry;
  };
  const isOurs = ({ member, instance }: Membership): boolean =>
    entries.get(member.workerId)?.instance === instance;

  return {
    announceAll,
    store: {
      ttlMs,
      join: async (member) => {
        await available();
        const membership = enter(member, `process ${revision + 1}`);
        announceAll();
        return membership;
      },
      renew: async (membership, changed = membership.member) => {
        await available();
        const known = entries.has(membership.member.workerId);
        if (known && !isOurs(membership)) return { status: 'replaced' };
        const renewed = enter(changed, membership.instance);
        if (!known || changed !== membership.member) announceAll();
        return { status: known ? 'renewed' : 'lapsed', membership: renewed };
      },
      leave: async (membership) => {
        await available();
        if (!isOurs(membership)) return;
        entries.get(membership.member.workerId)?.cancelExpiry();
        entries.delete(membership.member.workerId);
        announceAll();
      },
      claim: async (partition, workerId, seenRevision) => {
        await available();
        if ((claims.get(partition)?.revision ?? 0) !== seenRevision) return { status: 'changed' };
        revision += 1;
        const epoch = revision;
        claims.set(partition, { workerId, revision: epoch });
        announceAll();
        return { status: 'claimed', epoch };
      },
      release: async (partition, epoch) => {
        await available();
        if (claims.get(partition)?.revision !== epoch) return;
        revision += 1;
        claims.set(partition, { workerId: undefined, revision });
        announceAll();
      },
      read: async () => {
        await available();
        return snapshot();
      },
      watch: (changed, signal) =>
        new Promise((resolve) => {
          if (signal.aborted) {
            resolve();
            return;
          }
          const watcher = (placement: Placement): void => {
            if (!signal.aborted && isConnected()) changed(placement);
          };
          watchers.add(watcher);
          signal.addEventListener(
            'abort',
            () => {
              watchers.delete(watcher);
              resolve();
            },
            { once: true },
          );
          queueMicrotask(() => {
            watcher(snapshot());
          });
        }),
    },
  };
}

/**
 * Keeps a worker's place among the others: its entry among the live ones, and the partitions it should own. Claims
 * what is placed on it and free, hands over what is placed elsewhere, drops what another has taken. All workers compute
 * the same placement from the same list (core/placement.ts), so that nobody assigns anything (docs/adr/0020).
 */
import { assertNever, describeError } from '../contract/errors.ts';
import type { Claim, LeaseStore, Member, Membership, Placement } from '../core/leases.ts';
import { placePartitions } from '../core/placement.ts';
import type { Clock } from '../core/storage.ts';
import type { WorkerLog } from './log.ts';
import type { Partition } from './partition.ts';

/** Three renewals may fail before the others take over. */
const renewalsPerTtl = 3.5;

export interface PlacementKeeperOptions {
  readonly member: Member;
  readonly partitionCount: number;
  readonly leases: LeaseStore;
  readonly clock: Clock;
  readonly log: WorkerLog;
  /** How long work under way holds up the hand-over of a partition to another worker. */
  readonly handOverGraceMs: number;
  /** The same when the worker stops. */
  readonly stopGraceMs: number;
  readonly open: (partition: number, epoch: number) => Partition;
}

interface Slot {
  readonly partition: Partition;
  state: 'starting' | 'held' | 'leaving' | 'lost';
  ended: Promise<void> | undefined;
}

export class PlacementKeeper {
  private readonly options: PlacementKeeperOptions;
  private readonly slots = new Map<number, Slot>();
  /** Claims on their way, by partition. */
  private readonly taking = new Map<number, Promise<void>>();
  private readonly releasing = new Set<number>();
  /** Lost, or not taken at the first try: tried again with the next renewal, not before. */
  private readonly putOff = new Set<number>();
  private readonly stopping = new AbortController();
  /** What went wrong in the stop. */
  private readonly undone: string[] = [];
  private membership: Membership | undefined;
  private placement: Placement | undefined;
  private watching: Promise<void> = Promise.resolve();
  private cancelTick = (): void => undefined;
  /** After an outage everyone comes back at about the same time; who is first must not take everything. */
  private claimFromMs = 0;

  constructor(options: PlacementKeeperOptions) {
    this.options = options;
  }

  /** Resolves when what is placed on this worker and free has been taken. */
  async start(): Promise<void> {
    const { leases, member } = this.options;
    this.membership = await leases.join(member);
    if (this.stopping.signal.aborted) return;
    this.scheduleTick();
    if (!member.hostsActors) return;
    await new Promise<void>((resolve) => {
      this.watching = leases.watch((placement) => {
        this.placement = placement;
        this.reconcile();
        resolve();
      }, this.stopping.signal);
      void this.watching.then(resolve);
    });
    await Promise.all(this.taking.values());
  }

  /** Hands everything over; the others hear of each partition as soon as it is free. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.cancelTick();
    for (const slot of this.slots.values()) if (slot.state === 'starting') this.drop(slot);
    await Promise.allSettled(this.taking.values());
    await this.attempt('the others were not told of the stop', () => this.announceStop());
    for (const slot of this.slots.values()) {
      if (slot.state === 'held') this.handOver(slot, this.options.stopGraceMs);
    }
    await Promise.all([...this.slots.values()].flatMap(({ ended }) => ended ?? []));
    await this.attempt('the worker did not leave', async () => {
      if (this.membership !== undefined) await this.options.leases.leave(this.membership);
    });
    await this.watching;
    const [first] = this.undone;
    if (first === undefined) return;
    const facts = { undone: this.undone.length, error: first };
    this.options.log.warn('stopped without a word to the others; they wait a few seconds', facts);
  }

  /** Those that are being read now. */
  get partitions(): readonly Partition[] {
    return [...this.slots.values()]
      .filter(({ state }) => state === 'held')
      .map(({ partition }) => partition);
  }

  async saveCheckpoints(): Promise<void> {
    await Promise.all(
      [...this.slots.values()].map(async (slot) => {
        if (slot.state !== 'held') return;
        if ((await slot.partition.saveCheckpoint()) === 'fenced') this.lose(slot);
      }),
    );
  }

  private get me(): string {
    return this.options.member.workerId;
  }

  private get renewEveryMs(): number {
    return this.options.leases.ttlMs / renewalsPerTtl;
  }

  private scheduleTick(): void {
    const { clock } = this.options;
    this.cancelTick = clock.schedule(clock.nowMs() + this.renewEveryMs, () => {
      void this.attempt('the worker’s entry was not renewed', () => this.renew()).then(() => {
        if (!this.stopping.signal.aborted) this.scheduleTick();
      });
    });
  }

  private async renew(): Promise<void> {
    const { leases, clock, log } = this.options;
    if (this.membership === undefined) return;
    this.putOff.clear();
    const renewal = await leases.renew(this.membership);
    switch (renewal.status) {
      case 'renewed':
        this.membership = renewal.membership;
        break;
      case 'lapsed':
        this.membership = renewal.membership;
        this.claimFromMs = clock.nowMs() + this.renewEveryMs;
        log.warn('this worker was not heard of for a while; others may have taken its partitions');
        await this.lookAgain();
        break;
      case 'replaced':
        log.warn('another process has joined with this worker’s id; this one hosts nothing more', {
          workerId: this.me,
        });
        this.membership = undefined;
        for (const slot of this.slots.values()) this.drop(slot);
        return;
      default:
        assertNever(renewal);
    }
    this.reconcile();
  }

  /** The news of the claims of others may still be on their way. What came while this looked is as new, or newer. */
  private async lookAgain(): Promise<void> {
    const known = this.placement;
    const placement = await this.options.leases.read();
    if (this.placement === known) this.placement = placement;
  }

  private async announceStop(): Promise<void> {
    const { leases, member } = this.options;
    if (this.membership === undefined || !member.hostsActors) return;
    const renewal = await leases.renew(this.membership, { ...member, hostsActors: false });
    this.membership = renewal.status === 'replaced' ? undefined : renewal.membership;
  }

  private reconcile(): void {
    const { placement } = this;
    if (placement === undefined || this.membership === undefined || this.stopping.signal.aborted)
      return;
    const hosting = [...placement.members.values()].filter(({ hostsActors }) => hostsActors);
    const workers = new Set([...hosting.map(({ workerId }) => workerId), this.me]);
    const owners = placePartitions([...workers], this.options.partitionCount);
    for (const [partition, owner] of owners.entries()) {
      this.settle(partition, owner === this.me, placement.claims.get(partition), placement);
    }
  }

  private settle(
    partition: number,
    isMine: boolean,
    claim: Claim | undefined,
    placement: Placement,
  ): void {
    const slot = this.slots.get(partition);
    if (slot !== undefined) {
      const overtaken = claim !== undefined && claim.revision > slot.partition.epoch;
      // Of one that is leaving, a release is our own.
      if (overtaken && (claim.workerId !== undefined || slot.state !== 'leaving')) this.lose(slot);
      else if (!isMine && slot.state === 'held') this.handOver(slot, this.options.handOverGraceMs);
      return;
    }
    if (this.taking.has(partition)) return;
    const holder = claim?.workerId;
    const isFree = holder === undefined || holder === this.me || !placement.members.has(holder);
    if (isMine && isFree) this.take(partition, claim?.revision ?? 0);
    // An earlier process with this id has left it, or its release went wrong.
    else if (!isMine && claim !== undefined && holder === this.me) this.release(partition, claim);
  }

  private take(partition: number, seenRevision: number): void {
    if (this.putOff.has(partition) || this.options.clock.nowMs() < this.claimFromMs) return;
    const taken = this.claim(partition, seenRevision).finally(() => {
      this.taking.delete(partition);
    });
    this.taking.set(partition, taken);
    taken.then(
      () => {
        this.reconcile();
      },
      (error: unknown) => {
        this.putOff.add(partition);
        this.options.log.warn('partition not taken', { partition, error: describeError(error) });
      },
    );
  }

  private async claim(partition: number, seenRevision: number): Promise<void> {
    const { leases, open, log } = this.options;
    const outcome = await leases.claim(partition, this.me, seenRevision);
    if (outcome.status === 'changed') {
      this.putOff.add(partition);
      return;
    }
    const { epoch } = outcome;
    if (this.stopping.signal.aborted) {
      await leases.release(partition, epoch);
      return;
    }
    const slot: Slot = { partition: open(partition, epoch), state: 'starting', ended: undefined };
    this.slots.set(partition, slot);
    try {
      if ((await slot.partition.start()) === 'fenced') this.lose(slot);
      if (slot.state !== 'starting') return;
      slot.state = 'held';
      log.info('partition taken', { partition, epoch });
    } catch (error) {
      this.drop(slot);
      throw error;
    }
  }

  private lose(slot: Slot): void {
    if (slot.state === 'lost') return;
    const { number, epoch } = slot.partition;
    this.options.log.warn('partition taken by another worker', { partition: number, epoch });
    // Who took it may be another process with this very id: the next renewal tells.
    this.putOff.add(number);
    this.drop(slot);
  }

  /** At once; what was under way is found by the next owner. */
  private drop(slot: Slot): void {
    if (slot.state === 'lost') return;
    slot.state = 'lost';
    this.endSlot(slot, () => slot.partition.drop());
  }

  private handOver(slot: Slot, graceMs: number): void {
    slot.state = 'leaving';
    const { number, epoch } = slot.partition;
    this.endSlot(slot, async () => {
      await slot.partition.handOver(graceMs);
      await this.options.leases.release(number, epoch);
      this.options.log.info('partition handed over', { partition: number, epoch });
    });
  }

  private endSlot(slot: Slot, end: () => Promise<void>): void {
    const { number } = slot.partition;
    const before = slot.ended;
    const ended = this.attempt(`partition ${number} did not end well`, end).then(async () => {
      await before;
      if (this.slots.get(number) !== slot || slot.ended !== ended) return;
      this.slots.delete(number);
      this.reconcile();
    });
    slot.ended = ended;
  }

  private release(partition: number, { revision }: Claim): void {
    if (this.releasing.has(partition)) return;
    this.releasing.add(partition);
    void this.attempt(`partition ${partition} was not released`, () =>
      this.options.leases.release(partition, revision),
    ).then(() => this.releasing.delete(partition));
  }

  /** For what is tried again by itself, or by the next owner. */
  private async attempt(complaint: string, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      const text = describeError(error);
      // Without a store everything fails in a stop: that is one thing to say, not one per partition.
      if (this.stopping.signal.aborted) this.undone.push(`${complaint}: ${text}`);
      else this.options.log.warn(complaint, { error: text });
    }
  }
}

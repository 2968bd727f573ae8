/**
 * Reads one partition's inbox in order, hands each command to its actor's host, and keeps the
 * checkpoint: the position up to which everything is applied and relayed, and the actors that are busy
 * beyond it.
 */
import { setMaxListeners } from 'node:events';
import type { ActorAddress } from '../contract/address.ts';
import { describeError } from '../contract/errors.ts';
import type { Registry } from '../core/registry.ts';
import type { Checkpoint, HeldCheckpoint, InboxMessage } from '../core/storage.ts';
import { ActorHost } from './actor-host.ts';
import type { HostContext } from './host-context.ts';
import { PartitionQuarantine } from './partition-quarantine.ts';
import { persistently } from './persistence.ts';
import { unclaimedMessages } from './refusals.ts';
import { startTimerAudit } from './timer-audit.ts';

/** Commands held in memory at most; beyond that reading pauses until half of them are done. */
export const maxBacklog = 4_096;
/** Idle actors kept in memory per partition, so that the next command needs no load. */
export const maxIdleHosts = 128;
/** Applied commands left in the inbox before they are trimmed; they are of no use once checkpointed. */
export const trimEvery = 2_000;

/** What every partition of a worker shares. */
export type PartitionContext = Omit<HostContext, 'epoch' | 'signal' | 'quarantine'>;

export interface PartitionStatus {
  readonly partition: number;
  readonly epoch: number;
  /** Of the last command read. */
  readonly position: number;
  /** Everything up to here is applied and relayed. */
  readonly settledThrough: number;
  /** Commands that were there when the last one was read and are not applied yet. */
  readonly lag: number;
  /** Actors in memory. */
  readonly hosted: number;
}

export class Partition {
  readonly number: number;
  readonly epoch: number;
  private readonly registry: Registry;
  private readonly context: HostContext;
  private readonly hosts = new Map<string, ActorHost>();
  /** Those of them that have nothing to do, the longest idle first. Some may have got something to do since. */
  private readonly idle = new Map<string, ActorHost>();
  /** Positions handed to hosts and not settled, in order: the first one bounds the checkpoint. */
  private readonly unsettled = new Set<number>();
  private delivered = 0;
  private behind = 0;
  private trimmed = 0;
  private held: HeldCheckpoint | undefined;
  private saving: Promise<unknown> = Promise.resolve();
  private pause: AbortController | undefined;
  private resumed: (() => void) | undefined;
  private becameIdle: (() => void) | undefined;
  private reading: Promise<void> = Promise.resolve();
  private dropped = false;
  private retrying: Promise<void> = Promise.resolve();
  /** Nothing is read from the inbox any more; what was read goes on. */
  private readonly leaving = new AbortController();
  /** Nothing is written any more. */
  private readonly ending = new AbortController();

  constructor(number: number, epoch: number, registry: Registry, shared: PartitionContext) {
    this.number = number;
    this.epoch = epoch;
    this.registry = registry;
    const { signal } = this.ending;
    // Every host waits on it.
    setMaxListeners(0, signal);
    const { clock, log, storage } = shared;
    const quarantine = new PartitionQuarantine({ clock, log, signal, store: storage.quarantine });
    this.context = { ...shared, epoch, signal, quarantine };
  }

  /** `fenced`: a later owner has been here already. */
  async start(): Promise<'started' | 'fenced'> {
    const { storage } = this.context;
    const outcome = await persistently(this.context, `take over partition ${this.number}`, () =>
      storage.checkpoints.takeOver(this.number, this.epoch),
    );
    if (outcome.status === 'fenced' || this.ending.signal.aborted) return 'fenced';
    const { offset, busy } = outcome.held.checkpoint;
    this.held = outcome.held;
    this.delivered = offset;
    this.trimmed = offset;
    const quarantined = await this.context.quarantine.open(this.number);
    for (const address of busy) this.hostOf(address)?.activate();
    this.reading = this.readUntilLeaving();
    this.auditTimers();
    this.retrying = this.retryQuarantined(quarantined);
    return 'started';
  }

  /**
   * Takes nothing more, waits at most `graceMs` for what is under way, local effects among it, and stores where it
   * stood. What is not done by then is found by the next owner.
   */
  async handOver(graceMs: number): Promise<void> {
    this.leaving.abort();
    this.pause?.abort();
    if (graceMs > 0) await this.untilIdle(graceMs);
    this.ending.abort();
    await this.rest();
    // Dropped while it waited: what the hosts had under way is not to be seen any more, and the checkpoint names it.
    if (this.dropped) return;
    const checkpoint = this.currentCheckpoint();
    for (const host of this.hosts.values()) host.stop();
    await this.save(checkpoint);
  }

  /** The partition is another worker's by now: stops at once. Resolves when nothing is being written. */
  async drop(): Promise<void> {
    this.dropped = true;
    this.leaving.abort();
    this.ending.abort();
    this.pause?.abort();
    for (const host of this.hosts.values()) host.stop();
    await this.rest();
  }

  /** `fenced`: another worker owns the partition. */
  async saveCheckpoint(): Promise<'saved' | 'fenced'> {
    const { signal, storage } = this.context;
    const checkpoint = this.currentCheckpoint();
    if (this.held === undefined || signal.aborted || isSame(checkpoint, this.held.checkpoint))
      return 'saved';
    const outcome = await this.save(checkpoint);
    if (outcome === 'saved' && checkpoint.offset - this.trimmed >= trimEvery) {
      // After the save: an owner that was fenced off removes nothing that the next one reads.
      await storage.inbox.trim(this.number, checkpoint.offset);
      this.trimmed = checkpoint.offset;
    }
    return outcome;
  }

  get status(): PartitionStatus {
    return {
      partition: this.number,
      epoch: this.epoch,
      position: this.delivered,
      settledThrough: this.currentCheckpoint().offset,
      lag: this.unsettled.size + this.behind,
      hosted: this.hosts.size,
    };
  }

  private auditTimers(): void {
    const { storage, clock, log } = this.context;
    startTimerAudit({
      partition: this.number,
      timers: storage.timers,
      clock,
      log,
      signal: this.leaving.signal,
      check: async (address) => {
        const host = this.hostOf(address);
        host?.checkTimers();
        await host?.rest();
      },
    });
  }

  /** One after the other: each save replaces what the one before has stored. */
  private save(checkpoint: Checkpoint): Promise<'saved' | 'fenced'> {
    const run = async (): Promise<'saved' | 'fenced'> => {
      if (this.held === undefined) return 'saved';
      const { checkpoints } = this.context.storage;
      const outcome = await checkpoints.save(this.number, this.held, checkpoint);
      if (outcome.status === 'fenced') return 'fenced';
      this.held = outcome.held;
      return 'saved';
    };
    const saved = this.saving.then(run, run);
    this.saving = saved;
    return saved;
  }

  private async rest(): Promise<void> {
    await this.reading;
    await this.retrying;
    await Promise.all([...this.hosts.values()].map((host) => host.rest()));
  }

  private untilIdle(graceMs: number): Promise<void> {
    const { clock, signal } = this.context;
    return new Promise((resolve) => {
      const finish = (): void => {
        cancel();
        this.becameIdle = undefined;
        signal.removeEventListener('abort', finish);
        resolve();
      };
      const cancel = clock.schedule(clock.nowMs() + graceMs, finish);
      signal.addEventListener('abort', finish);
      this.becameIdle = () => {
        if (![...this.hosts.values()].some((host) => host.busy)) finish();
      };
      this.becameIdle();
    });
  }

  private currentCheckpoint(): Checkpoint {
    const [firstUnsettled = Infinity] = this.unsettled;
    const busy = [...this.hosts.values()].filter((host) => host.busy).map((host) => host.address);
    return { offset: Math.min(this.delivered, firstUnsettled - 1), busy };
  }

  private async readUntilLeaving(): Promise<void> {
    const { signal } = this.leaving;
    while (!signal.aborted) {
      const pause = new AbortController();
      this.pause = pause;
      await this.context.storage.inbox.read(
        this.number,
        this.delivered,
        (message) => {
          this.deliver(message);
        },
        AbortSignal.any([signal, pause.signal]),
      );
      if (!signal.aborted) await this.drained();
    }
  }

  private deliver(message: InboxMessage): void {
    if (message.seq <= this.delivered) return;
    this.delivered = message.seq;
    this.behind = message.behind;
    this.unsettled.add(message.seq);
    const handled = (): void => {
      this.unsettled.delete(message.seq);
      this.resumed?.();
    };
    const { content } = message;
    const host = this.hostOf(message.address);
    if (host === undefined || content.status === 'unreadable') this.fileUnclaimed(message, handled);
    else host.enqueue({ seq: message.seq, command: content.command }, handled);
    if (this.unsettled.size >= maxBacklog) this.pause?.abort();
  }

  /** What no actor can be given becomes a dead letter; only then the checkpoint may pass it. */
  private fileUnclaimed(message: InboxMessage, handled: () => void): void {
    const { namespace, clock, log, storage } = this.context;
    const { seq, address, content } = message;
    const reason = content.status === 'unreadable' ? content.reason : 'its kind is not registered';
    log.warn('command becomes a dead letter', { seq, ...address, reason });
    const messages = unclaimedMessages({ namespace, nowMs: clock.nowMs() }, this.number, message);
    persistently(this.context, `file dead letter ${seq}`, () =>
      storage.relay.publish(messages),
    ).then(handled, (error: unknown) => {
      if (this.context.signal.aborted) return;
      log.warn('dead letter not filed, its command stays in the inbox', {
        seq,
        error: describeError(error),
      });
    });
  }

  /** Other code may be able to read them. One after the other: they may be many, and nobody waits. */
  private async retryQuarantined(addresses: readonly ActorAddress[]): Promise<void> {
    for (const address of addresses) {
      if (this.leaving.signal.aborted) return;
      const host = this.hostOf(address);
      host?.activate();
      await host?.rest();
    }
  }

  private drained(): Promise<void> {
    const { signal } = this.leaving;
    return new Promise((resolve) => {
      const check = (): void => {
        if (this.unsettled.size > maxBacklog / 2 && !signal.aborted) return;
        this.resumed = undefined;
        signal.removeEventListener('abort', check);
        resolve();
      };
      this.resumed = check;
      signal.addEventListener('abort', check);
      check();
    });
  }

  private hostOf(address: ActorAddress): ActorHost | undefined {
    const key = `${address.kind}/${address.id}`;
    const known = this.hosts.get(key);
    if (known !== undefined) return known;
    const actor = this.registry.kinds.get(address.kind);
    if (actor === undefined) return undefined;
    const host = new ActorHost(address, actor, this.context, (idle) => {
      this.passivate(key, idle);
    });
    this.hosts.set(key, host);
    return host;
  }

  /** The longest idle one leaves memory when there are too many; one that has ended has no next command to wait for. */
  private passivate(key: string, host: ActorHost): void {
    this.idle.delete(key);
    if (!host.busy && host.ended) this.discard(key, host);
    else if (!host.busy) this.idle.set(key, host);
    this.becameIdle?.();
    for (const [longest, candidate] of this.idle) {
      if (this.idle.size <= maxIdleHosts) return;
      this.idle.delete(longest);
      // What has become busy meanwhile comes back here when it is done.
      if (!candidate.busy) this.discard(longest, candidate);
    }
  }

  private discard(key: string, host: ActorHost): void {
    host.stop();
    this.hosts.delete(key);
  }
}

function isSame(left: Checkpoint, right: Checkpoint): boolean {
  return (
    left.offset === right.offset &&
    left.busy.length === right.busy.length &&
    left.busy.every(
      ({ kind, id }, index) => right.busy[index]?.kind === kind && right.busy[index].id === id,
    )
  );
}

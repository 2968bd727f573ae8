/**
 * Reads one partition's inbox in order, hands each command to its actor's host, and keeps the
 * checkpoint: the position up to which everything is applied and relayed, and the actors that are busy
 * beyond it.
 */
import type { ActorAddress } from '../contract/address.ts';
import type { Registry } from '../core/registry.ts';
import type { Checkpoint, InboxMessage } from '../core/storage.ts';
import { ActorHost, type Handling, type HostContext } from './actor-host.ts';

/** Commands held in memory at most; beyond that reading pauses until half of them are done. */
export const maxBacklog = 4_096;
/** Idle actors kept in memory per partition, so that the next command needs no load. */
export const maxIdleHosts = 128;
/** Applied commands left in the inbox before they are trimmed; they are of no use once checkpointed. */
export const trimEvery = 2_000;

export class Partition {
  private readonly number: number;
  private readonly registry: Registry;
  private readonly context: HostContext;
  private readonly hosts = new Map<string, ActorHost>();
  /** Positions handed to hosts and not settled, in order: the first one bounds the checkpoint. */
  private readonly unsettled = new Set<number>();
  /** The first command of an actor that stands still: it is read again after a restart, and the rest with it. */
  private setAside: number | undefined;
  private delivered = 0;
  private trimmed = 0;
  private saved: Checkpoint = { offset: 0, busy: [] };
  private pause: AbortController | undefined;
  private resumed: (() => void) | undefined;
  private reading: Promise<void> = Promise.resolve();

  constructor(number: number, registry: Registry, context: HostContext) {
    this.number = number;
    this.registry = registry;
    this.context = context;
  }

  async start(): Promise<void> {
    this.saved = await this.context.storage.checkpoints.load(this.number);
    this.delivered = this.saved.offset;
    this.trimmed = this.saved.offset;
    for (const address of this.saved.busy) this.hostOf(address)?.activate();
    this.reading = this.readWhileRunning();
  }

  /** The worker's signal has been aborted by now: waits for what is being written and stores where it stood. */
  async stop(): Promise<void> {
    this.pause?.abort();
    await this.reading;
    await Promise.all([...this.hosts.values()].map((host) => host.rest()));
    const checkpoint = this.currentCheckpoint();
    for (const host of this.hosts.values()) host.stop();
    await this.context.storage.checkpoints.save(this.number, checkpoint);
  }

  async saveCheckpoint(): Promise<void> {
    const checkpoint = this.currentCheckpoint();
    if (isSame(checkpoint, this.saved)) return;
    await this.context.storage.checkpoints.save(this.number, checkpoint);
    this.saved = checkpoint;
    if (checkpoint.offset - this.trimmed >= trimEvery) {
      await this.context.storage.inbox.trim(this.number, checkpoint.offset);
      this.trimmed = checkpoint.offset;
    }
  }

  /** Hosts in memory, for metrics. */
  get size(): number {
    return this.hosts.size;
  }

  private currentCheckpoint(): Checkpoint {
    const [firstUnsettled = Infinity] = this.unsettled;
    const firstOpen = Math.min(firstUnsettled, this.setAside ?? Infinity);
    const busy = [...this.hosts.values()].filter((host) => host.busy).map((host) => host.address);
    return { offset: Math.min(this.delivered, firstOpen - 1), busy };
  }

  private async readWhileRunning(): Promise<void> {
    const { signal, storage } = this.context;
    while (!signal.aborted) {
      const pause = new AbortController();
      this.pause = pause;
      await storage.inbox.read(
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
    if (message.content.status === 'unreadable') {
      this.context.log.warn('inbox message skipped', {
        seq: message.seq,
        reason: message.content.reason,
      });
      return;
    }
    const host = this.hostOf(message.address);
    if (host === undefined) {
      this.context.log.warn('command for an unknown kind skipped', {
        seq: message.seq,
        ...message.address,
      });
      return;
    }
    this.unsettled.add(message.seq);
    host.enqueue({ seq: message.seq, command: message.content.command }, (handling) => {
      this.handled(message.seq, handling);
    });
    if (this.unsettled.size >= maxBacklog) this.pause?.abort();
  }

  private handled(seq: number, handling: Handling): void {
    this.unsettled.delete(seq);
    if (handling === 'setAside') this.setAside = Math.min(seq, this.setAside ?? seq);
    this.resumed?.();
  }

  private drained(): Promise<void> {
    const { signal } = this.context;
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

  /** Moves the host to the end of the line; beyond the limit the longest idle one leaves memory. */
  private passivate(key: string, host: ActorHost): void {
    this.hosts.delete(key);
    this.hosts.set(key, host);
    if (this.hosts.size <= maxIdleHosts) return;
    for (const [oldest, candidate] of this.hosts) {
      if (candidate.busy || candidate === host) continue;
      candidate.stop();
      this.hosts.delete(oldest);
      return;
    }
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

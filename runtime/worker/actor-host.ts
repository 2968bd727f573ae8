/**
 * Hosts one actor: takes its commands in order, makes each batch one commit, relays the commit's outbox,
 * and only then takes the next. State comes from the commit store and is kept in memory between batches.
 */
import type { ActorAddress } from '../contract/address.ts';
import { SignalboxError, assertNever, describeError } from '../contract/errors.ts';
import type { Commit } from '../core/commit.ts';
import type { RegisteredActor } from '../core/registry.ts';
import { listRelayMessages } from '../core/relay.ts';
import { restoreSnapshot } from '../core/restore.ts';
import { step, type ActorRecord, type Inbound } from '../core/step.ts';
import type { Clock, CommitOutcome, RelayMessage, WorkerStorage } from '../core/storage.ts';
import { createLocalEffects, type LocalEffects } from './local-effects.ts';
import type { WorkerLog } from './log.ts';
import { createMemoryTimers, type MemoryTimers } from './memory-timers.ts';
import { persistently } from './persistence.ts';
import { quarantineMessage, refusalMessages, type RefusalScene } from './refusals.ts';

/** Commands applied together in one commit at most: bounds the work that a conflict throws away. */
export const maxBatch = 64;

export interface HostContext {
  readonly namespace: string;
  readonly epoch: number;
  readonly storage: WorkerStorage;
  readonly clock: Clock;
  readonly log: WorkerLog;
  readonly signal: AbortSignal;
  readonly observer: WorkerObserver;
}

/** Told of every commit, between its acknowledgement and its relay. For metrics and for tests of crashes. */
export interface WorkerObserver {
  committed?(address: ActorAddress, commit: Commit): void;
}

/** `settled`: applied, and everything it caused is relayed. `setAside`: to be read again after a restart. */
export type Handling = 'settled' | 'setAside';

interface Waiting {
  readonly inbound: Inbound;
  readonly handled: (handling: Handling) => void;
}

interface Loaded {
  readonly record: ActorRecord | undefined;
  readonly seq: number;
}

export class ActorHost {
  readonly address: ActorAddress;
  private readonly actor: RegisteredActor;
  private readonly context: HostContext;
  private readonly becameIdle: (host: ActorHost) => void;
  private readonly waiting: Waiting[] = [];
  private readonly localEffects: LocalEffects;
  private readonly memoryTimers: MemoryTimers;
  private loaded: Loaded | undefined;
  /** What the last commit has caused and is not carried out yet. No other commit is made before it is. */
  private open: { readonly commit: Commit; readonly recovered: boolean } | undefined;
  private batchLimit = maxBatch;
  private readonly unstorable = new Map<string, string>();
  private quarantined = false;
  private working: Promise<void> | undefined;

  constructor(
    address: ActorAddress,
    actor: RegisteredActor,
    context: HostContext,
    becameIdle: (host: ActorHost) => void,
  ) {
    this.address = address;
    this.actor = actor;
    this.context = context;
    this.becameIdle = becameIdle;
    this.localEffects = createLocalEffects({
      address,
      definition: actor.definition,
      clock: context.clock,
      log: context.log,
      report: (command) => {
        this.enqueue({ seq: undefined, command }, () => undefined);
      },
    });
    this.memoryTimers = createMemoryTimers(context.clock, (command) => {
      this.enqueue({ seq: undefined, command }, () => undefined);
    });
  }

  /** Whether a crash now would leave something that only the last commit knows of. */
  get busy(): boolean {
    return (
      this.working !== undefined ||
      this.waiting.length > 0 ||
      this.open !== undefined ||
      this.quarantined ||
      this.localEffects.size > 0
    );
  }

  enqueue(inbound: Inbound, handled: (handling: Handling) => void): void {
    if (this.quarantined) {
      handled('setAside');
      return;
    }
    this.waiting.push({ inbound, handled });
    this.work();
  }

  /** Loads the actor and carries on with what its last commit left open. */
  activate(): void {
    this.work();
  }

  /** Resolves when nothing is being written; after the worker's signal has aborted, nothing will be. */
  async rest(): Promise<void> {
    await this.working;
  }

  stop(): void {
    this.localEffects.stop();
    this.memoryTimers.stop();
  }

  private work(): void {
    if (this.working !== undefined || this.quarantined || this.context.signal.aborted) return;
    this.working = this.drain()
      .catch(async (error: unknown) => {
        // What a stopping worker leaves undone is found by the next one.
        if (!this.context.signal.aborted) await this.quarantine(describeError(error));
      })
      .finally(() => {
        this.working = undefined;
        if (this.waiting.length > 0) this.work();
        else this.becameIdle(this);
      });
  }

  private async drain(): Promise<void> {
    do {
      if (this.context.signal.aborted) return;
      this.loaded ??= await this.load();
      if (this.loaded === undefined) return;
      await this.carryOut();
      const batch = this.waiting.slice(0, this.batchLimit);
      if (batch.length === 0) return;
      const inbound = batch.map((item) => item.inbound);
      if (await this.applyBatch(inbound, this.loaded)) {
        this.waiting.splice(0, batch.length);
        for (const item of batch) item.handled('settled');
      }
    } while (this.waiting.length > 0);
  }

  /** Undefined when the actor has been quarantined. */
  private async load(): Promise<Loaded | undefined> {
    const stored = await this.persistently('load', () =>
      this.context.storage.commits.load(this.address),
    );
    if (stored === undefined) return { record: undefined, seq: 0 };
    if (stored.status === 'unreadable') {
      await this.quarantine(stored.reason);
      return undefined;
    }
    const { commit, seq } = stored;
    const restoration = restoreSnapshot(this.actor, commit);
    if (restoration.status === 'quarantined') {
      await this.quarantine(restoration.reason);
      return undefined;
    }
    this.open = { commit, recovered: true };
    return { record: { commit, snapshot: restoration.snapshot }, seq };
  }

  /** Relays the last commit and starts what it waits for. A repeat of the relay is harmless. */
  private async carryOut(): Promise<void> {
    if (this.open === undefined) return;
    const { commit, recovered } = this.open;
    // A loaded commit of our own epoch was relayed before this actor left memory.
    if (!recovered || commit.epoch !== this.context.epoch) {
      await this.relay(listRelayMessages(this.context.namespace, this.address, commit), recovered);
    }
    this.open = undefined;
    if (this.context.signal.aborted) return;
    this.localEffects.reconcile(commit, recovered);
    this.memoryTimers.arm(commit.timers);
  }

  /** False when the batch has to be tried again: on the reloaded state, or in smaller pieces. */
  private async applyBatch(inbound: readonly Inbound[], loaded: Loaded): Promise<boolean> {
    const { actor, address, context, unstorable } = this;
    const nowMs = context.clock.nowMs();
    const { record, seq } = loaded;
    const { next, refusals } = step({
      actor,
      address,
      record,
      inbound,
      nowMs,
      epoch: context.epoch,
      unstorable,
    });
    const scene = this.scene(record?.commit ?? next?.commit);
    await this.publish(refusals.flatMap((refusal) => refusalMessages(scene, refusal)));
    if (next === undefined) return true;
    const outcome = await this.commit(next.commit, seq);
    switch (outcome.status) {
      case 'conflict':
        context.log.warn('commit conflict, reloading', { ...address, n: next.commit.n });
        this.localEffects.stop();
        this.loaded = undefined;
        return false;
      case 'unstorable':
        this.findUnstorable(inbound, outcome.reason);
        return false;
      case 'committed':
        this.loaded = { record: next, seq: outcome.seq };
        this.open = { commit: next.commit, recovered: false };
        this.batchLimit = maxBatch;
        unstorable.clear();
        context.observer.committed?.(address, next.commit);
        await this.carryOut();
        return true;
      default:
        return assertNever(outcome);
    }
  }

  private async commit(
    commit: Commit,
    seq: number,
  ): Promise<CommitOutcome | { readonly status: 'unstorable'; readonly reason: string }> {
    const { signal, storage } = this.context;
    try {
      return await this.persistently('commit', () =>
        storage.commits.commit(this.address, commit, seq),
      );
    } catch (error) {
      if (signal.aborted || (error instanceof SignalboxError && error.retryable)) throw error;
      return { status: 'unstorable', reason: describeError(error) };
    }
  }

  /** A commit that can never be stored: narrowed down to one command, which then becomes a dead letter. */
  private findUnstorable(inbound: readonly Inbound[], reason: string): void {
    const [first] = inbound;
    if (inbound.length > 1 || first === undefined) {
      this.batchLimit = 1;
      return;
    }
    const { id } = first.command;
    if (this.unstorable.has(id)) throw new Error(`its state cannot be stored: ${reason}`);
    this.unstorable.set(id, reason);
  }

  private async publish(messages: readonly RelayMessage[]): Promise<void> {
    if (messages.length === 0) return;
    await this.persistently('relay', () => this.context.storage.relay.publish(messages));
  }

  private async relay(messages: readonly RelayMessage[], again: boolean): Promise<void> {
    const { relay } = this.context.storage;
    if (again && messages.length > 0) {
      await this.persistently('relay', () => relay.publishAgain(messages));
    } else {
      await this.publish(messages);
    }
  }

  private persistently<Value>(what: string, run: () => Promise<Value>): Promise<Value> {
    return persistently(this.context, `${what} ${this.address.kind}/${this.address.id}`, run);
  }

  private scene(commit: Commit | undefined): RefusalScene {
    const { clock, namespace } = this.context;
    return { namespace, address: this.address, commit, nowMs: clock.nowMs() };
  }

  /** The actor stands still until the next start of a worker; its commands stay in the inbox. */
  private async quarantine(reason: string): Promise<void> {
    this.quarantined = true;
    this.stop();
    for (const item of this.waiting.splice(0)) item.handled('setAside');
    const { code } = new SignalboxError('SB_ACTOR_QUARANTINED', reason);
    this.context.log.warn('actor quarantined', { ...this.address, reason, code });
    const message = quarantineMessage(this.scene(undefined), this.actor.definition.version, reason);
    try {
      await this.publish([message]);
    } catch (error) {
      this.context.log.warn('quarantine not announced', {
        ...this.address,
        error: describeError(error),
      });
    }
  }
}

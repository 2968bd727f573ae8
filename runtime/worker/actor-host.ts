/**
 * Hosts one actor: takes its commands in order, makes each batch one commit, relays the commit's outbox,
 * and only then takes the next. State comes from the commit store and is kept in memory between batches.
 */
import type { ActorAddress } from '../contract/address.ts';
import type { CommandEnvelope } from '../contract/command.ts';
import { SignalboxError, describeError } from '../contract/errors.ts';
import type { Commit } from '../core/commit.ts';
import type { RegisteredActor } from '../core/registry.ts';
import { listRelayMessages, timerCommand } from '../core/relay.ts';
import { restoreSnapshot } from '../core/restore.ts';
import { step, type ActorRecord, type Inbound } from '../core/step.ts';
import type { Clock, RelayMessage, WorkerStorage } from '../core/storage.ts';
import { createLocalEffects, type LocalEffects } from './local-effects.ts';
import type { WorkerLog } from './log.ts';
import { refusalMessage, startFailureMessages } from './refusals.ts';
import { persistently } from './persistence.ts';

/** Commands applied together in one commit at most: bounds the work that a conflict throws away. */
export const maxBatch = 64;
/** Timers shorter than this also run in memory; the stored one, a few 100 ms late, is the backstop. */
export const memoryTimerLimitMs = 2_000;

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

interface Waiting {
  readonly inbound: Inbound;
  readonly settled: () => void;
}

export class ActorHost {
  readonly address: ActorAddress;
  private readonly actor: RegisteredActor;
  private readonly context: HostContext;
  private readonly becameIdle: (host: ActorHost) => void;
  private readonly waiting: Waiting[] = [];
  private readonly localEffects: LocalEffects;
  private readonly memoryTimers = new Map<string, () => void>();
  private loaded: { record: ActorRecord | undefined; seq: number } | undefined;
  private quarantined = false;
  private working = false;

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
      report: (command) => {
        this.enqueue({ seq: undefined, command }, () => undefined);
      },
    });
  }

  /** Whether a crash now would leave something that only the last commit knows of. */
  get busy(): boolean {
    return this.working || this.localEffects.size > 0;
  }

  /** `settled` is called when the command is applied and everything it caused is relayed. */
  enqueue(inbound: Inbound, settled: () => void): void {
    this.waiting.push({ inbound, settled });
    this.work();
  }

  /** Loads the actor and carries on with what its last commit left open. */
  activate(): void {
    this.work();
  }

  stop(): void {
    this.localEffects.stop();
    for (const cancel of this.memoryTimers.values()) cancel();
    this.memoryTimers.clear();
  }

  private work(): void {
    if (this.working || this.quarantined) return;
    this.working = true;
    this.drain().then(
      () => {
        this.working = false;
        if (this.waiting.length > 0) this.work();
        else this.becameIdle(this);
      },
      (error: unknown) => {
        this.working = false;
        // Only a stopping worker ends up here: everything else is retried or quarantined.
        if (!this.context.signal.aborted) {
          this.context.log.warn('actor host failed', { ...this.address, error: describeError(error) });
        }
      },
    );
  }

  private async drain(): Promise<void> {
    do {
      if (this.loaded === undefined && !(await this.load())) return;
      const batch = this.waiting.slice(0, maxBatch);
      if (batch.length === 0) return;
      if (await this.applyBatch(batch.map((item) => item.inbound))) {
        this.waiting.splice(0, batch.length);
        for (const item of batch) item.settled();
      }
    } while (this.waiting.length > 0);
  }

  private async load(): Promise<boolean> {
    const stored = await this.persistently('load', () => this.context.storage.commits.load(this.address));
    if (stored?.status === 'unreadable') {
      await this.quarantine(stored.reason);
      return false;
    }
    if (stored === undefined) {
      this.loaded = { record: undefined, seq: 0 };
      return true;
    }
    const { commit, seq } = stored;
    const restoration = restoreSnapshot(this.actor, commit);
    if (restoration.status === 'quarantined') {
      await this.quarantine(restoration.reason);
      return false;
    }
    this.loaded = { record: { commit, snapshot: restoration.snapshot }, seq };
    // A commit of our own epoch was relayed before this actor left memory; any other may not have been.
    if (commit.epoch !== this.context.epoch) await this.relay(commit);
    this.localEffects.reconcile(commit, commit.epoch !== this.context.epoch);
    return true;
  }

  /** False when another owner has committed: the batch is tried again on the reloaded state. */
  private async applyBatch(inbound: readonly Inbound[]): Promise<boolean> {
    const { context, loaded } = this;
    if (loaded === undefined) return false;
    const result = this.stepOrReport(inbound, loaded.record);
    if (result.messages.length > 0) await this.publish(result.messages);
    if (result.next === undefined) return true;
    const { commit } = result.next;
    const outcome = await this.persistently('commit', () =>
      context.storage.commits.commit(this.address, commit, loaded.seq),
    );
    if (outcome.status === 'conflict') {
      context.log.warn('commit conflict, reloading', { ...this.address, n: commit.n });
      this.localEffects.stop();
      this.loaded = undefined;
      return false;
    }
    this.loaded = { record: result.next, seq: outcome.seq };
    context.observer.committed?.(this.address, commit);
    await this.relay(commit);
    this.localEffects.reconcile(commit, false);
    this.armMemoryTimers(commit);
    return true;
  }

  private stepOrReport(
    inbound: readonly Inbound[],
    record: ActorRecord | undefined,
  ): { readonly next: ActorRecord | undefined; readonly messages: readonly RelayMessage[] } {
    const { actor, address, context } = this;
    const nowMs = context.clock.nowMs();
    try {
      const { next, refusals } = step({ actor, address, record, inbound, nowMs, epoch: context.epoch });
      return { next, messages: refusals.map((refusal) => refusalMessage(context.namespace, address, refusal, nowMs)) };
    } catch (error) {
      context.log.warn('actor could not be started', { ...address, error: describeError(error) });
      return {
        next: undefined,
        messages: inbound.flatMap(({ command }) =>
          startFailureMessages(context.namespace, address, command, describeError(error), nowMs),
        ),
      };
    }
  }

  private async relay(commit: Commit): Promise<void> {
    const messages = listRelayMessages(this.context.namespace, this.address, commit);
    if (messages.length > 0) await this.publish(messages);
  }

  private publish(messages: readonly RelayMessage[]): Promise<void> {
    return this.persistently('relay', () => this.context.storage.relay.publish(messages));
  }

  private persistently<Value>(what: string, run: () => Promise<Value>): Promise<Value> {
    return persistently(this.context, `${what} ${this.address.kind}/${this.address.id}`, run);
  }

  private armMemoryTimers(commit: Commit): void {
    for (const [timerId, timer] of Object.entries(commit.timers)) {
      const key = `${timerId}:${timer.generation}`;
      const nowMs = this.context.clock.nowMs();
      if (this.memoryTimers.has(key) || timer.atMs - nowMs > memoryTimerLimitMs) continue;
      const fire = (): void => {
        this.memoryTimers.delete(key);
        const at = new Date(this.context.clock.nowMs()).toISOString();
        const command: CommandEnvelope = timerCommand(`memory:${key}`, at, { timerId, ...timer });
        this.enqueue({ seq: undefined, command }, () => undefined);
      };
      this.memoryTimers.set(key, this.context.clock.schedule(timer.atMs, fire));
    }
  }

  private async quarantine(reason: string): Promise<void> {
    this.quarantined = true;
    const error = new SignalboxError('SB_ACTOR_QUARANTINED', reason);
    this.context.log.warn('actor quarantined', { ...this.address, reason, code: error.code });
    const nowMs = this.context.clock.nowMs();
    await this.publish([
      {
        type: 'event',
        messageId: `quarantined:${this.address.kind}.${this.address.id}:${this.actor.definition.version}`,
        event: {
          v: 1,
          id: `${this.address.kind}.${this.address.id}:quarantined:${this.actor.definition.version}`,
          namespace: this.context.namespace,
          kind: this.address.kind,
          actor: this.address.id,
          type: 'actorQuarantined',
          at: new Date(nowMs).toISOString(),
          n: 0,
          state: 'quarantined',
          status: 'error',
          cause: '',
          data: { reason },
        },
      },
    ]);
  }
}

/**
 * Hosts one actor: takes its commands in order, makes each batch one commit, and takes the next only when what the
 * commit has caused is carried out. An actor that cannot be read stands still; its commands are held for it.
 */
import type { ActorAddress } from '../contract/address.ts';
import { assertNever, describeError } from '../contract/errors.ts';
import { withTrace } from '../contract/trace.ts';
import type { RegisteredActor } from '../core/registry.ts';
import { step, type ActorRecord, type Inbound } from '../core/step.ts';
import { ActorMemory } from './actor-memory.ts';
import { createActorStore, type ActorStore, type Loaded } from './actor-store.ts';
import { countBatch } from './batch-facts.ts';
import { CommandTrouble, maxBatch } from './command-trouble.ts';
import { beginCommitSpan, type CommitSpan } from './commit-span.ts';
import type { HostContext } from './host-context.ts';
import { refusalMessages } from './refusals.ts';
import { Standstill } from './standstill.ts';

interface Waiting {
  readonly inbound: Inbound;
  /** Called when the inbox is needed for it no longer. */
  readonly handled: () => void;
}

export class ActorHost {
  readonly address: ActorAddress;
  private readonly actor: RegisteredActor;
  private readonly context: HostContext;
  private readonly becameIdle: (host: ActorHost) => void;
  private readonly store: ActorStore;
  private readonly memory: ActorMemory;
  private readonly standstill: Standstill;
  private readonly trouble = new CommandTrouble();
  private readonly waiting: Waiting[] = [];
  /** Commands in front of the line that were held while the actor stood still. */
  private heldWaiting = 0;
  /** Even holding its commands has failed: they wait in the inbox until the next one comes. */
  private stuck = false;
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
    this.store = createActorStore(context, actor, address);
    this.standstill = new Standstill(context, address, (messages) => this.store.publish(messages));
    this.memory = new ActorMemory(address, actor, context, this.store, (command) => {
      this.enqueue({ seq: undefined, command }, () => undefined);
    });
  }

  /** Whether a crash now would leave something that only the last commit, or the inbox, knows of. */
  get busy(): boolean {
    return this.working !== undefined || this.waiting.length > 0 || this.memory.busy;
  }

  /** Whether its last commit was its end. */
  get ended(): boolean {
    return this.memory.ended;
  }

  enqueue(inbound: Inbound, handled: () => void): void {
    this.waiting.push({ inbound, handled });
    this.work();
  }

  /** Loads the actor and carries on with what its last commit left open, or with what was held for it. */
  activate(): void {
    this.work();
  }

  /** Puts back the stored timers of the actor that are missing. */
  checkTimers(): void {
    this.memory.doubtTimers();
    this.work();
  }

  /** Resolves when nothing is being written; after the worker's signal has aborted, nothing will be. */
  async rest(): Promise<void> {
    await this.working;
  }

  stop(): void {
    this.memory.stop();
  }

  private work(): void {
    if (this.working !== undefined || this.context.signal.aborted) return;
    this.stuck = false;
    this.working = this.drainOrBreakDown();
  }

  private async drainOrBreakDown(): Promise<void> {
    try {
      await this.drain();
    } catch (error) {
      await this.breakDown(error);
    }
    this.working = undefined;
    if (this.waiting.length > 0 && !this.stuck) this.work();
    else this.becameIdle(this);
  }

  private async drain(): Promise<void> {
    do {
      if (this.context.signal.aborted) return;
      if (this.standstill.still && !(await this.holdUntilReleased())) return;
      const presence = this.memory.present ?? (await this.memory.appear(this.startsFirst));
      if (presence.status === 'quarantined') {
        await this.standStill(presence.reason);
        continue;
      }
      const { loaded } = presence;
      if (this.standstill.pending) await this.fetchHeld(loaded);
      const batch = this.waiting.slice(0, this.trouble.batchLimit);
      if (batch.length === 0) return;
      const inbound = batch.map((item) => item.inbound);
      if (!(await this.applyBatch(inbound, loaded))) continue;
      this.trouble.over();
      this.waiting.splice(0, batch.length);
      for (const item of batch) item.handled();
    } while (this.unfinished);
  }

  /** Then the actor is most likely a new one; but one that has commands held for it is not. */
  private get startsFirst(): boolean {
    return this.waiting[0]?.inbound.command.purpose === 'start' && !this.standstill.pending;
  }

  private get unfinished(): boolean {
    const { standstill, memory } = this;
    return (
      this.waiting.length > 0 || (standstill.pending && !standstill.still) || memory.unfinished
    );
  }

  /** What a stopping worker leaves undone is found by the next one; any other failure is the actor's own. */
  private async breakDown(error: unknown): Promise<void> {
    if (this.context.signal.aborted) return;
    try {
      if (this.standstill.still) throw error;
      await this.standStill(describeError(error));
    } catch (failure) {
      if (this.context.signal.aborted) return;
      this.stuck = true;
      this.context.log.warn('commands of an actor that stands still cannot be held', {
        ...this.address,
        error: describeError(failure),
      });
    }
  }

  private async standStill(reason: string): Promise<void> {
    this.memory.forget();
    this.trouble.over();
    await this.standstill.enter(reason);
  }

  /** Whether a release has come. */
  private async holdUntilReleased(): Promise<boolean> {
    for (let item = this.waiting[0]; item !== undefined; item = this.waiting[0]) {
      const { command } = item.inbound;
      if (command.purpose === 'release') this.standstill.release(command.id);
      else await this.standstill.hold(item.inbound);
      this.waiting.shift();
      item.handled();
      if (!this.standstill.still) return true;
    }
    return false;
  }

  /** Commands that were held go before all others. */
  private async fetchHeld({ record }: Loaded): Promise<void> {
    if (this.heldWaiting > 0) return;
    const held = await this.standstill.nextHeld(maxBatch);
    if (held.length === 0) await this.standstill.leave(record?.commit);
    this.heldWaiting = held.length;
    const handled = (): void => {
      this.heldWaiting -= 1;
    };
    this.waiting.unshift(...held.map((inbound) => ({ inbound, handled })));
  }

  /** False when the batch has to be tried again: on the reloaded state, or in smaller pieces. */
  private async applyBatch(inbound: readonly Inbound[], loaded: Loaded): Promise<boolean> {
    const { actor, address, context, trouble } = this;
    const { clock, epoch, namespace, tracer } = context;
    const { record, seq } = loaded;
    const span = beginCommitSpan(tracer, address, inbound);
    const nowMs = clock.nowMs();
    const { unstorable, failures } = trouble;
    const { next, refusals, failed } = step({
      actor,
      address,
      record,
      inbound,
      nowMs,
      epoch,
      unstorable,
      failures,
      ...withTrace(span.trace),
    });
    if (failed !== undefined) {
      span.end('the machine threw');
      trouble.threw(failed.id);
      // Once more on what is stored: what is in memory may not be the same.
      this.memory.reread();
      return false;
    }
    // No commit will tell that another owner was faster, and what means nothing to the state in memory may mean
    // something to the stored one: a command that is passed over is never seen again. Nor is a refusal taken back.
    const unfenced = next === undefined || refusals.length > 0;
    if (unfenced && hasNews(inbound, loaded) && !(await this.memory.isCurrent(loaded))) {
      span.end('another owner has committed in between');
      return false;
    }
    const scene = { namespace, address, commit: record?.commit ?? next?.commit, nowMs };
    if (refusals.length > 0)
      await this.store.publish(refusals.flatMap((refusal) => refusalMessages(scene, refusal)));
    if (next === undefined) span.end();
    else if (!(await this.keep(next, seq, inbound, span))) return false;
    const facts = countBatch(inbound.length, refusals.length, next?.commit);
    context.observer.handled?.(address, facts);
    if (next !== undefined) await this.memory.carryOut();
    this.memory.noteFires(inbound);
    return true;
  }

  private async keep(
    next: ActorRecord,
    seq: number,
    inbound: readonly Inbound[],
    span: CommitSpan,
  ): Promise<boolean> {
    const outcome = await this.memory.keep(next, seq);
    switch (outcome.status) {
      case 'committed':
        span.end();
        return true;
      case 'conflict':
        span.end('another owner has committed in between');
        return false;
      case 'unstorable':
        span.end(outcome.reason);
        this.trouble.couldNotStore(inbound, outcome.reason);
        return false;
      default:
        return assertNever(outcome);
    }
  }
}

/** Whether one of them comes from the inbox and was not looked at in an earlier batch. */
function hasNews(inbound: readonly Inbound[], { record }: Loaded): boolean {
  const inSeq = record?.commit.inSeq ?? 0;
  return inbound.some(({ seq }) => seq !== undefined && seq > inSeq);
}

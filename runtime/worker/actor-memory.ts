/**
 * One actor in memory: loaded, migrated where that is due, and kept in step with its commits. What a commit has
 * caused is carried out before the next is made: its outbox relayed, its local effects and short timers in hand.
 */
import type { ActorAddress } from '../contract/address.ts';
import type { CommandEnvelope } from '../contract/command.ts';
import { assertNever } from '../contract/errors.ts';
import { isMigratedNow } from '../core/activate.ts';
import type { Commit } from '../core/commit.ts';
import { migrateCommit } from '../core/migrate.ts';
import type { RegisteredActor } from '../core/registry.ts';
import type { ActorRecord, Inbound } from '../core/step.ts';
import type { ActorStore, Loaded, Loading, StoreOutcome } from './actor-store.ts';
import type { HostContext } from './host-context.ts';
import { createLocalEffects, type LocalEffects } from './local-effects.ts';
import { createMemoryTimers, type MemoryTimers } from './memory-timers.ts';

export type Presence =
  | { readonly status: 'present'; readonly loaded: Loaded }
  /** No code that runs here can read what is stored, or go on from it. */
  | { readonly status: 'quarantined'; readonly reason: string };

/** What a commit has caused and is not carried out yet. */
interface Open {
  readonly commit: Commit;
  /** `again`: a worker may have relayed it before. */
  readonly relay: 'done' | 'first' | 'again';
  /** Local effects that it waits for may have been under way before. */
  readonly recovered: boolean;
}

export class ActorMemory {
  private readonly address: ActorAddress;
  private readonly actor: RegisteredActor;
  private readonly context: HostContext;
  private readonly store: ActorStore;
  private readonly localEffects: LocalEffects;
  private readonly memoryTimers: MemoryTimers;
  private loaded: Loaded | undefined;
  private open: Open | undefined;
  /** The position of the commit whose local effects and timers are in hand here. */
  private inHand: number | undefined;
  private keepsVersion = false;
  /** Whether it was taken for new once without a look at the store. */
  private presumedNew = false;
  /** Stored timers of the commit in memory may be missing. */
  private timersInDoubt = false;

  constructor(
    address: ActorAddress,
    actor: RegisteredActor,
    context: HostContext,
    store: ActorStore,
    report: (command: CommandEnvelope) => void,
  ) {
    this.address = address;
    this.actor = actor;
    this.context = context;
    this.store = store;
    this.localEffects = createLocalEffects({ address, actor, context, report });
    this.memoryTimers = createMemoryTimers(address, context.clock, report);
  }

  /** Whether something is under way that only the last commit knows of. */
  get busy(): boolean {
    return this.open !== undefined || this.localEffects.size > 0;
  }

  get ended(): boolean {
    const status = this.loaded?.record?.snapshot.status;
    return status !== undefined && status !== 'active';
  }

  private get migrationDue(): boolean {
    return this.loaded !== undefined && this.isMigrationDue(this.loaded);
  }

  /** Before anything else is asked of it, its stored timers are looked at. */
  doubtTimers(): void {
    this.timersInDoubt = true;
  }

  /**
   * The fire of a timer that has been set anew since may have taken the stored message of its successor with it
   * (docs/adr/0042): these are looked at.
   */
  noteFires(inbound: readonly Inbound[]): void {
    const timers = this.loaded?.record?.commit.timers ?? {};
    for (const { command } of inbound) {
      if (command.purpose !== 'timerFired') continue;
      const successor = timers[command.timerId];
      if (successor === undefined || successor.generation <= command.generation) continue;
      if (!this.memoryTimers.isArmed(command.timerId, successor.generation)) this.doubtTimers();
    }
  }

  /** Whether there is something to do though no command waits. */
  get unfinished(): boolean {
    return this.timersInDoubt || this.migrationDue;
  }

  /** The actor, when nothing has to be waited for before the next command is applied. */
  get present(): Presence | undefined {
    const { loaded } = this;
    if (loaded === undefined || this.open !== undefined || this.timersInDoubt) return undefined;
    return this.isMigrationDue(loaded) ? undefined : { status: 'present', loaded };
  }

  /**
   * The actor as it is stored, with everything carried out that its last commit has caused. One that is taken for new is
   * not looked for: if there is one, its first commit is refused, and then it is (docs/adr/0040).
   */
  async appear(takeForNew: boolean): Promise<Presence> {
    if (takeForNew && this.loaded === undefined && !this.presumedNew) {
      this.presumedNew = true;
      this.loaded = { record: undefined, seq: 0 };
    }
    let isFresh = false;
    for (;;) {
      if (this.loaded === undefined) {
        const loading = await this.load();
        if (loading.status === 'quarantined') return loading;
        isFresh = true;
      }
      await this.carryOut();
      if (this.loaded === undefined) continue;
      if (this.isMigrationDue(this.loaded)) await this.migrate(this.loaded);
      else if (!this.timersInDoubt) return { status: 'present', loaded: this.loaded };
      // What has just been loaded need not be looked at again.
      else if (isFresh || (await this.isCurrent(this.loaded)))
        await this.restoreTimers(this.loaded);
    }
  }

  /** `conflict`: another owner has committed in between; what is in memory is forgotten. */
  async keep(next: ActorRecord, seq: number): Promise<StoreOutcome> {
    const { address, context } = this;
    const outcome = await this.store.commit(next.commit, seq);
    if (outcome.status === 'conflict') {
      // One that is taken for new and is not says nothing of other owners.
      if (seq > 0) {
        context.observer.conflicted?.(address);
        context.log.warn('commit conflict, reloading', { ...address, n: next.commit.n });
      }
      this.forget();
    }
    if (outcome.status !== 'committed') return outcome;
    this.adopt(next, outcome.seq, false);
    return outcome;
  }

  /** Whether it is still what is stored; otherwise another owner has committed, and it is forgotten. */
  async isCurrent({ seq }: Loaded): Promise<boolean> {
    if ((await this.store.position()) === seq) return true;
    if (seq > 0) this.context.observer.conflicted?.(this.address);
    this.forget();
    return false;
  }

  /** The next look is at what is stored; what is under way goes on. */
  reread(): void {
    this.loaded = undefined;
  }

  forget(): void {
    this.stop();
    this.loaded = undefined;
  }

  stop(): void {
    this.inHand = undefined;
    this.localEffects.stop();
    this.memoryTimers.stop();
  }

  private async load(): Promise<
    { readonly status: 'done' } | Exclude<Presence, { status: 'present' }>
  > {
    const loading = await this.store.load();
    switch (loading.status) {
      case 'quarantined':
        return loading;
      case 'none':
        this.loaded = { record: undefined, seq: 0 };
        return { status: 'done' };
      case 'toMigrate':
        return this.storeMigration(loading);
      case 'loaded': {
        const { loaded, migrationProblem } = loading;
        const { commit } = loaded.record;
        if (migrationProblem !== undefined) this.keepVersion(migrationProblem);
        if (this.inHand !== loaded.seq)
          this.open = { commit, relay: this.isRelayed(commit) ? 'done' : 'again', recovered: true };
        if (commit.epoch !== this.context.epoch) this.timersInDoubt = hasTimers(commit);
        this.loaded = loaded;
        return { status: 'done' };
      }
      default:
        return assertNever(loading);
    }
  }

  /** A loaded commit of our own epoch was relayed before this actor left memory, unless it broke down before. */
  private isRelayed(commit: Commit): boolean {
    return this.open === undefined && commit.epoch === this.context.epoch;
  }

  private async storeMigration({
    before,
    migrated,
    seq,
  }: Extract<Loading, { status: 'toMigrate' }>): ReturnType<ActorMemory['load']> {
    // The next commit says that the one before was relayed.
    if (!this.isRelayed(before)) await this.store.relay(before, true);
    this.open = undefined;
    const outcome = await this.store.commit(migrated.commit, seq);
    if (outcome.status === 'unstorable') {
      const reason = `its migrated state cannot be stored: ${outcome.reason}`;
      return { status: 'quarantined', reason };
    }
    if (outcome.status === 'committed') this.adopt(migrated, outcome.seq, true);
    return { status: 'done' };
  }

  /** Of what is stored: an older commit's timer would take the place of its successor. */
  private async restoreTimers(loaded: Loaded): Promise<void> {
    this.timersInDoubt = false;
    if (loaded.record === undefined) return;
    const { commit } = loaded.record;
    await this.store.restoreTimers(commit);
    // What is due by now or soon is not stored again. When the commit was made it may have been too far off for memory.
    this.memoryTimers.arm(commit);
  }

  private isMigrationDue({ record }: Loaded): boolean {
    return !this.keepsVersion && record !== undefined && isMigratedNow(this.actor, record.commit);
  }

  private async migrate({ record, seq }: Loaded): Promise<void> {
    if (record === undefined) return;
    const { actor, address } = this;
    const { clock, epoch } = this.context;
    const migration = migrateCommit({ actor, address, nowMs: clock.nowMs(), epoch }, record.commit);
    if (migration.status === 'impossible') {
      this.keepVersion(migration.reason);
      return;
    }
    const outcome = await this.keep(migration.record, seq);
    if (outcome.status === 'unstorable') this.keepVersion(outcome.reason);
  }

  /** Of an actor whose version is known: it goes on as it is, and the gate for machines reports it. */
  private keepVersion(reason: string): void {
    this.keepsVersion = true;
    this.context.log.warn('actor keeps its version, its migration is not possible', {
      ...this.address,
      reason,
    });
  }

  private adopt(record: ActorRecord, seq: number, recovered: boolean): void {
    this.loaded = { record, seq };
    this.open = { commit: record.commit, relay: 'first', recovered };
    this.context.observer.committed?.(this.address, record.commit);
  }

  /** Relays the last commit and takes in hand what it waits for. A repeat of the relay is harmless. */
  async carryOut(): Promise<void> {
    if (this.open === undefined) return;
    const { commit, relay, recovered } = this.open;
    if (relay !== 'done' && commit.outbox.length > 0)
      await this.store.relay(commit, relay === 'again');
    // Still open when the worker stops: its last checkpoint names the actor, whose effects nobody has started.
    if (this.context.signal.aborted) return;
    this.open = undefined;
    this.localEffects.reconcile(commit, recovered);
    this.memoryTimers.arm(commit);
    this.inHand = this.loaded?.seq;
  }
}

function hasTimers({ timers }: Commit): boolean {
  return Object.keys(timers).length > 0;
}

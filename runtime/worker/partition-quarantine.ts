/**
 * The actors of one partition that stand still, as its owner knows them: read once when the partition is taken
 * over, then kept in step with the store. An actor in it has its held commands applied before any other.
 */
import { formatAddress, type ActorAddress } from '../contract/address.ts';
import type { HeldCommand, QuarantinedActor, QuarantineStore } from '../core/quarantine.ts';
import type { Clock } from '../core/storage.ts';
import type { WorkerLog } from './log.ts';
import { persistently } from './persistence.ts';

export interface QuarantineContext {
  readonly clock: Clock;
  readonly log: WorkerLog;
  readonly signal: AbortSignal;
  readonly store: QuarantineStore;
}

export class PartitionQuarantine {
  private readonly context: QuarantineContext;
  private readonly actors = new Map<string, QuarantinedActor>();

  constructor(context: QuarantineContext) {
    this.context = context;
  }

  /** After the partition was taken over: what its former owner enters from then on is read again from the inbox. */
  async open(partition: number): Promise<readonly ActorAddress[]> {
    const { store } = this.context;
    const listed = await this.run('list the quarantined', () => store.list(partition));
    for (const actor of listed) this.actors.set(formatAddress(actor.address), actor);
    return listed.map(({ address }) => address);
  }

  find(address: ActorAddress): QuarantinedActor | undefined {
    return this.actors.get(formatAddress(address));
  }

  async enter(actor: QuarantinedActor): Promise<void> {
    await this.run('quarantine', () => this.context.store.enter(actor));
    this.actors.set(formatAddress(actor.address), actor);
  }

  /** From then on the inbox needs to hold the command no longer. */
  async hold(address: ActorAddress, held: HeldCommand): Promise<void> {
    await this.run('hold', () => this.context.store.hold(address, held));
  }

  readHeld(
    address: ActorAddress,
    after: number,
    limit: number,
  ): ReturnType<QuarantineStore['readHeld']> {
    return this.run('read what is held', () => this.context.store.readHeld(address, after, limit));
  }

  async leave(address: ActorAddress): Promise<void> {
    await this.run('release', () => this.context.store.leave(address));
    this.actors.delete(formatAddress(address));
  }

  private run<Value>(what: string, call: () => Promise<Value>): Promise<Value> {
    return persistently(this.context, what, call);
  }
}

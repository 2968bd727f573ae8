/** How one actor stands still and goes on: announced, entered, its commands held, and applied when it is released. */
import type { ActorAddress } from '../contract/address.ts';
import { errorCodes } from '../contract/errors.ts';
import type { Commit } from '../core/commit.ts';
import type { Inbound } from '../core/step.ts';
import type { RelayMessage } from '../core/storage.ts';
import type { HostContext } from './host-context.ts';
import { quarantineMessage, releaseMessage, type RefusalScene } from './refusals.ts';

export class Standstill {
  private readonly context: HostContext;
  private readonly address: ActorAddress;
  private readonly publish: (messages: readonly RelayMessage[]) => Promise<void>;
  private stands = false;
  /** The command of a person that lets it try again; empty when a start of a worker does. */
  private cause = '';
  private lastPlace = 0;

  constructor(
    context: HostContext,
    address: ActorAddress,
    publish: (messages: readonly RelayMessage[]) => Promise<void>,
  ) {
    this.context = context;
    this.address = address;
    this.publish = publish;
  }

  get still(): boolean {
    return this.stands;
  }

  /** Whether commands may be held that come before any other. */
  get pending(): boolean {
    return this.context.quarantine.find(this.address) !== undefined;
  }

  /** Told once per reason, and to everyone who asked for a release; told before it is entered, so that it is told. */
  async enter(reason: string): Promise<void> {
    const { address, context, cause } = this;
    this.stands = true;
    this.lastPlace = 0;
    context.observer.quarantined?.(address);
    context.log.warn(errorCodes.SB_ACTOR_QUARANTINED, {
      ...address,
      reason,
      code: 'SB_ACTOR_QUARANTINED',
    });
    const known = context.quarantine.find(address);
    const since = known?.since ?? new Date(context.clock.nowMs()).toISOString();
    if (known?.reason === reason && cause === '') return;
    await this.publish([quarantineMessage(this.scene(undefined), { since, cause, reason })]);
    if (known?.reason !== reason) await context.quarantine.enter({ address, reason, since });
  }

  /** From then on the command is safe here. What has no position is made anew from the state. */
  async hold({ seq, command }: Inbound): Promise<void> {
    if (seq !== undefined) await this.context.quarantine.hold(this.address, { seq, command });
  }

  release(cause: string): void {
    this.stands = false;
    this.cause = cause;
  }

  /** The next commands that were held, in order; empty when there are no more. */
  async nextHeld(limit: number): Promise<readonly Inbound[]> {
    const held = await this.context.quarantine.readHeld(this.address, this.lastPlace, limit);
    this.lastPlace = held.at(-1)?.place ?? this.lastPlace;
    return held;
  }

  /** Everything held is applied. */
  async leave(commit: Commit | undefined): Promise<void> {
    const { address, context, cause } = this;
    const known = context.quarantine.find(address);
    if (known === undefined) return;
    await this.publish([releaseMessage(this.scene(commit), { since: known.since, cause })]);
    await context.quarantine.leave(address);
    this.lastPlace = 0;
    this.cause = '';
  }

  private scene(commit: Commit | undefined): RefusalScene {
    const { clock, namespace } = this.context;
    return { namespace, address: this.address, commit, nowMs: clock.nowMs() };
  }
}

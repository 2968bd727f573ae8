/** What the commands at hand have made go wrong so far: which threw, and which led to a state that cannot be stored. */
import type { Inbound, Unstorable } from '../core/step.ts';

/** Commands applied together in one commit at most: bounds the work that a conflict throws away. */
export const maxBatch = 64;

export class CommandTrouble {
  readonly failures = new Map<string, number>();
  readonly unstorable = new Map<string, Unstorable>();
  private limit = maxBatch;

  get batchLimit(): number {
    return this.limit;
  }

  threw(commandId: string): void {
    this.failures.set(commandId, (this.failures.get(commandId) ?? 0) + 1);
  }

  /**
   * A commit that can never be stored: narrowed down to one command, which then becomes a dead letter, with all of
   * it if that can be stored, else with its beginning. Throws when nothing can be stored any more.
   */
  couldNotStore(inbound: readonly Inbound[], reason: string): void {
    const [first] = inbound;
    if (inbound.length > 1 || first === undefined) {
      this.limit = 1;
      return;
    }
    const { id } = first.command;
    const before = this.unstorable.get(id);
    if (before?.whole === false) throw new Error(`its state cannot be stored: ${reason}`);
    this.unstorable.set(id, { reason: before?.reason ?? reason, whole: before === undefined });
  }

  /** The batch is dealt with. */
  over(): void {
    this.limit = maxBatch;
    if (this.failures.size > 0) this.failures.clear();
    if (this.unstorable.size > 0) this.unstorable.clear();
  }
}

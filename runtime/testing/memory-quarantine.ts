/** Quarantined actors and what is held for them, in memory. */
import { formatAddress, type ActorAddress } from '../contract/address.ts';
import { commandEnvelopeSchema } from '../contract/command.ts';
import { partitionOf } from '../contract/subjects.ts';
import type { QuarantinedActor, QuarantineStore } from '../core/quarantine.ts';

interface Held {
  readonly place: number;
  readonly seq: number;
  readonly text: string;
}

export function createMemoryQuarantine(options: {
  readonly available: () => Promise<void>;
  readonly partitionCount: number;
}): QuarantineStore {
  const { available, partitionCount } = options;
  const actors = new Map<string, QuarantinedActor>();
  /** By actor, then by position in the inbox. */
  const held = new Map<string, Map<number, Held>>();
  let places = 0;
  const heldFor = (address: ActorAddress): Map<number, Held> => {
    const key = formatAddress(address);
    const known = held.get(key) ?? new Map<number, Held>();
    held.set(key, known);
    return known;
  };
  return {
    list: async (partition) => {
      await available();
      return [...actors.values()].filter(
        ({ address }) => partitionOf(address, partitionCount) === partition,
      );
    },
    enter: async (actor) => {
      await available();
      actors.set(formatAddress(actor.address), actor);
    },
    hold: async (address, { seq, command }) => {
      await available();
      const commands = heldFor(address);
      if (commands.has(seq)) return;
      places += 1;
      commands.set(seq, { place: places, seq, text: JSON.stringify(command) });
    },
    readHeld: async (address, after, limit) => {
      await available();
      return [...heldFor(address).values()]
        .filter(({ place }) => place > after)
        .slice(0, limit)
        .map(({ place, seq, text }) => ({
          place,
          seq,
          command: commandEnvelopeSchema.parse(JSON.parse(text)),
        }));
    },
    leave: async (address) => {
      await available();
      held.delete(formatAddress(address));
      actors.delete(formatAddress(address));
    },
  };
}

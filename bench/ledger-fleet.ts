/** A fleet of ledger actors hosted by a worker, and the ways to move them. */
import type { ActorAddress } from '../runtime/contract/address.ts';
import type { CommandBody } from '../runtime/contract/command.ts';
import type { CommandSender } from '../runtime/core/ports.ts';
import type { CommitWatch } from './commit-watch.ts';
import { runInLanes } from './in-lanes.ts';
import { ledger } from './ledger.machine.ts';

/** Under way at once while a fleet is started. */
const startsAtOnce = 1_000;

/** Ids of commands are unique in the process: the server would drop a repeat. */
let commandsSent = 0;

export interface LedgerFleet {
  /** One command to the actor; resolves when the transition is committed. */
  post(actor: number): Promise<void>;
  /** Sends one command; resolves with its id when it is stored. */
  send(actor: number, body: CommandBody): Promise<string>;
  /** Lets the first `count` actors move by themselves while `task` runs. */
  whileRunning<Result>(count: number, task: () => Promise<Result>): Promise<Result>;
  /** Resolves with the actor's next commit. */
  nextCommit(actor: number): Promise<void>;
  /** Of the last commit seen. */
  commitBytes(): Promise<number>;
}

/** Starts `count` actors with ids of their own; resolves when all are committed. */
export async function startFleet(
  name: string,
  count: number,
  commands: CommandSender,
  watch: CommitWatch,
): Promise<LedgerFleet> {
  const fleet = attachFleet(name, commands, watch);
  await runInLanes(count, startsAtOnce, async (actor) => {
    const started = watch.next(addressOf(name, actor).id);
    await commands.start(addressOf(name, actor), null, `start:${name}-${actor}`);
    await started;
  });
  return fleet;
}

/** The fleet of that name, started before by this worker or another one. */
export function attachFleet(
  name: string,
  commands: CommandSender,
  watch: CommitWatch,
): LedgerFleet {
  const nextId = (): string => `command-${(commandsSent += 1)}`;
  const apply = async (actor: number, body: CommandBody): Promise<void> => {
    const id = nextId();
    const applied = watch.applied(id);
    await Promise.all([commands.deliver(addressOf(name, actor), body, id), applied]);
  };
  const applyToAll = async (count: number, body: CommandBody): Promise<void> => {
    await Promise.all(Array.from({ length: count }, (_, actor) => apply(actor, body)));
  };
  return {
    post: (actor) => apply(actor, { type: 'post', amount: 1 }),
    send: async (actor, body) => {
      const { commandId } = await commands.deliver(addressOf(name, actor), body, nextId());
      return commandId;
    },
    whileRunning: async (count, task) => {
      await applyToAll(count, { type: 'run' });
      const result = await task();
      await applyToAll(count, { type: 'halt' });
      return result;
    },
    nextCommit: async (actor) => {
      await watch.next(addressOf(name, actor).id);
    },
    commitBytes: async () => {
      const commit = watch.next(addressOf(name, 0).id);
      await apply(0, { type: 'post', amount: 1 });
      return JSON.stringify(await commit).length;
    },
  };
}

export function addressOf(name: string, actor: number): ActorAddress {
  return { kind: ledger.kind, id: `${name}-${actor}` };
}

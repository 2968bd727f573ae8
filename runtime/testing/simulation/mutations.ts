/**
 * The protocol broken on purpose, at its ports and nowhere in the product: each way must be found out by an invariant.
 * What is replaced is what the product relies on there, not the product.
 */
import type { CommandEnvelope } from '../../contract/command.ts';
import type { ActorDefinition } from '../../core/definition.ts';
import type { CommitStore, RelayMessage, WorkerStorage } from '../../core/storage.ts';

export interface Mutation {
  /** The other end: the same for all workers. */
  alterCommits?(commits: CommitStore): CommitStore;
  /** What one worker sees; `store` is the other end, without a network in between. */
  alterStorage?(storage: WorkerStorage, store: WorkerStorage): WorkerStorage;
  alterEffects?(effects: ActorDefinition['effects']): ActorDefinition['effects'];
}

export const mutations = {
  'the store ignores the expected sequence': {
    alterCommits: (commits) => ({
      ...commits,
      commit: async (address, commit) => {
        const last = await commits.load(address);
        return commits.commit(address, commit, last?.status === 'stored' ? last.seq : 0);
      },
    }),
  },
  'nothing is relayed again after a crash': {
    alterStorage: (storage) => ({
      ...storage,
      relay: { ...storage.relay, publishAgain: async () => undefined },
    }),
  },
  'commands do not say where they come from, and the store has forgotten their ids': {
    alterStorage: (storage) => {
      let repeats = 0;
      const rename = (message: RelayMessage): RelayMessage => {
        repeats += 1;
        return { ...message, messageId: `${message.messageId} ${repeats}` };
      };
      return {
        ...storage,
        relay: {
          publish: (messages) => storage.relay.publish(messages.map(withoutSender)),
          publishAgain: (messages) =>
            storage.relay.publishAgain(messages.map(withoutSender).map(rename)),
        },
      };
    },
  },
  'a loaded actor does not know how far it has read': {
    alterStorage: (storage) => ({
      ...storage,
      commits: {
        ...storage.commits,
        load: async (address) => {
          const stored = await storage.commits.load(address);
          return stored?.status === 'stored'
            ? { ...stored, commit: { ...stored.commit, inSeq: 0 } }
            : stored;
        },
      },
    }),
  },
  'a checkpoint is ahead of what is applied': {
    alterStorage: (storage) => {
      const delivered = new Map<number, number>();
      return {
        ...storage,
        inbox: {
          ...storage.inbox,
          read: (partition, after, deliver, signal) => {
            const note: typeof deliver = (message) => {
              delivered.set(partition, message.seq);
              deliver(message);
            };
            return storage.inbox.read(partition, after, note, signal);
          },
        },
        checkpoints: {
          ...storage.checkpoints,
          save: (partition, held, checkpoint) => {
            const offset = Math.max(checkpoint.offset, delivered.get(partition) ?? 0);
            return storage.checkpoints.save(partition, held, { ...checkpoint, offset });
          },
        },
      };
    },
  },
  'a checkpoint does not name the busy actors': {
    alterStorage: (storage) => ({
      ...storage,
      checkpoints: {
        ...storage.checkpoints,
        save: (partition, held, checkpoint) =>
          storage.checkpoints.save(partition, held, { ...checkpoint, busy: [] }),
      },
    }),
  },
  'a timer fires whatever its generation': {
    alterStorage: (storage, store) => ({
      ...storage,
      inbox: {
        ...storage.inbox,
        read: (partition, after, deliver, signal) => {
          const renew: typeof deliver = (message) => {
            void renewGeneration(message, store).then(deliver);
          };
          return storage.inbox.read(partition, after, renew, signal);
        },
      },
    }),
  },
  'an effect that must not be repeated is repeated': {
    alterEffects: (effects) =>
      Object.fromEntries(
        Object.entries(effects).map(([name, effect]) => [
          name,
          effect.whenUnknown === 'ask' ? { ...effect, whenUnknown: 'retry' as const } : effect,
        ]),
      ),
  },
  'work is finished before its result is stored': {
    alterStorage: (storage) => ({
      ...storage,
      work: {
        ...storage.work,
        take: async (pool, signal) => {
          const delivery = await storage.work.take(pool, signal);
          delivery?.finish();
          return delivery;
        },
      },
    }),
  },
} satisfies Readonly<Record<string, Mutation>>;
export type MutationName = keyof typeof mutations;

function withoutSender(message: RelayMessage): RelayMessage {
  if (message.type !== 'command' || !('from' in message.command)) return message;
  const { from: _, ...command } = message.command;
  return { ...message, command };
}

type Inbound = Parameters<Parameters<WorkerStorage['inbox']['read']>[2]>[0];

/** As if the generation were not looked at: it is always the one that the actor waits for. */
async function renewGeneration(message: Inbound, store: WorkerStorage): Promise<Inbound> {
  if (message.content.status !== 'command') return message;
  const { command } = message.content;
  if (command.purpose !== 'timerFired') return message;
  const stored = await store.commits.load(message.address);
  const timers = stored?.status === 'stored' ? stored.commit.timers : {};
  const generation = timers[command.timerId]?.generation ?? command.generation;
  const renewed: CommandEnvelope = { ...command, generation };
  return { ...message, content: { status: 'command', command: renewed } };
}

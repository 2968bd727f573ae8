/** A `HistoryReader` over given rows, for tests of the gateway. Follows the port's words on order and filters. */
import type { StoredEvent } from '../../runtime/contract/event.ts';
import type { ActorSummary } from '../../runtime/contract/run-view.ts';
import type { EventQuery, HistoryReader } from '../../runtime/core/ports.ts';

export interface MemoryHistory extends HistoryReader {
  /** Replaces an actor of the same address. */
  addActor(actor: Partial<ActorSummary> & Pick<ActorSummary, 'kind' | 'id'>): void;
  /** Appends at the next position and returns it. */
  addEvent(event: Pick<StoredEvent, 'kind' | 'actor' | 'type'>): number;
}

export function createMemoryHistory(): MemoryHistory {
  const actors: ActorSummary[] = [];
  const events: StoredEvent[] = [];
  return {
    addActor(actor) {
      const at = new Date(Date.UTC(2026, 0, 1) + actors.length * 1000).toISOString();
      actors.push({
        state: 'working',
        status: 'active',
        startedAt: at,
        updatedAt: at,
        lastSeq: events.length,
        lastIndex: 0,
        eventCount: 1,
        facts: {},
        ...actor,
      });
    },
    addEvent(event) {
      const seq = events.length + 1;
      events.push({
        ...event,
        v: 1,
        i: 0,
        id: `${event.kind}.${event.actor}:${seq}:0`,
        namespace: 'test',
        at: new Date(Date.UTC(2026, 0, 1) + seq * 1000).toISOString(),
        n: seq,
        state: 'working',
        status: 'active',
        cause: `command-${seq}`,
        data: {},
        seq,
      });
      return seq;
    },
    throughSeq: () => Promise.resolve(events.length),
    listActors: ({ kind, limit }) =>
      Promise.resolve(
        actors
          .filter((actor) => kind === undefined || actor.kind === kind)
          .toReversed()
          .slice(0, limit),
      ),
    listTree: (id) => Promise.resolve(actors.filter((actor) => isInTree(actor.id, id))),
    getActor: ({ kind, id }) =>
      Promise.resolve(actors.find((actor) => actor.kind === kind && actor.id === id)),
    listEvents: (query) =>
      Promise.resolve(events.filter((event) => matches(event, query)).slice(0, query.limit)),
  };
}

function isInTree(id: string, root: string): boolean {
  return id === root || id.startsWith(`${root}::`);
}

function matches(event: StoredEvent, { after, tree, actor }: EventQuery): boolean {
  return (
    event.seq > after &&
    (tree === undefined || isInTree(event.actor, tree)) &&
    (actor === undefined || (event.kind === actor.kind && event.actor === actor.id))
  );
}

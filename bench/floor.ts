/**
 * The floor: what a durable transition costs with nothing around it. A lean loop of XState's transition,
 * JSON and one publish, with the bytes, headers, sequence check, streams and publisher of a worker's commit.
 * No worker can be faster without coalescing. With `inbox`, the command is stored first, as every command
 * from outside of an actor has to be: the floor of a transition that a command causes.
 */
import type { ActorAddress } from '../runtime/contract/address.ts';
import { inboxSubject, stateSubject, type SubjectSpace } from '../runtime/contract/subjects.ts';
import type { Commit } from '../runtime/core/commit.ts';
import { createRegistry, type RegisteredActor } from '../runtime/core/registry.ts';
import { persistSnapshot } from '../runtime/core/restore.ts';
import { step, type ActorRecord } from '../runtime/core/step.ts';
import type { Publisher, PublishRequest } from '../runtime/nats/publisher.ts';
import { ledger } from './ledger.machine.ts';

export interface FloorOptions {
  readonly publisher: Publisher;
  readonly space: SubjectSpace;
  readonly actors: number;
  readonly inbox: boolean;
}

export interface Floor {
  /** One transition of the lane's actor, stored. */
  turn(lane: number): Promise<void>;
  readonly commitBytes: number;
}

const postEvent: { readonly type: string; readonly amount: number } = { type: 'post', amount: 1 };

interface Lane {
  readonly address: ActorAddress;
  readonly stateSubject: string;
  readonly inboxSubject: string;
  record: ActorRecord;
  seq: number;
}

export function createFloor(options: FloorOptions): Floor {
  const { publisher, space, actors, inbox } = options;
  const actor = registerLedger();
  // A namespace of its own: no worker reads its inbox.
  const floorSpace = { ...space, namespace: inbox ? 'floor-inbox' : 'floor' };
  const lanes = Array.from({ length: actors }, (_, lane) =>
    createLane(floorSpace, actor, { kind: ledger.kind, id: `ledger-${actors}-${lane}` }),
  );
  let commitBytes = 0;
  let commands = 0;

  return {
    turn: async (laneNumber) => {
      const lane = lanes[laneNumber];
      if (lane === undefined) throw new RangeError(`the floor has no lane ${laneNumber}`);
      const commandId = `floor-${(commands += 1)}`;
      const inSeq = inbox ? await store(publisher, commandRequest(lane, commandId)) : lane.seq;
      const { snapshot } = actor.inert.transition(lane.record.snapshot, postEvent);
      const commit: Commit = {
        ...lane.record.commit,
        n: lane.record.commit.n + 1,
        at: new Date().toISOString(),
        inSeq,
        cause: [commandId],
        snapshot: persistSnapshot(actor, snapshot),
      };
      const data = JSON.stringify(commit);
      commitBytes = data.length;
      lane.seq = await store(publisher, {
        subject: lane.stateSubject,
        data,
        expectedLastSubjectSeq: lane.seq,
      });
      lane.record = { commit, snapshot };
    },
    get commitBytes() {
      return commitBytes;
    },
  };
}

function registerLedger(): RegisteredActor {
  const actor = createRegistry([ledger]).kinds.get(ledger.kind);
  if (actor === undefined) throw new Error('the ledger is not registered');
  return actor;
}

function createLane(space: SubjectSpace, actor: RegisteredActor, address: ActorAddress): Lane {
  const at = new Date().toISOString();
  const { next } = step({
    actor,
    address,
    record: undefined,
    inbound: [{ seq: 1, command: { v: 1, purpose: 'start', id: 'start', at, input: null } }],
    nowMs: Date.now(),
    epoch: 1,
  });
  if (next === undefined) throw new Error('the ledger did not start');
  return {
    address,
    stateSubject: stateSubject(space, address),
    inboxSubject: inboxSubject(space, address),
    record: next,
    seq: 0,
  };
}

/** The bytes that a command sender would publish. */
function commandRequest(lane: Lane, id: string): PublishRequest {
  const at = new Date().toISOString();
  return {
    subject: lane.inboxSubject,
    data: JSON.stringify({ v: 1, purpose: 'deliver', id, at, body: postEvent }),
    messageId: `command:${lane.address.id}:${id}`,
  };
}

async function store(publisher: Publisher, request: PublishRequest): Promise<number> {
  const outcome = await publisher.publish(request);
  if (outcome.status === 'stored' && !outcome.duplicate) return outcome.seq;
  throw new Error(`the floor's publish to ${request.subject} was not stored: ${outcome.status}`);
}

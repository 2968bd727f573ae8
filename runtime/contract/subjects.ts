/** The subjects of the protocol (docs/architecture.md: one row per stream) and the partition function. Pure. */
import type { ActorAddress } from './address.ts';

/** Fixed when the streams are made; 16 suits one machine. */
export const defaultPartitionCount = 16;

/** FNV-1a, 32 bit, over UTF-16 code units: stable across processes and versions. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash ^= text.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

export function partitionOf(address: ActorAddress, partitionCount: number): number {
  return hashText(`${address.kind}/${address.id}`) % partitionCount;
}

export interface SubjectSpace {
  readonly namespace: string;
  readonly partitionCount: number;
}

export function stateSubject(space: SubjectSpace, address: ActorAddress): string {
  return `a.${partitionOf(address, space.partitionCount)}.${space.namespace}.${address.kind}.${address.id}`;
}

export function inboxSubject(space: SubjectSpace, address: ActorAddress): string {
  return `in.${partitionOf(address, space.partitionCount)}.${space.namespace}.${address.kind}.${address.id}`;
}

export function timerSubject(space: SubjectSpace, address: ActorAddress, timerId: string): string {
  const partition = partitionOf(address, space.partitionCount);
  return `tm.${partition}.${space.namespace}.${address.kind}.${address.id}.${encodeToken(timerId)}`;
}

export function eventSubject(namespace: string, address: ActorAddress): string {
  return `evt.${namespace}.${address.kind}.${address.id}`;
}

/** A letter's id is `<kind>.<id>.<commit>-<number>`, or `in-<position>` in place of the last. */
export function deadLetterSubject(namespace: string, letterId: string): string {
  return `dl.${namespace}.${letterId}`;
}

/** Where it is written that an actor stands still. */
export function quarantineSubject(space: SubjectSpace, address: ActorAddress): string {
  return `q.${partitionOf(address, space.partitionCount)}.${space.namespace}.${address.kind}.${address.id}`;
}

/** A command that has come for it, by its position in the inbox. */
export function heldSubject(space: SubjectSpace, address: ActorAddress, seq: string): string {
  return `qi.${partitionOf(address, space.partitionCount)}.${space.namespace}.${address.kind}.${address.id}.${seq}`;
}

/** Every effect has a subject of its own, so that one can be looked for. */
export function workSubject(
  pool: string,
  namespace: string,
  lane: string,
  effectId: string,
): string {
  return `fx.${pool}.${namespace}.${lane}.${effectId}`;
}

/** All that waits in one lane. */
export function laneFilter(pool: string, namespace: string, lane: string): string {
  return `fx.${pool}.${namespace}.${lane}.>`;
}

/** `step` is `claim-<k>`, `released-<k>` or `step-<name>`. The effect id itself holds two dots. */
export function journalSubject(namespace: string, effectId: string, step: string): string {
  return `fl.${namespace}.${effectId}.${encodeToken(step)}`;
}

export function transcriptSubject(namespace: string, sessionId: string): string {
  return `tr.${namespace}.${sessionId}`;
}

/** Where the server re-publishes what EVENTS and TRANSCRIPTS have stored; the only thing a browser reads. */
export const livePrefix = 'live';

/** The one subject a console may publish to. */
export function gatewayCommandSubject(namespace: string): string {
  return `gw.${namespace}.command`;
}

/** A timer id or step name as one subject token: what is not a letter, digit, `-` or `_` becomes `=hex`. */
export function encodeToken(text: string): string {
  return text.replace(
    /[^A-Za-z0-9_-]/gu,
    (character) => `=${(character.codePointAt(0) ?? 0).toString(16)}=`,
  );
}

/** The address in `a.`, `in.` and `evt.` subjects, or undefined when the subject is of another family. */
export function addressOfSubject(subject: string): ActorAddress | undefined {
  const tokens = subject.split('.');
  const offset = tokens[0] === 'a' || tokens[0] === 'in' ? 3 : tokens[0] === 'evt' ? 2 : undefined;
  const kind = offset === undefined ? undefined : tokens[offset];
  const id = offset === undefined ? undefined : tokens[offset + 1];
  return kind === undefined || id === undefined ? undefined : { kind, id };
}

/** Cancellations of pool effects: core NATS only; the journal holds the lasting mark. */
export function cancelSubject(pool: string, namespace: string): string {
  return `fxc.${pool}.${namespace}`;
}

/** Where a worker says once a second what it holds and does; `*` for all of them. */
export function workerReportSubject(namespace: string, workerId: string): string {
  return `sys.${namespace}.worker.${workerId}`;
}

/** Where all workers at once are asked for a checkpoint, or to hold their writes back while the store is copied. */
export function workerRequestSubject(namespace: string): string {
  return `sys.${namespace}.workers`;
}

/** Where the running system takes requests of other commands of its own user. */
export function systemRequestSubject(namespace: string): string {
  return `sys.${namespace}.request`;
}

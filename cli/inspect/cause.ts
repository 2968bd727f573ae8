/** What the id of a command says about where it came from: ids name the commit that sent them. Pure. */
import {
  actorAddressSchema,
  formatAddress,
  type ActorAddress,
} from '../../runtime/contract/address.ts';

export type Cause =
  /** A commit of an actor led to it: by a command or child it sent, a timer it set, an effect it started. */
  | {
      readonly type: 'commit';
      readonly by: 'command' | 'timer' | 'effect';
      readonly actor: ActorAddress;
      readonly n: number;
    }
  /** Nobody of ours: a person, the gateway, a program. */
  | { readonly type: 'outside'; readonly commandId: string };

const sentPattern = /^([a-z][a-z0-9-]*)\.(.+):(\d+):(?:\d+|timer-\d+)(:fired)?$/u;
const effectPattern = /^([a-z][a-z0-9-]*)\.(.+)\.(\d+)-\d+$/u;

export function readCause(id: string): Cause {
  const [, sentKind, sentId, sentN, fired] = sentPattern.exec(id) ?? [];
  const [, kind = sentKind, actorId = sentId, n = sentN] = effectPattern.exec(id) ?? [];
  const actor = actorAddressSchema.safeParse({ kind, id: actorId });
  if (!actor.success || n === undefined) return { type: 'outside', commandId: id };
  const by = sentN === undefined ? 'effect' : fired === undefined ? 'command' : 'timer';
  return { type: 'commit', by, actor: actor.data, n: Number(n) };
}

/** `self`: the actor whose history is told, which need not be named again. */
export function describeCause(id: string, self?: ActorAddress): string {
  const cause = readCause(id);
  if (cause.type === 'outside') return `outside command ${id}`;
  const isOwn = self?.kind === cause.actor.kind && self.id === cause.actor.id;
  const place = isOwn
    ? `its commit ${cause.n}`
    : `commit ${cause.n} of ${formatAddress(cause.actor)}`;
  const what = { command: 'command', timer: 'timer', effect: 'effect' } as const;
  return `${what[cause.by]} of ${place}`;
}

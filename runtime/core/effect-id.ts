/** `<kind>.<id>.<n>-<generation>`: the effect that the actor's n-th commit asks for. */
import type { ActorAddress } from '../contract/address.ts';

/** The generation makes the id unique within the commit even when entries before it are withdrawn. */
export function formatEffectId({ kind, id }: ActorAddress, n: number, generation: number): string {
  return `${kind}.${id}.${n}-${generation}`;
}

/** The number of the commit that has started the effect; undefined for an id of another form. */
export function readEffectCommit(effectId: string): number | undefined {
  const [, n] = /\.(\d+)-\d+$/u.exec(effectId) ?? [];
  return n === undefined ? undefined : Number(n);
}

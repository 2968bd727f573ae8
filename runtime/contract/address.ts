/** Actor addresses: `kind/id`. Every token is safe as one NATS subject token and as a file name. */
import { z } from 'zod';
import { SignalboxError } from './errors.ts';

export const namespaceSchema = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/);
export const actorKindSchema = z.string().regex(/^[a-z][a-z0-9-]{0,47}$/);
/** No dots, slashes, spaces or wildcards; `::` separates a parent's id from a child's name. */
export const actorIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9_-]|::(?=[A-Za-z0-9])){0,159}$/);

export const actorAddressSchema = z.object({ kind: actorKindSchema, id: actorIdSchema });
export type ActorAddress = Readonly<z.infer<typeof actorAddressSchema>>;

/** `kind/id`; `parseAddress` reads it back. */
export function formatAddress(address: ActorAddress): string {
  return `${address.kind}/${address.id}`;
}

/** Parses `kind/id`. Throws `SB_ADDRESS_INVALID`. */
export function parseAddress(text: string): ActorAddress {
  const slash = text.indexOf('/');
  const parsed = actorAddressSchema.safeParse({
    kind: text.slice(0, slash),
    id: text.slice(slash + 1),
  });
  if (slash < 1 || !parsed.success) {
    throw new SignalboxError('SB_ADDRESS_INVALID', `"${text}" is not an actor address (kind/id)`, {
      next: 'Use letters, digits, "-" and "_"; a child is written parent::child.',
    });
  }
  return parsed.data;
}

/** Steps from the root of its tree to an actor: 0 for the root. */
export function childDepth(actorId: string): number {
  return actorId.split('::').length - 1;
}

/** The id of a child actor: `parent::child`. */
export function childActorId(parentId: string, childName: string): string {
  return `${parentId}::${childName}`;
}

/** How an actor's definition names the kinds of its children, and what becomes of them when they fail. */
import { SignalboxError } from '../contract/errors.ts';
import { checkSupervision, escalate, type Supervision } from './supervision.ts';

export interface ChildDefinition {
  /** The actor kind that is started. */
  readonly kind: string;
  readonly supervision: Supervision;
  /**
   * Live descendants each such child may have at a time; they are taken from what its parent may have. Without a
   * number it is a tenth of what the parent has left, and none for a kind that starts no children.
   */
  readonly descendants: number | undefined;
}

/** A kind alone is supervised by `escalate`. */
export type ChildOptions =
  | string
  | {
      readonly kind: string;
      readonly supervision?: Supervision;
      readonly descendants?: number;
    };

/** Throws `SB_CONFIG_INVALID`. */
export function readChildren(
  parent: string,
  children: Readonly<Record<string, ChildOptions>>,
): Readonly<Record<string, ChildDefinition>> {
  return Object.fromEntries(
    Object.entries(children).map(([source, options]) => {
      const child = typeof options === 'string' ? { kind: options } : options;
      const { kind, supervision = escalate, descendants } = child;
      checkSupervision(`child "${source}" of ${parent}`, supervision);
      if (descendants !== undefined && !(Number.isInteger(descendants) && descendants >= 0)) {
        throw new SignalboxError(
          'SB_CONFIG_INVALID',
          `the descendants of child "${source}" of ${parent} must be 0 or more`,
        );
      }
      return [source, { kind, supervision, descendants }];
    }),
  );
}

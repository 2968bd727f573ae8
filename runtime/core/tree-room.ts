/**
 * Whether one more child fits into what an actor may have, and what it is handed down of that. No actor hands down
 * more than it holds, so that a tree never grows beyond what its root was given, whoever runs its parts. Pure.
 */
import { childDepth, formatAddress, type ActorAddress } from '../contract/address.ts';
import type { Json } from '../contract/json.ts';
import type { TreeLimits } from '../contract/tree-limits.ts';

export interface RoomQuery {
  /** Of the parent. */
  readonly address: ActorAddress;
  /** All that hold for the parent; the smallest counts. */
  readonly limits: readonly TreeLimits[];
  /** What each live child takes: itself and what it was handed. */
  readonly reserved: readonly number[];
  /** Descendants the new child is to be able to have; undefined: a share. */
  readonly wanted: number | undefined;
}

export type Room =
  /** What the child is handed. */
  | { readonly status: 'free'; readonly limits: TreeLimits }
  | { readonly status: 'full'; readonly error: Json };

/** Without a number in the definition a child gets the tenth part: a few levels, and dozens side by side. */
const share = 10;

export function measureRoom({ address, limits, reserved, wanted }: RoomQuery): Room {
  const depth = Math.min(...limits.map((each) => each.depth));
  const most = Math.min(...limits.map((each) => each.descendants));
  const left = most - reserved.reduce((sum, each) => sum + each, 0);
  const parent = formatAddress(address);
  if (childDepth(address.id) >= depth) {
    return full(
      `${parent} cannot start a child: its tree may be ${depth} deep`,
      'Raise limits.depth in the definition of the root, or find out why the tree is so deep.',
    );
  }
  const descendants = wanted ?? Math.floor(Math.max(0, left - 1) / share);
  if (left < 1 + descendants) {
    return full(
      `${parent} cannot start a child with ${descendants} descendants: of ${most} it has ${Math.max(0, left)} left`,
      'Raise limits.descendants in the definition of the root, or lower what its children are handed.',
    );
  }
  return { status: 'free', limits: { depth, descendants } };
}

function full(message: string, next: string): Room {
  return {
    status: 'full',
    error: { code: 'SB_LIMIT_CHILDREN', message, retryable: false, next },
  };
}

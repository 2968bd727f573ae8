/** How far an actor and all that descends from it may grow. */
import { z } from 'zod';

export const treeLimitsSchema = z.object({
  /** Steps from the root to the deepest descendant: the root itself has depth 0. */
  depth: z.number().int().nonnegative(),
  /** Live descendants at one time, of any depth. */
  descendants: z.number().int().nonnegative(),
});
export type TreeLimits = Readonly<z.infer<typeof treeLimitsSchema>>;

/** Far above what anyone means, far below what a runaway recursion makes in a minute. */
export const defaultTreeLimits: TreeLimits = { depth: 8, descendants: 10_000 };

/** Lets at most `limit` tasks run at once; the others wait in order of arrival. */
export type WithSlot = <Result>(task: () => Promise<Result>) => Promise<Result>;

export function createCommandSlots(limit: number): WithSlot {
  let free = limit;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      // A finished task hands its slot straight on, so nobody can slip in between.
      if (next === undefined) free += 1;
      else next();
    }
  };
}

/** One task at a time per key, in order of arrival. Keys without tasks cost nothing. */
export type WithKey = <Result>(key: string, task: () => Promise<Result>) => Promise<Result>;

export function createKeyedMutex(): WithKey {
  const tails = new Map<string, Promise<void>>();
  return async (key, task) => {
    const before = tails.get(key);
    let release: () => void = () => undefined;
    const mine = new Promise<void>((resolve) => {
      release = resolve;
    });
    tails.set(key, mine);
    await before;
    try {
      return await task();
    } finally {
      if (tails.get(key) === mine) tails.delete(key);
      release();
    }
  };
}

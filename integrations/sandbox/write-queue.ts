/**
 * Owns the order of changes to one file within this process: read, change and replace happen without another change
 * in between, so that two edits of one file both take effect. Holds no entry for a file nobody is changing.
 */
export type WriteQueue = <Result>(file: string, change: () => Promise<Result>) => Promise<Result>;

export function createWriteQueue(): WriteQueue {
  const lastByFile = new Map<string, Promise<void>>();
  return async (file, change) => {
    const before = lastByFile.get(file) ?? Promise.resolve();
    const result = before.then(change);
    // A failed change reaches its own caller through `result`; the next in line does not care.
    const settled = result.then(
      () => undefined,
      () => undefined,
    );
    lastByFile.set(file, settled);
    try {
      return await result;
    } finally {
      if (lastByFile.get(file) === settled) lastByFile.delete(file);
    }
  };
}

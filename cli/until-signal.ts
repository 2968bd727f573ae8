/** Resolves on the first Ctrl-C or SIGTERM. A second one ends the process at once, for a stop that hangs. */
export function untilSignal(onSecond: () => void): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let count = 0;
    const handle = (signal: NodeJS.Signals): void => {
      count += 1;
      if (count === 1) resolve(signal);
      else onSecond();
    };
    process.on('SIGINT', handle);
    process.on('SIGTERM', handle);
  });
}

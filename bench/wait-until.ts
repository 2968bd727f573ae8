/** Waiting for what another process does. */

const pollMs = 50;
/** Longer than the slowest takeover. */
const patienceMs = 120_000;

export async function waitUntil(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + patienceMs;
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

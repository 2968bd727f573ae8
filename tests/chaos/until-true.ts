/** Waits for a condition, with a limit. */
import { setTimeout } from 'node:timers/promises';

const lookEveryMs = 100;

/** Throws when the limit has passed. */
export async function untilTrue(
  what: string,
  limitMs: number,
  isTrue: () => Promise<boolean>,
): Promise<void> {
  const untilMs = performance.now() + limitMs;
  while (!(await isTrue())) {
    if (performance.now() > untilMs) throw new Error(`after ${limitMs} ms it is not so: ${what}`);
    await setTimeout(lookEveryMs);
  }
}

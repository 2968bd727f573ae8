import { describe, expect, it } from 'vitest';
import { createCommandSlots } from './command-slots.ts';
import { createKeyedMutex } from './keyed-mutex.ts';

describe('createKeyedMutex', () => {
  it('runs tasks of one key one after another, in order', async () => {
    const withKey = createKeyedMutex();
    const log: string[] = [];
    const task = (name: string) => async (): Promise<void> => {
      log.push(`${name} starts`);
      await Promise.resolve();
      await Promise.resolve();
      log.push(`${name} ends`);
    };
    await Promise.all([withKey('k', task('a')), withKey('k', task('b')), withKey('k', task('c'))]);
    expect(log).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends']);
  });

  it('lets different keys run side by side', async () => {
    const withKey = createKeyedMutex();
    let release: () => void = () => undefined;
    const held = withKey('slow', () => new Promise<void>((resolve) => (release = resolve)));
    await expect(withKey('other', () => Promise.resolve('ran'))).resolves.toBe('ran');
    release();
    await held;
  });

  it('goes on after a task that failed', async () => {
    const withKey = createKeyedMutex();
    await expect(withKey('k', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(withKey('k', () => Promise.resolve(1))).resolves.toBe(1);
  });
});

describe('createCommandSlots', () => {
  it('never runs more than the limit, and runs all', async () => {
    const withSlot = createCommandSlots(3);
    let running = 0;
    let most = 0;
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        withSlot(async () => {
          running += 1;
          most = Math.max(most, running);
          await Promise.resolve();
          running -= 1;
          if (index === 4) throw new Error('one fails');
          return index;
        }).catch(() => -1),
      ),
    );
    expect(most).toBe(3);
    expect(results).toHaveLength(20);
    expect(results[19]).toBe(19);
  });
});

import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Longest files first: with two workers, a long one that starts last is waited for alone. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const ranks = [
      'two-hundred',
      'kill.system',
      '.system.',
      '.browser.',
      'worktrees.integration',
      '.integration.',
      '',
    ];
    const rankOf = ({ moduleId }: TestSpecification): number =>
      ranks.findIndex((part) => moduleId.includes(part));
    return files.toSorted((left, right) => rankOf(left) - rankOf(right));
  }
}

const shared = { exclude: ['**/node_modules/**', '**/dist/**'], environment: 'node' as const };

export default defineConfig({
  test: {
    // Two cores: one file per core, since most tests wait for processes and disks rather than compute.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [
            ...shared.exclude,
            '**/*.integration.test.ts',
            '**/*.browser.test.ts',
            '**/*.system.test.ts',
          ],
        },
      },
      {
        test: {
          ...shared,
          name: 'integration',
          include: ['**/*.integration.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'system',
          maxConcurrency: 6,
          include: ['**/*.system.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'browser',
          include: ['**/*.browser.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});

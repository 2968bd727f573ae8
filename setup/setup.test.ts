import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isInstalled } from './install.mjs';
import { assertNode } from './requirements.mjs';
import { SetupError } from './run-command.mjs';
import { withSetupLock } from './setup-lock.mjs';
import { chooseStages } from './stages.mjs';
import { countTests } from './test-report.mjs';

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-setup-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe('requirements', () => {
  test.each(['20.19.0', '20.20.2', '22.1.0', '24.0.0'])('Node %s will do', (version) => {
    expect(() => assertNode(version)).not.toThrow();
  });

  test.each(['18.20.0', '20.18.3'])('Node %s is refused with what to do', (version) => {
    expect(() => assertNode(version)).toThrow(`this is Node ${version}.\nInstall a newer one`);
  });
});

describe('dependencies', () => {
  function writeLocks(installed: object | undefined): string {
    const root = makeFolder();
    mkdirSync(join(root, 'node_modules'));
    const locked = {
      '': { version: '0.1.0' },
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b': { version: '2.0.0', optional: true },
    };
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: locked }));
    if (installed !== undefined) {
      const file = join(root, 'node_modules', '.package-lock.json');
      writeFileSync(file, JSON.stringify({ packages: installed }));
    }
    return root;
  }

  test.each([
    ['nothing is installed', undefined, false],
    ['another version is installed', { 'node_modules/a': { version: '0.9.0' } }, false],
    ['all but what is optional is installed', { 'node_modules/a': { version: '1.0.0' } }, true],
  ])('when %s', (_title, installed, expected) => {
    expect(isInstalled(writeLocks(installed))).toBe(expected);
  });
});

describe('the set-up lock', () => {
  test('lets one set-up work at a time, and the others after it', async () => {
    const file = join(makeFolder(), 'cache', 'lock');
    const said: string[] = [];
    let working = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      working += 1;
      most = Math.max(most, working);
      await new Promise((resolve) => setImmediate(resolve));
      working -= 1;
    };
    await Promise.all([1, 2, 3].map(() => withSetupLock(file, (line) => said.push(line), work)));
    expect(most).toBe(1);
    expect(said[0]).toBe(`Another set-up is running here (process ${process.pid}); waiting for it`);
  });

  test('of a process that is gone is taken over', async () => {
    const file = join(makeFolder(), 'lock');
    writeFileSync(file, '999999999');
    let worked = false;
    await withSetupLock(
      file,
      () => undefined,
      () => {
        worked = true;
        return Promise.resolve();
      },
    );
    expect(worked).toBe(true);
  });
});

describe('the stages of npm test', () => {
  test('are all, the named ones, or all but those', () => {
    const all = chooseStages([]);
    expect(chooseStages(['--only', 'lint,unit'])).toEqual(new Set(['lint', 'unit']));
    expect(chooseStages(['--skip', 'browser']).size).toBe(all.size - 1);
  });

  test.each([
    [['--only']],
    [['--only', 'unti']],
    [['unit']],
    [['--only', 'unit', '--skip', 'lint']],
  ])('%j is refused with the list of stages', (args) => {
    expect(() => chooseStages(args)).toThrow(SetupError);
    expect(() => chooseStages(args)).toThrow('Stages: format, lint');
  });
});

describe('the count of tests', () => {
  const file = (status: string, tests: readonly string[]) => ({
    status,
    assertionResults: tests.map((status) => ({ status })),
  });
  const report = { numPassedTests: 2, numFailedTests: 0, success: true };

  test('is what vitest reports', () => {
    const testResults = [file('passed', ['passed', 'passed'])];
    expect(countTests({ ...report, testResults })).toEqual({ passed: 2, failed: 0 });
  });

  test('adds files that did not load', () => {
    const testResults = [
      file('passed', ['passed', 'passed']),
      file('failed', []),
      file('failed', ['failed']),
    ];
    expect(countTests({ ...report, numFailedTests: 1, success: false, testResults })).toEqual({
      passed: 2,
      failed: 2,
    });
  });

  test.each([
    ['an error outside of any test', { ...report, success: false, testResults: [] }],
    ['no test at all', { ...report, numPassedTests: 0, testResults: [] }],
    ['no report', undefined],
  ])('is never a success with %s', (_title, value) => {
    expect(countTests(value).failed).toBe(1);
  });
});

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openLog } from './log.ts';

it('goes on when the file cannot be written, says so once, and writes again when it can', ({
  onTestFinished,
}) => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-log-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const shown: string[] = [];
  const file = join(folder, 'logs', 'signalbox.log');
  const log = openLog({
    file,
    verbose: false,
    now: () => new Date(0),
    show: (line) => shown.push(line),
  });
  log.info('first');
  rmSync(file);
  mkdirSync(file);
  log.info('second');
  log.warn('third', { code: 'X' });
  rmSync(file, { recursive: true });
  log.info('fourth');
  expect(shown).toEqual([
    expect.stringContaining(`the log ${file} cannot be written: EISDIR`),
    '00:00:00 warn third  code=X',
  ]);
  expect(readFileSync(file, 'utf8')).toBe(
    '{"at":"1970-01-01T00:00:00.000Z","level":"info","message":"fourth"}\n',
  );
});

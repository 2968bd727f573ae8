import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openLog, type SystemLog } from './log.ts';

interface Opened {
  readonly log: SystemLog;
  readonly file: string;
  readonly shown: string[];
  readonly lines: () => readonly Record<string, unknown>[];
}

function open(options: { verbose?: boolean; secrets?: string[]; maxBytes?: number } = {}): Opened {
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
    ...options,
  });
  const lines = (): readonly Record<string, unknown>[] =>
    readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, file, shown, lines };
}

const at = '1970-01-01T00:00:00.000Z';

describe('the log', () => {
  it('goes on when the file cannot be written, says so once, and writes again when it can', () => {
    const { log, file, shown, lines } = open();
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
    expect(lines()).toEqual([{ at, level: 'info', message: 'fourth' }]);
  });

  it('goes on when the disk is full', () => {
    const shown: string[] = [];
    const log = openLog({
      file: '/dev/full',
      verbose: false,
      now: () => new Date(0),
      show: (line) => shown.push(line),
    });
    for (let count = 0; count < 1_000; count += 1) log.info('lost', { text: 'x'.repeat(1_000) });
    expect(shown).toEqual([expect.stringContaining('cannot be written: ENOSPC')]);
  });

  it('is for its owner only', () => {
    const { log, file } = open();
    log.info('one');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('keeps a few older files and no more', () => {
    const { log, file } = open({ maxBytes: 2_000 });
    for (let count = 0; count < 200; count += 1) log.info('a line', { count });
    const files = readdirSync(join(file, '..')).toSorted();
    expect(files).toEqual(
      [1, 2, 3].reduce((names, n) => [...names, `signalbox.log.${n}`], ['signalbox.log']),
    );
    const sizes = files.map((name) => statSync(join(file, '..', name)).size);
    expect(Math.max(...sizes)).toBeLessThan(2_500);
    expect(readFileSync(file, 'utf8')).toContain('"count":199');
  });

  it('is readable on the terminal, all of it when verbose', () => {
    const { log, shown } = open({ verbose: true });
    log.info('commit stored', { kind: 'session', id: 'a', n: 3, tags: ['x'] });
    log.progress('getting a server');
    expect(shown).toEqual([
      '00:00:00 info commit stored  actor=session/a n=3 tags=["x"]',
      '00:00:00 info getting a server',
    ]);
  });

  it('calls what a line is about by one name', () => {
    const { log, lines } = open();
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const worker = log.with({ workerId: 'w1' });
    worker.info('applied', { kind: 'session', id: 'a', commandId: 'c', effectId: 'e', trace });
    log.info('of no actor', { kind: 'session' });
    expect(lines()).toEqual([
      {
        at,
        level: 'info',
        message: 'applied',
        workerId: 'w1',
        actor: 'session/a',
        commandId: 'c',
        effectId: 'e',
        traceId: '0af7651916cd43dd8448eb211c80319c',
      },
      { at, level: 'info', message: 'of no actor', kind: 'session' },
    ]);
  });
});

describe('a secret', () => {
  const secret = 'p"a/ss\\wörd&1';
  const loginToken = 'Zk9fZk9fZk9fZk9fZk9fZk9fZk9fZk9fZk9fZk9fZk9';

  it.each<readonly [string, (log: SystemLog, value: string) => void]>([
    ['in a message', (log, value) => log.warn(`cannot connect with ${value}`)],
    ['in a fact', (log, value) => log.warn('a', { line: `user=${value};` })],
    ['deep in a fact', (log, value) => log.warn('a', { one: { two: [{ three: value }] } })],
    ['as the name of a fact', (log, value) => log.warn('a', { [value]: 1 })],
    ['in a URL', (log, value) => log.warn(`nats://u:${encodeURIComponent(value)}@host:4222`)],
    ['in an error', (log, value) => log.error('a', { error: new Error(`with ${value}`).message })],
    ['in the stack of an error', (log, value) => log.error('a', { stack: new Error(value).stack })],
    ['in JSON in a text', (log, value) => log.warn('a', { body: JSON.stringify({ k: value }) })],
    ['in what is bound', (log, value) => log.with({ who: value }).warn('a')],
    ['in progress', (log, value) => log.progress(`opening ${value}`)],
  ])('is hidden %s, in the file and on the terminal', (_, say) => {
    for (const value of [secret, loginToken]) {
      const { log, file, shown } = open({ secrets: [secret] });
      log.hide(loginToken);
      say(log, value);
      const texts = [readFileSync(file, 'utf8'), ...shown];
      expect(texts.length).toBeGreaterThan(1);
      for (const text of texts) {
        expect(text).toContain('[hidden]');
        for (const form of [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)])
          expect(text).not.toContain(form);
      }
    }
  });

  it.each(['password', 'pass', 'secret', 'token', 'apiKey', 'authorization', 'cookie'])(
    'that nobody knows is hidden as %s',
    (name) => {
      const { log, file, shown } = open();
      log.warn('a', { [name]: 'unheard of', inner: { [name]: 'unheard of' } });
      expect(readFileSync(file, 'utf8') + shown.join('')).not.toContain('unheard of');
    },
  );
});

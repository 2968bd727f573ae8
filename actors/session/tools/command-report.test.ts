import { describe, expect, it } from 'vitest';
import type { CapturedOutput, CommandEnd } from '../../ports/workspace.ts';
import { reportCommand } from './command-report.ts';

function shown(text: string): CapturedOutput {
  return { text, bytes: Buffer.byteLength(text), truncated: false };
}

async function report(
  end: CommandEnd,
  stdout: CapturedOutput = shown(''),
  stderr: CapturedOutput = shown(''),
) {
  const stored = new Map<string, string>();
  const blobs = {
    async put(key: string, data: Uint8Array) {
      stored.set(key, Buffer.from(data).toString('utf8'));
    },
    async get(): Promise<Uint8Array> {
      throw new Error('a report reads no blob');
    },
  };
  const result = { end, stdout, stderr, durationMs: 5 };
  const answer = await reportCommand(result, { blobs, blobPrefix: 'sessions/s1/call-7' });
  return { answer, stored };
}

describe('reportCommand', () => {
  it('shows exit code, stdout and stderr of a success', async () => {
    const { answer, stored } = await report(
      { type: 'exited', exitCode: 0 },
      shown('ok\n'),
      shown('warning\n'),
    );
    expect(answer).toEqual({
      outcome: 'succeeded',
      exitCode: 0,
      text: 'exit code 0\n--- stdout (3 bytes) ---\nok\n--- stderr (8 bytes) ---\nwarning',
    });
    expect(stored.size).toBe(0);
  });

  it('says in words that a command failed without a word on stderr', async () => {
    const { answer } = await report({ type: 'exited', exitCode: 1 }, shown('all good?\n'));
    expect(answer.outcome).toBe('failed');
    expect(answer.exitCode).toBe(1);
    expect(answer.text).toBe(
      'exit code 1, no output on stderr\n--- stdout (10 bytes) ---\nall good?\n--- stderr: empty ---',
    );
  });

  it('shows both sections when nothing was written', async () => {
    const { answer } = await report({ type: 'exited', exitCode: 0 });
    expect(answer.text).toBe('exit code 0\n--- stdout: empty ---\n--- stderr: empty ---');
  });

  it('has no exit code for a signal or a deadline, and both are failures', async () => {
    const signalled = await report({ type: 'signalled', signal: 'SIGSEGV' });
    expect(signalled.answer).toMatchObject({ outcome: 'failed', exitCode: null });
    expect(signalled.answer.text).toMatch(/^ended by signal SIGSEGV, no exit code/u);
    const late = await report({ type: 'timedOut', afterMs: 2000 }, shown('part'));
    expect(late.answer).toMatchObject({ outcome: 'failed', exitCode: null });
    expect(late.answer.text).toMatch(/^timed out: ended after 2000 ms/u);
    expect(late.answer.text).toContain('part');
  });

  it('stores the whole output when a part is shown, and says where', async () => {
    const cut: CapturedOutput = {
      text: 'begin\n[... 90 bytes left out ...]\nend',
      bytes: 100,
      truncated: true,
      full: Buffer.from('the whole text'),
    };
    const { answer, stored } = await report({ type: 'exited', exitCode: 2 }, cut, shown('bad'));
    const blob = 'sessions/s1/call-7/output.txt';
    const text = stored.get(blob) ?? '';
    expect(text).toContain('the whole text');
    expect(text).toContain('--- stderr (3 bytes) ---\nbad');
    expect(answer.full).toEqual({ blob, bytes: Buffer.byteLength(text) });
    expect(answer.text).toContain(`kept as blob ${blob}`);
    expect(answer.text).toContain('--- stdout (100 bytes, shown in part) ---\nbegin');
    expect(answer.text).toContain('[... 90 bytes left out ...]');
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModelPort, ModelTurn } from '../../actors/ports/model.ts';
import { createModelDirectory } from './directory.ts';
import { loadRecording } from './recording/load-recording.ts';

let folder: string;
let recording: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-directory-'));
  recording = join(folder, 'played.json');
  await writeRecording('Hello.');
});
afterEach(() => rm(folder, { recursive: true }));

function writeRecording(text: string): Promise<void> {
  const turn = {
    blocks: [{ type: 'text', text }],
    usage: { inputTokens: 1, outputTokens: 1 },
    stopReason: 'endTurn',
  };
  return writeFile(
    recording,
    JSON.stringify({
      v: 1,
      title: 'Hello',
      recordedWith: { model: 'claude-test' },
      turns: [{ expect: [{ type: 'prompt', source: 'step' }], turn }],
    }),
  );
}

function ask(port: ModelPort): Promise<ModelTurn> {
  return port.complete(
    {
      sessionId: 's1',
      idempotencyKey: 'k',
      model: 'claude-test',
      system: '',
      conversation: [{ type: 'prompt', source: 'step', text: 'Go.' }],
      tools: [],
      maxOutputTokens: 10,
    },
    { signal: new AbortController().signal, onDelta: () => undefined },
  );
}

describe('createModelDirectory', () => {
  it('refuses the provider that has no key, and says what to do', async () => {
    const refused = createModelDirectory({})({ provider: 'anthropic', model: 'claude-test' });
    await expect(refused).rejects.toMatchObject({
      code: 'SB_MODEL_AUTHENTICATION',
      next: 'Set one with `export ANTHROPIC_API_KEY=…` and start again, or choose a recording as the model.',
    });
  });

  it('plays a recording from one parsed copy, until the file changes', async () => {
    const directory = createModelDirectory({ anthropic: { apiKey: 'k' } });
    const port = await directory({ provider: 'replay', recording });
    expect(await directory({ provider: 'replay', recording })).toBe(port);
    expect((await ask(port)).blocks).toEqual([{ type: 'text', text: 'Hello.' }]);
    await writeRecording('Hello again.');
    const changed = await directory({ provider: 'replay', recording });
    expect((await ask(changed)).blocks).toEqual([{ type: 'text', text: 'Hello again.' }]);
  });

  it('reads a recording again after it was missing', async () => {
    const directory = createModelDirectory({});
    await rm(recording);
    await expect(directory({ provider: 'replay', recording })).rejects.toMatchObject({
      code: 'SB_RECORDING_INVALID',
    });
    await writeRecording('Hello.');
    expect((await ask(await directory({ provider: 'replay', recording }))).stopReason).toBe(
      'endTurn',
    );
  });

  it('records whatever is chosen, but not into the recording that is played', async () => {
    const record = join(folder, 'recorded.json');
    await ask(await createModelDirectory({ record })({ provider: 'replay', recording }));
    expect((await loadRecording(record)).turns).toEqual((await loadRecording(recording)).turns);
    await expect(
      createModelDirectory({ record: recording })({ provider: 'replay', recording }),
    ).rejects.toMatchObject({
      code: 'SB_CONFIG_INVALID',
    });
  });
});

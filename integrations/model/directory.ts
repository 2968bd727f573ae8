/** Resolves a session's model choice to a port; with `record`, to one that records what it says. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ModelChoice, ModelDirectory, ModelPort } from '../../actors/ports/model.ts';
import { SignalboxError, assertNever } from '../../runtime/contract/errors.ts';
import { createAnthropicModel } from './anthropic/anthropic-model.ts';
import type { AnthropicOptions } from './anthropic/anthropic-model.ts';
import { loadRecording } from './recording/load-recording.ts';
import { createRecordingFile } from './recording/recording-file.ts';
import { createRecordingModel } from './recording/recording-model.ts';
import { createReplayModel } from './replay/replay-model.ts';

export interface ModelDirectoryOptions {
  /** Absent when there is no key: choosing `anthropic` is then refused. */
  readonly anthropic?: AnthropicOptions;
  /** Path of the recording file to write. */
  readonly record?: string;
}

interface CachedReplay {
  readonly version: string;
  readonly port: Promise<ModelPort>;
}

/** The directory throws `SB_MODEL_AUTHENTICATION`, `SB_CONFIG_INVALID` and `SB_RECORDING_INVALID`. */
export function createModelDirectory(options: ModelDirectoryOptions): ModelDirectory {
  const anthropic =
    options.anthropic === undefined ? undefined : createAnthropicModel(options.anthropic);
  const sink = options.record === undefined ? undefined : createRecordingFile(options.record);
  const replays = new Map<string, CachedReplay>();

  return async (choice) => {
    refuseOverwrite(choice, options.record);
    const port = await openPort(choice, anthropic, replays);
    return sink === undefined ? port : createRecordingModel(port, sink);
  };
}

function openPort(
  choice: ModelChoice,
  anthropic: ModelPort | undefined,
  replays: Map<string, CachedReplay>,
): Promise<ModelPort> {
  switch (choice.provider) {
    case 'anthropic':
      return requireAnthropic(choice.model, anthropic);
    case 'replay':
      return openReplay(choice.recording, replays);
    default:
      return assertNever(choice);
  }
}

async function requireAnthropic(
  model: string,
  anthropic: ModelPort | undefined,
): Promise<ModelPort> {
  if (anthropic !== undefined) return anthropic;
  throw new SignalboxError(
    'SB_MODEL_AUTHENTICATION',
    `the model ${model} needs an API key for the Anthropic API, and there is none`,
    {
      next: 'Set one with `export ANTHROPIC_API_KEY=…` and start again, or choose a recording as the model.',
    },
  );
}

/** One parse per version of the file: hundreds of sessions may play the same recording. */
async function openReplay(path: string, replays: Map<string, CachedReplay>): Promise<ModelPort> {
  const version = await readVersion(path);
  const cached = replays.get(path);
  if (cached?.version === version) return cached.port;
  const port = loadRecording(path).then((recording) => createReplayModel(recording));
  replays.set(path, { version, port });
  try {
    return await port;
  } catch (error) {
    replays.delete(path);
    throw error;
  }
}

/** A file that cannot be seen has no version; reading it then says why. */
async function readVersion(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? 'unreadable' : `${found.ino}:${found.size}:${found.mtimeMs}`;
}

function refuseOverwrite(choice: ModelChoice, record: string | undefined): void {
  if (record === undefined || choice.provider !== 'replay') return;
  if (resolve(record) !== resolve(choice.recording)) return;
  throw new SignalboxError(
    'SB_CONFIG_INVALID',
    `${record} cannot be played and recorded into at once`,
    {
      next: 'Give --record another file.',
    },
  );
}

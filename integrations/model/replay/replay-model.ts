/**
 * The `replay` model port: says what was recorded; the tool calls it says really run. Keeps no state:
 * replay-position.ts derives the turn from the conversation, expectation.ts judges whether it fits.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ModelCallOptions, ModelPort, ModelTurn } from '../../../actors/ports/model.ts';
import { SignalboxError } from '../../../runtime/contract/errors.ts';
import type { ToolCall } from '../recording/conversation-rounds.ts';
import type { RecordedTurn, Recording } from '../recording/recording.schema.ts';
import { describeMismatch, fitsExpectation } from './expectation.ts';
import { locateReplay } from './replay-position.ts';

/** A delayed turn is said in this many pieces at most. */
const maxPiecesPerTurn = 24;

/** Waits, and rejects when the signal aborts. */
type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

/** `complete` throws `SB_RECORDING_MISMATCH` and, when aborted, `SB_EFFECT_CANCELLED`. */
export function createReplayModel(recording: Recording, wait: Wait = waitMs): ModelPort {
  return {
    async complete(request, options) {
      refuseWhenAborted(options.signal);
      const position = locateReplay(recording, request.conversation);
      if (position.type === 'askAgain') return askAgain(recording, position.calls, options);
      if (position.type !== 'recordedTurn') throw describeMismatch(recording, position);
      const recorded = recording.turns[position.turnIndex];
      if (recorded === undefined || !fitsExpectation(recorded.expect, position.came)) {
        throw describeMismatch(recording, position);
      }
      await say(recorded, options, wait);
      return { model: recording.recordedWith.model, ...recorded.turn };
    },
  };
}

function askAgain(
  recording: Recording,
  calls: readonly ToolCall[],
  options: ModelCallOptions,
): ModelTurn {
  const text = 'This was interrupted, so whether it happened is not known. Asking for it again.';
  options.onDelta(text);
  return {
    model: recording.recordedWith.model,
    blocks: [{ type: 'text', text }, ...calls],
    usage: { inputTokens: 0, outputTokens: 0 },
    stopReason: 'toolUse',
  };
}

/** Streams the text of the turn over its delay; a turn without text only waits. */
async function say(
  { turn, delayMs = 0 }: RecordedTurn,
  options: ModelCallOptions,
  wait: Wait,
): Promise<void> {
  const text = turn.blocks
    .flatMap((block) => (block.type === 'text' ? [block.text] : []))
    .join('\n');
  const pieces = delayMs === 0 ? [text] : cutText(text, maxPiecesPerTurn);
  for (const piece of pieces) {
    if (delayMs > 0) await wait(delayMs / pieces.length, options.signal);
    refuseWhenAborted(options.signal);
    if (piece !== '') options.onDelta(piece);
  }
}

/** Words kept whole, joined into at most `count` pieces; always at least one. */
function cutText(text: string, count: number): string[] {
  const words = text.match(/\S*\s*/g)?.filter((word) => word !== '') ?? [];
  const perPiece = Math.max(1, Math.ceil(words.length / count));
  const pieces: string[] = [];
  for (let at = 0; at < words.length; at += perPiece) {
    pieces.push(words.slice(at, at + perPiece).join(''));
  }
  return pieces.length === 0 ? [''] : pieces;
}

async function waitMs(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    refuseWhenAborted(signal);
    throw error;
  }
}

function refuseWhenAborted(signal: AbortSignal): void {
  if (signal.aborted)
    throw new SignalboxError('SB_EFFECT_CANCELLED', 'the model call was cancelled');
}

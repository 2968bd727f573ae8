/**
 * Wraps any model port and records its turns as they come. Keeps nothing in memory: which turn a call
 * is follows from its conversation, so that a session that goes on in another process goes on in the
 * same file. A call repeated for the same turn replaces what was recorded, and what came after it.
 */
import type { ModelPort, ModelRequest, ModelTurn } from '../../../actors/ports/model.ts';
import { SignalboxError } from '../../../runtime/contract/errors.ts';
import { describeRound, splitRounds } from './conversation-rounds.ts';
import type { RecordingSink } from './recording-file.ts';
import type { Recording } from './recording.schema.ts';

/**
 * Throws, besides what `inner` throws, `SB_RECORDING_INVALID` before the model is called when the
 * sink holds another session, or fewer turns than the session already had.
 */
export function createRecordingModel(inner: ModelPort, sink: RecordingSink): ModelPort {
  return {
    async complete(request, options) {
      const rounds = splitRounds(request.conversation);
      const turnIndex = rounds.length - 1;
      const round = rounds[turnIndex];
      await sink.update((current) => reserve(current, request, turnIndex, sink.name));
      const turn = await inner.complete(request, options);
      const expect = round === undefined ? [] : describeRound(round);
      await sink.update((current) => {
        const recording = reserve(current, request, turnIndex, sink.name);
        return {
          ...recording,
          recordedWith: { ...recording.recordedWith, model: turn.model },
          turns: [...recording.turns.slice(0, turnIndex), { expect, turn: keepTurn(turn) }],
        };
      });
      return turn;
    },
  };
}

function keepTurn(turn: ModelTurn): Recording['turns'][number]['turn'] {
  return { blocks: [...turn.blocks], usage: turn.usage, stopReason: turn.stopReason };
}

/** Claims the sink for the session, before money is spent on a turn that could not be kept. */
function reserve(
  current: Recording | undefined,
  request: ModelRequest,
  turnIndex: number,
  sinkName: string,
): Recording {
  const recording: Recording = current ?? {
    v: 1,
    title: `Session ${request.sessionId}`,
    recordedWith: { model: request.model, session: request.sessionId },
    turns: [],
  };
  if (recording.recordedWith.session !== request.sessionId) {
    const holder = recording.recordedWith.session ?? 'no session (it was written by hand)';
    throw new SignalboxError(
      'SB_RECORDING_INVALID',
      `${sinkName} holds a recording of ${holder}; session ${request.sessionId} cannot be recorded into it`,
      { next: 'A recording holds one session: give --record a new file.' },
    );
  }
  if (turnIndex > recording.turns.length) {
    throw new SignalboxError(
      'SB_RECORDING_INVALID',
      `${sinkName} has ${recording.turns.length} turns of session ${request.sessionId}, which is at turn ${turnIndex + 1}: the turns between are lost`,
      {
        next: 'A recording starts with its session: dispatch the job again with --record and a new file.',
      },
    );
  }
  return recording;
}

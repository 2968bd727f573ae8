/**
 * Derives from a conversation alone what a replay says next: the recorded turn whose place has been
 * reached, or the calls to ask for again. Pure and stateless, so a replay survives any crash.
 *
 * After a crash a tool result may be `interrupted`: nobody knows whether the call happened. A live
 * agent would look and ask again, so the replay asks again for those calls, under fresh ids
 * (`<id>-again-<n>`), until each has ended. These turns and results are not counted against the
 * recording: the last result of each call, in the order of the recorded calls, is what is compared.
 */
import type { AssistantBlock, ConversationItem } from '../../../runtime/contract/transcript.ts';
import {
  describePrompt,
  describeResult,
  findCalls,
  splitRounds,
} from '../recording/conversation-rounds.ts';
import type {
  PromptItem,
  Round,
  ToolCall,
  ToolResultItem,
} from '../recording/conversation-rounds.ts';
import type { ExpectedItem, Recording } from '../recording/recording.schema.ts';

/** A call that is interrupted this often in a row kills its worker; asking again would never end. */
export const maxReissuesPerTurn = 50;

/** What really came since the last recorded turn: one entry per recorded call, then the prompts. */
export interface CameItem {
  readonly item: ExpectedItem;
  /** Of a prompt. */
  readonly text: string;
  /** Whether the call had been interrupted before and was asked for again. */
  readonly reissued: boolean;
}

export type ReplayPosition =
  | {
      readonly type: 'recordedTurn';
      readonly turnIndex: number;
      readonly came: readonly CameItem[];
    }
  | { readonly type: 'askAgain'; readonly calls: readonly ToolCall[] }
  /** Turn `turnIndex` of the conversation did not come from this recording. */
  | { readonly type: 'otherTurn'; readonly turnIndex: number; readonly found: readonly string[] }
  | {
      readonly type: 'alwaysInterrupted';
      readonly turnIndex: number;
      readonly tools: readonly string[];
    };

/** A recorded turn with everything that followed it, calls asked for again included. */
interface Segment {
  readonly calls: readonly ToolCall[];
  /** The newest result of each call, by the id it has in the recording. */
  readonly results: Map<string, ToolResultItem>;
  readonly prompts: PromptItem[];
  readonly reissued: Set<string>;
  reissues: number;
}

export function locateReplay(
  recording: Recording,
  conversation: readonly ConversationItem[],
): ReplayPosition {
  const [first, ...rest] = splitRounds(conversation);
  let segment = openSegment(first);
  let turnIndex = 0;
  for (const round of rest) {
    const interrupted = findInterrupted(segment);
    const asked =
      interrupted.length > 0 ? interrupted : findCalls(blocksOf(recording, turnIndex) ?? []);
    const known = interrupted.length > 0 || turnIndex < recording.turns.length;
    if (!known || !sameTools(asked, round.calls)) {
      return { type: 'otherTurn', turnIndex, found: round.calls.map((call) => call.name) };
    }
    if (interrupted.length > 0) {
      addReissue(segment, interrupted, round);
    } else {
      segment = openSegment(round);
      turnIndex += 1;
    }
  }
  const interrupted = findInterrupted(segment);
  if (interrupted.length === 0)
    return { type: 'recordedTurn', turnIndex, came: describeSegment(segment) };
  if (segment.reissues >= maxReissuesPerTurn) {
    return { type: 'alwaysInterrupted', turnIndex, tools: interrupted.map((call) => call.name) };
  }
  return { type: 'askAgain', calls: renameCalls(recording, interrupted, segment.reissues + 1) };
}

function openSegment(round: Round | undefined): Segment {
  const segment: Segment = {
    calls: round?.calls ?? [],
    results: new Map(round?.results),
    prompts: [],
    reissued: new Set(),
    reissues: 0,
  };
  addPrompts(segment, round?.prompts ?? []);
  return segment;
}

function addReissue(segment: Segment, interrupted: readonly ToolCall[], round: Round): void {
  segment.reissues += 1;
  for (const [index, call] of interrupted.entries()) {
    segment.reissued.add(call.id);
    const again = round.calls[index];
    const result = again === undefined ? undefined : round.results.get(again.id);
    if (result === undefined) segment.results.delete(call.id);
    else segment.results.set(call.id, result);
  }
  addPrompts(segment, round.prompts);
}

/** A session may nudge its agent about an interruption: that is part of it, and was not recorded. */
function addPrompts(segment: Segment, prompts: readonly PromptItem[]): void {
  const interrupted = findInterrupted(segment).length > 0;
  segment.prompts.push(...prompts.filter((prompt) => !interrupted || prompt.source !== 'nudge'));
}

function findInterrupted(segment: Segment): ToolCall[] {
  return segment.calls.filter((call) => segment.results.get(call.id)?.outcome === 'interrupted');
}

function describeSegment(segment: Segment): CameItem[] {
  return [
    ...segment.calls.map((call) => ({
      item: describeResult(call, segment.results.get(call.id)),
      text: '',
      reissued: segment.reissued.has(call.id),
    })),
    ...segment.prompts.map((prompt) => ({
      item: describePrompt(prompt),
      text: prompt.text,
      reissued: false,
    })),
  ];
}

/**
 * No recorded id contains the marker, so a new id equals neither a recorded one nor another new one.
 * Recorded ids contain `-again-` when the recorded session was itself a replay.
 */
function renameCalls(
  recording: Recording,
  calls: readonly ToolCall[],
  attempt: number,
): ToolCall[] {
  const recorded = recording.turns.flatMap(({ turn }) =>
    findCalls(turn.blocks).map((call) => call.id),
  );
  let marker = '-again-';
  for (let n = 2; recorded.some((id) => id.includes(marker)); n += 1) marker = `-again${n}-`;
  return calls.map((call) => ({ ...call, id: `${call.id}${marker}${attempt}` }));
}

function blocksOf(recording: Recording, turnIndex: number): readonly AssistantBlock[] | undefined {
  return recording.turns[turnIndex]?.turn.blocks;
}

function sameTools(a: readonly ToolCall[], b: readonly ToolCall[]): boolean {
  return a.length === b.length && a.every((call, index) => call.name === b[index]?.name);
}

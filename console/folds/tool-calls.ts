/** What the tool calls of a transcript are about, so that an event that only names a call can say it. */
import type { StoredTranscriptEntry } from '../../runtime/contract/transcript.ts';
import { describeToolCall } from '../format/describe-tool-call.ts';
import { firstLine } from '../format/value.ts';

const maxAboutLength = 60;

/** By session and call: `run-1::session/call-2` -> `npm test`. */
export function listToolCalls(
  entries: readonly StoredTranscriptEntry[],
): ReadonlyMap<string, string> {
  const calls = new Map<string, string>();
  for (const { session, item } of entries) {
    if (item.type !== 'assistant') continue;
    for (const block of item.blocks) {
      if (block.type !== 'toolCall') continue;
      const { lead } = describeToolCall(block.input);
      if (lead !== '') calls.set(`${session}/${block.id}`, firstLine(lead, maxAboutLength));
    }
  }
  return calls;
}

/** Recordings as text: parsed with a position for every complaint, printed the way they are stored. */
import { z } from 'zod';
import { SignalboxError } from '../../../runtime/contract/errors.ts';
import { locateJsonError } from './json-position.ts';
import { recordingSchema } from './recording.schema.ts';
import type { Recording } from './recording.schema.ts';

/** Complaints shown at once: more would bury the first, which is often the cause of the rest. */
const maxComplaints = 5;

/** Throws `SB_RECORDING_INVALID` naming `path` and the line, or the field. */
export function parseRecording(text: string, path: string): Recording {
  const parsed = recordingSchema.safeParse(parseJson(text, path));
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues;
  const complaints = issues
    .slice(0, maxComplaints)
    .map((issue) => `${z.core.toDotPath(issue.path) || 'the recording'}: ${issue.message}`);
  if (issues.length > maxComplaints) complaints.push(`and ${issues.length - maxComplaints} more`);
  throw new SignalboxError(
    'SB_RECORDING_INVALID',
    `${path} does not have the shape of a recording: ${complaints.join('; ')}`,
    { next: 'Correct the named fields, or record the job again with --record.' },
  );
}

export function printRecording(recording: Recording): string {
  return `${JSON.stringify(recording, undefined, 2)}\n`;
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const position = locateJsonError(text);
    const place = position === undefined ? path : `${path}:${position.line}:${position.column}`;
    throw new SignalboxError('SB_RECORDING_INVALID', `${place}: this is not JSON`, {
      cause: error,
      next: 'Correct the text at that line and column, or record the job again with --record.',
    });
  }
}

/** A commit as text and back. Whatever lies in the store, reading it is an answer and never a failure. */
import { describeError } from '../contract/errors.ts';
import { commitSchema, type Commit } from './commit.ts';

export type DecodedCommit =
  | { readonly status: 'commit'; readonly commit: Commit }
  /** Torn, of another shape, or no commit at all. */
  | { readonly status: 'unreadable'; readonly reason: string };

export function encodeCommit(commit: Commit): string {
  return JSON.stringify(commit);
}

export function decodeCommit(text: string): DecodedCommit {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return unreadable(`is no JSON: ${describeError(error)}`);
  }
  const parsed = commitSchema.safeParse(value);
  return parsed.success
    ? { status: 'commit', commit: parsed.data }
    : unreadable(`has another shape: ${describeError(parsed.error)}`);
}

function unreadable(what: string): DecodedCommit {
  return { status: 'unreadable', reason: `the stored commit ${what}` };
}

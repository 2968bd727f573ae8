/** What it means that JetStream refuses a publish: final, worth another attempt, or an answer in itself. Pure. */
import { SignalboxError } from '../contract/errors.ts';
import type { PublishRefusal } from './publish-ack.ts';

/** JetStream API error codes (nats-server `errors.json`). */
const wrongLastSequence = 10_071;
const storageCodes = new Set([10_002, 10_023, 10_028, 10_047, 10_077]);
/**
 * In a cluster: another copy of the message, or another message for the subject, is being decided on, or too much is.
 * Nothing is known yet: ask again in a moment. (10164 reads "wrong last sequence" too, but what is in front may come to nothing.)
 */
const undecidedCodes = new Set([10_158, 10_164, 10_167]);
const serviceUnavailable = 503;

/** The subject's last position is another one than was expected. */
export function isWrongSequence({ errorCode }: PublishRefusal): boolean {
  return errorCode === wrongLastSequence;
}

export function refusalError(subject: string, refusal: PublishRefusal): SignalboxError {
  const { code, errorCode, description = 'no description' } = refusal;
  if (errorCode !== undefined && storageCodes.has(errorCode)) {
    return new SignalboxError(
      'SB_STORAGE_FULL',
      `JetStream has no room for ${subject}: ${description}`,
      {
        retryable: true,
        next: 'Free disk space where the NATS data lies, or raise max_file_store in nats.conf.',
      },
    );
  }
  const isUndecided = errorCode !== undefined && undecidedCodes.has(errorCode);
  if (code === serviceUnavailable || isUndecided) return unavailable(subject, description);
  return new SignalboxError(
    'SB_PROTOCOL',
    `JetStream refused ${subject}: ${description} (${errorCode ?? code})`,
  );
}

export function unavailable(subject: string, text: string): SignalboxError {
  return new SignalboxError('SB_NATS_UNAVAILABLE', `a message for ${subject} ${text}`, {
    retryable: true,
  });
}

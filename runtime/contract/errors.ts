/**
 * The one error class of the system and its codes. Expected outcomes are tagged unions, not errors;
 * a `SignalboxError` is thrown where the caller cannot go on, and is told apart by `code`, never by text.
 */

export const errorCodes = {
  SB_ACTION_UNSUPPORTED: 'a machine uses an action that cannot be made durable',
  SB_ACTOR_QUARANTINED: 'a stored actor cannot be restored by the code that runs now',
  SB_ADDRESS_INVALID: 'an actor address has a character or a length that is not allowed',
  SB_BACKUP_INVALID: 'a backup is damaged, or is not one',
  SB_BACKUP_UNSETTLED: 'a backup found no moment at which nothing was written',
  SB_BLOB_MISSING: 'a referenced blob is not in the store',
  SB_CIRCUIT_OPEN: 'a target has failed several times in a row and is not called for a while',
  SB_COMMAND_REFUSED: 'an actor refused a command',
  SB_CONFIG_INVALID: 'a setting is missing or has a value that is not accepted',
  SB_EFFECT_CANCELLED: 'an effect was cancelled by its actor',
  SB_EFFECT_DEADLINE: 'an effect ran past its deadline',
  SB_EFFECT_FAILED: 'an effect failed with an error that has no code of its own',
  SB_EFFECT_INTERRUPTED:
    'an effect was under way when its worker died; whether it happened is unknown',
  SB_FORGE_REFUSED: 'the forge refused an operation',
  SB_GIT_FAILED: 'a git command failed',
  SB_HISTORY_FAILED: 'the history file cannot be read or written',
  SB_HISTORY_GAP: 'history was given events that leave a hole behind its position',
  SB_HOME_LOCKED: 'another process holds the data folder',
  SB_INPUT_INVALID: 'an input does not have the documented shape',
  SB_INTERNAL: 'an error nobody foresaw; the log has its details under the given reference',
  SB_KIND_UNKNOWN: 'no actor of this kind is registered',
  SB_LIMIT_CHILDREN: 'an actor has as many descendants as it may have, or they would be too deep',
  SB_LOGIN_REQUIRED: 'a request has no valid login',
  SB_MODEL_AUTHENTICATION: 'the model provider refused the credentials',
  SB_MODEL_LIMIT: 'the model provider is over a rate or usage limit',
  SB_MODEL_REFUSED: 'the model provider refused the request',
  SB_MODEL_UNAVAILABLE: 'the model provider cannot be reached or failed',
  SB_NATS_SERVER: 'the NATS server cannot be used',
  SB_NATS_UNAVAILABLE: 'the NATS server cannot be reached',
  SB_NOT_FOUND: 'the named thing does not exist',
  SB_PATH_OUTSIDE: 'a path leads outside the worktree',
  SB_PORT_IN_USE: 'a port to listen on is taken',
  SB_PROTOCOL: 'a stored or received message does not have the documented shape',
  SB_RECORDING_INVALID: 'a recording cannot be read or has the wrong shape',
  SB_RECORDING_MISMATCH: 'the conversation went another way than the recording',
  SB_REPOSITORY_INVALID: 'a path is not a git repository that can be used',
  SB_REQUEST_REFUSED: 'a request came by a host name, an origin or a method that is not allowed',
  SB_SIGNATURE_INVALID: 'a delivery is not signed with the secret of the trigger it names',
  SB_STATE_TOO_LARGE:
    'the state of an actor, with what one transition causes, is too large to be stored',
  SB_STORAGE_FULL: 'the store has no room left',
  SB_SYSTEM_NOT_EMPTY: 'a restore would mix what is restored with what is there',
  SB_TOOL_FAILED: 'a tool could not do what was asked',
  SB_WORKFLOW_INVALID: 'a workflow definition has errors',
} as const;

export type ErrorCode = keyof typeof errorCodes;

export interface SignalboxErrorOptions {
  readonly cause?: unknown;
  /** Whether the same call may succeed later without anyone changing anything. Default: false. */
  readonly retryable?: boolean;
  /** Earliest sensible retry, in milliseconds from now, when the other side said so. */
  readonly retryAfterMs?: number;
  /** What a person can do next, as one sentence. */
  readonly next?: string;
}

/** What is thrown where the caller cannot go on. `message` says what happened to which thing, `next` what to do about it. */
export class SignalboxError extends Error {
  override readonly name = 'SignalboxError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly next: string | undefined;

  constructor(code: ErrorCode, message: string, options: SignalboxErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.next = options.next;
  }
}

/** Ends a closed union: the compiler refuses the call while a case is missing. */
export function assertNever(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
}

/** The message of anything thrown, for a log line or an event. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

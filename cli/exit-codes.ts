/** The exit codes of `signalbox`; docs/cli.md lists them for scripts. */
import type { ErrorCode } from '../runtime/contract/errors.ts';

export const exitCodes = {
  success: 0,
  /** What was asked for was done and ended badly: a failed run, a refused merge. */
  outcomeFailed: 1,
  /** The command line, a setting or an input file is wrong. */
  usage: 2,
  /** The system does not run, or cannot be reached. */
  unavailable: 3,
  /** The named session, run or merge request does not exist. */
  notFound: 4,
  /** Another process holds the data folder, or a port is taken. */
  occupied: 5,
  /** A defect. */
  internal: 70,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const byCode: Partial<Record<ErrorCode, ExitCode>> = {
  SB_CONFIG_INVALID: exitCodes.usage,
  SB_BACKUP_INVALID: exitCodes.usage,
  SB_INPUT_INVALID: exitCodes.usage,
  SB_WORKFLOW_INVALID: exitCodes.usage,
  SB_RECORDING_INVALID: exitCodes.usage,
  SB_REPOSITORY_INVALID: exitCodes.usage,
  SB_ADDRESS_INVALID: exitCodes.usage,
  SB_NATS_UNAVAILABLE: exitCodes.unavailable,
  SB_NATS_SERVER: exitCodes.unavailable,
  SB_NOT_FOUND: exitCodes.notFound,
  SB_BLOB_MISSING: exitCodes.notFound,
  SB_HOME_LOCKED: exitCodes.occupied,
  SB_PORT_IN_USE: exitCodes.occupied,
  SB_INTERNAL: exitCodes.internal,
};

export function exitCodeOf(code: ErrorCode): ExitCode {
  return byCode[code] ?? exitCodes.outcomeFailed;
}

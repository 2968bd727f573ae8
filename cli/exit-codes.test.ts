/** Which error ends a command with which code: scripts depend on it. */
import { expect, it } from 'vitest';
import { errorCodes, type ErrorCode } from '../runtime/contract/errors.ts';
import { exitCodeOf, exitCodes, type ExitCode } from './exit-codes.ts';

/** Everything else is work that ended badly: code 1. */
const decided: Partial<Record<ErrorCode, ExitCode>> = {
  SB_BACKUP_INVALID: 2,
  SB_CONFIG_INVALID: 2,
  SB_INPUT_INVALID: 2,
  SB_WORKFLOW_INVALID: 2,
  SB_RECORDING_INVALID: 2,
  SB_REPOSITORY_INVALID: 2,
  SB_ADDRESS_INVALID: 2,
  SB_NATS_UNAVAILABLE: 3,
  SB_NATS_SERVER: 3,
  SB_NOT_FOUND: 4,
  SB_BLOB_MISSING: 4,
  SB_HOME_LOCKED: 5,
  SB_PORT_IN_USE: 5,
  SB_INTERNAL: 70,
};

const codes = Object.keys(errorCodes) as ErrorCode[];

it.each(codes)('%s', (code) => {
  expect(exitCodeOf(code)).toBe(decided[code] ?? 1);
});

it('no error counts as success, and every code but success is told apart', () => {
  expect(codes.map(exitCodeOf)).not.toContain(exitCodes.success);
  const values = Object.values(exitCodes);
  expect(new Set(values).size).toBe(values.length);
  expect(new Set([0, ...codes.map(exitCodeOf)])).toEqual(new Set(values));
});

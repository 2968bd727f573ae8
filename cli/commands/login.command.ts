/** `signalbox login`: prints another one-time link to the console of the running system. */
import { randomBytes } from 'node:crypto';
import { createLoginKeeper } from '../../gateway/login/login-keeper.ts';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { readSystemRecord } from '../system/system-record.ts';

export async function login({ home, output }: CommandContext): Promise<ExitCode> {
  const record = await readSystemRecord(home.record);
  if (record === undefined) {
    throw new SignalboxError('SB_NATS_UNAVAILABLE', `no system runs on ${home.root}`, {
      next: 'Start one with `signalbox up`.',
    });
  }
  const keeper = createLoginKeeper({ folder: home.login, clock: Date, randomBytes });
  const { url, expiresAt } = await keeper.mintLink(record.gatewayUrl);
  output.result({ url, expiresAt }, [url]);
  return exitCodes.success;
}

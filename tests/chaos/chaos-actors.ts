/** The actors that go through chaos, and what their effects do outside. */
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { formatAddress } from '../../runtime/contract/address.ts';
import { defineActor, type ActorDefinition } from '../../runtime/core/definition.ts';
import {
  localEffect,
  poolEffect,
  type EffectContext,
} from '../../runtime/core/effect-definition.ts';
import { accountMachine } from './account.machine.ts';
import { recordExecution } from './executions.ts';
import { errandMachine, jobMachine } from './job.machine.ts';
import { ledgerMachine } from './ledger.machine.ts';
import { tickerMachine } from './ticker.machine.ts';

export const space = { namespace: 'chaos', partitionCount: 4 };
export const chaosConcurrency = { tools: 4 };

/** An effect goes on for a moment after it is known outside: that is when a crash is worst. */
const afterwardsMs = 30;
/** An attempt of a worker that stands still for a while must not be given up because of it. */
const deadlineMs = 120_000;

export function defineChaosActors(
  executionsFile: string,
  workerId: string,
): readonly ActorDefinition[] {
  const execute =
    (source: string) =>
    async (_input: string, { effectId, actor }: EffectContext): Promise<string> => {
      const execution = { effectId, actor: formatAddress(actor), source, workerId };
      recordExecution(executionsFile, execution);
      await setTimeout(afterwardsMs);
      return effectId;
    };
  const options = { input: z.string(), deadlineMs };
  return [
    defineActor({ kind: 'ledger', version: 1, machine: ledgerMachine }),
    defineActor({ kind: 'account', version: 1, machine: accountMachine }),
    defineActor({ kind: 'ticker', version: 1, machine: tickerMachine }),
    defineActor({
      kind: 'job',
      version: 1,
      machine: jobMachine,
      effects: {
        note: localEffect({ ...options, whenUnknown: 'ask', run: execute('note') }),
        stamp: poolEffect('tools', {
          ...options,
          whenUnknown: 'idempotent',
          run: execute('stamp'),
        }),
        charge: poolEffect('tools', { ...options, whenUnknown: 'ask', run: execute('charge') }),
      },
      children: { errand: 'errand' },
    }),
    defineActor({
      kind: 'errand',
      version: 1,
      machine: errandMachine,
      effects: {
        stamp: localEffect({ ...options, whenUnknown: 'idempotent', run: execute('errand') }),
      },
    }),
  ];
}

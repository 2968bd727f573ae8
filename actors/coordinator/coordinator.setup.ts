/** The parts that the coordinator's machine is put together from: its types, sources, named actions and guards. */
import { assign, emit, setup } from 'xstate';
import type { z } from 'zod';
import { childSource, describeEffectError, effectSource, sendCommand } from '../../runtime/mod.ts';
import type { MergeRequestEnd, MergeRequestInput } from '../merge-request/merge-request.schema.ts';
import type { ReceiveHandoff, SessionEnd, SessionInput } from '../session/session.schema.ts';
import * as plan from './coordinator.context.ts';
import type { CoordinatorContext } from './coordinator.context.ts';
import type * as effects from './coordinator.effects.ts';
import type { CoordinatorCommand, CoordinatorEvent } from './coordinator.events.ts';
import type { ProofRecord } from './proof.ts';
import type { CoordinatorInput, RunEnd } from './run-spec.schema.ts';

export const coordinatorSetup = setup({
  types: {
    context: {} as CoordinatorContext,
    events: {} as CoordinatorCommand,
    emitted: {} as CoordinatorEvent,
    input: {} as CoordinatorInput,
    output: {} as RunEnd,
  },
  actors: {
    session: childSource<SessionInput, SessionEnd>(),
    mergeRequest: childSource<MergeRequestInput, MergeRequestEnd>(),
    prepareRun: effectSource<z.infer<typeof effects.prepareSchema>, effects.PreparedRun>(),
    verifyChange: effectSource<z.infer<typeof effects.verifySchema>, ProofRecord>(),
    commitChange: effectSource<z.infer<typeof effects.commitSchema>, { sha: string }>(),
    pushBranch: effectSource<z.infer<typeof effects.pushSchema>, { sha: string }>(),
    reportCheck: effectSource<z.infer<typeof effects.reportSchema>, null>(),
  },
  actions: {
    sendCommand,
    end: assign((_, end: RunEnd) => ({ end })),
    takeHandoff: assign((_, delivery: ReceiveHandoff) => ({ delivery, proof: null })),
    announceHandoff: emit((_, delivery: ReceiveHandoff) => ({
      type: 'handoffReceived' as const,
      round: delivery.round,
      title: delivery.handoff.title,
    })),
  },
  guards: {
    isPassed: (_, proof: ProofRecord) => proof.verdict === 'passed',
    hasAttemptsLeft: ({ context }) => context.failedProofs < plan.maxFailedProofs,
    hasMergeRequest: ({ context }) => context.mergeRequest === 'open',
    isEscalated: ({ context }) => context.end?.outcome === 'escalated',
    isWithoutTests: ({ context }) => context.proof?.command === null,
    isSettled: ({ context }) => context.session !== 'live' && context.mergeRequest !== 'open',
    isGood: ({ context }) => context.end?.outcome === 'merged' || context.end?.outcome === 'closed',
  },
});

interface InContext {
  readonly context: CoordinatorContext;
}

export const failWith = (what: string) => ({
  type: 'end' as const,
  params: ({
    context,
    event,
  }: InContext & { readonly event: { readonly error: unknown } }): RunEnd => {
    const reason = `${what}: ${describeEffectError(event.error)}`;
    // What has ended the run first is why it ended.
    return context.end ?? { outcome: 'failed', reason };
  },
});

export const receiving = {
  target: 'verifying',
  actions: [
    {
      type: 'announceHandoff' as const,
      params: ({ event }: { readonly event: ReceiveHandoff }) => event,
    },
    {
      type: 'takeHandoff' as const,
      params: ({ event }: { readonly event: ReceiveHandoff }) => event,
    },
  ],
};

/** Turns deliveries of one webhook into runs: each delivery id at most once, whatever the sender repeats. */
import { assign, emit, enqueueActions, setup } from 'xstate';
import type { JsonObject } from '../../runtime/contract/json.ts';
import { runIdFor } from '../../runtime/contract/run-id.ts';
import { startActor } from '../../runtime/mod.ts';
import type { CoordinatorInput } from '../coordinator/run-spec.schema.ts';
import { judgeDelivery } from './delivery.ts';
import type { TriggerDefinition, TriggerInput } from './trigger.schema.ts';

export type TriggerContext = TriggerInput & {
  /** Ids of the last deliveries, newest last. */
  readonly deliveries: readonly string[];
};

export type TriggerCommand =
  | { readonly type: 'configure'; readonly definition: TriggerDefinition }
  | {
      readonly type: 'receiveDelivery';
      readonly deliveryId: string;
      readonly payload: JsonObject;
      readonly receivedAt: string;
    };

export type TriggerEvent =
  | { readonly type: 'triggerConfigured'; readonly repository: string }
  | {
      readonly type: 'deliveryAccepted';
      readonly deliveryId: string;
      readonly run: string;
      readonly goal: string;
    }
  | { readonly type: 'deliveryRepeated'; readonly deliveryId: string; readonly run: string }
  | { readonly type: 'deliveryIgnored'; readonly deliveryId: string; readonly reason: string }
  | { readonly type: 'deliveryRefused'; readonly deliveryId: string; readonly reason: string };

/** Senders repeat a delivery within hours, and a busy trigger gets a few hundred a day. */
export const maxRememberedDeliveries = 500;

export const triggerMachine = setup({
  types: {
    context: {} as TriggerContext,
    events: {} as TriggerCommand,
    emitted: {} as TriggerEvent,
    input: {} as TriggerInput,
  },
  actions: { startActor },
}).createMachine({
  id: 'trigger',
  context: ({ input }) => ({ ...input, deliveries: [] }),
  initial: 'listening',
  states: {
    listening: {
      on: {
        configure: {
          actions: [
            assign(({ event }) => ({ definition: event.definition })),
            emit(({ event }) => ({
              type: 'triggerConfigured',
              repository: event.definition.run.repository,
            })),
          ],
        },
        receiveDelivery: {
          actions: enqueueActions(({ context, event, enqueue }) => {
            const { deliveryId, payload } = event;
            const { definition, queue, worktrees, deliveries } = context;
            const run = runIdFor(definition.id, deliveryId);
            if (deliveries.includes(deliveryId)) {
              enqueue.emit({ type: 'deliveryRepeated', deliveryId, run });
              return;
            }
            enqueue.assign({
              deliveries: [...deliveries, deliveryId].slice(-maxRememberedDeliveries),
            });
            const judged = judgeDelivery(definition, payload);
            switch (judged.status) {
              case 'ignored':
                enqueue.emit({ type: 'deliveryIgnored', deliveryId, reason: judged.reason });
                return;
              case 'refused':
                enqueue.emit({ type: 'deliveryRefused', deliveryId, reason: judged.reason });
                return;
              case 'accepted': {
                const spec = {
                  ...definition.run,
                  goal: judged.goal,
                  source: `trigger ${definition.id}`,
                };
                const input: CoordinatorInput = { run, queue, worktrees, spec };
                enqueue({
                  type: 'startActor',
                  params: { actor: { kind: 'coordinator', id: run }, input },
                });
                enqueue.emit({ type: 'deliveryAccepted', deliveryId, run, goal: judged.goal });
              }
            }
          }),
        },
      },
    },
  },
});

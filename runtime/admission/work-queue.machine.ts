/**
 * Gives out slots in which other actors work (fair-line.ts says in which order). A parked actor holds none.
 * Every command may be repeated without harm, and who ends while it waits leaves the line.
 */
import { assign, emit, enqueueActions, setup } from 'xstate';
import { formatAddress, type ActorAddress } from '../contract/address.ts';
import { sendCommand } from '../core/send-command.ts';
import {
  fillSlots,
  joinLine,
  leaveLine,
  openLine,
  type Line,
  type SlotLimits,
  type SlotRequest,
} from './fair-line.ts';

export type WorkQueueCommand =
  | { readonly type: 'setLimits'; readonly limits: SlotLimits }
  | { readonly type: 'requestSlot'; readonly request: SlotRequest }
  | { readonly type: 'releaseSlot'; readonly holder: ActorAddress };

/** What a holder is told. It answers `takeSlot` with work, and with `releaseSlot` when it has done or wants no more. */
export type SlotAnswer =
  | { readonly type: 'takeSlot' }
  | { readonly type: 'refuseSlot'; readonly reason: string };

export type WorkQueueEvent =
  | { readonly type: 'limitsSet'; readonly limits: SlotLimits }
  | {
      readonly type: 'slotGiven';
      /** `kind/id`. */
      readonly holder: string;
      readonly working: number;
      readonly waiting: number;
    }
  /** It waits, with so many in all. */
  | { readonly type: 'slotAwaited'; readonly holder: string; readonly waiting: number }
  | { readonly type: 'slotRefused'; readonly holder: string; readonly reason: string };

export const workQueueMachine = setup({
  types: {
    context: {} as Line,
    events: {} as WorkQueueCommand,
    emitted: {} as WorkQueueEvent,
    input: {} as { readonly limits: SlotLimits },
  },
  actions: { sendCommand },
}).createMachine({
  id: 'workQueue',
  context: ({ input }) => openLine(input.limits),
  initial: 'open',
  states: {
    open: {},
    /** Entered after every command: gives out what is free. */
    giving: {
      entry: enqueueActions(({ context, enqueue }) => {
        const { line, given } = fillSlots(context);
        enqueue.assign(() => line);
        for (const { holder } of given) {
          const { working, waiting } = line;
          enqueue.emit({
            type: 'slotGiven',
            holder: formatAddress(holder),
            working: working.length,
            waiting: waiting.length,
          });
          const command: SlotAnswer = { type: 'takeSlot' };
          enqueue({ type: 'sendCommand', params: { to: holder, command } });
        }
      }),
      always: 'open',
    },
  },
  on: {
    setLimits: {
      target: '.giving',
      actions: [
        assign(({ event }) => ({ limits: event.limits })),
        emit(({ event }) => ({ type: 'limitsSet', limits: event.limits })),
      ],
    },
    requestSlot: {
      target: '.giving',
      actions: enqueueActions(({ context, event: { request }, enqueue }) => {
        const { holder } = request;
        const joining = joinLine(context, request);
        if (joining.status === 'known') return;
        if (joining.status === 'refused') {
          const { reason } = joining;
          enqueue.emit({ type: 'slotRefused', holder: formatAddress(holder), reason });
          const command: SlotAnswer = { type: 'refuseSlot', reason };
          enqueue({ type: 'sendCommand', params: { to: holder, command } });
          return;
        }
        enqueue.assign(() => joining.line);
        const { waiting } = fillSlots(joining.line).line;
        if (
          waiting.some((each) => each.holder.kind === holder.kind && each.holder.id === holder.id)
        )
          enqueue.emit({
            type: 'slotAwaited',
            holder: formatAddress(holder),
            waiting: waiting.length,
          });
      }),
    },
    releaseSlot: {
      target: '.giving',
      actions: assign(({ context, event: { holder } }) => leaveLine(context, holder)),
    },
  },
});

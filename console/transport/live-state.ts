/** The state of the live connection, as the indicator and the pages see it. */
import { createStore } from '@xstate/store';

export type LiveState =
  | { readonly phase: 'connecting'; readonly sinceMs: number }
  | { readonly phase: 'live'; readonly sinceMs: number }
  | { readonly phase: 'reconnecting'; readonly sinceMs: number; readonly reason: string }
  /** No live connection is on offer: pages ask history every other second instead. */
  | { readonly phase: 'polling'; readonly sinceMs: number; readonly reason: string };

export type LiveStore = ReturnType<typeof createLiveStore>;

export function createLiveStore(nowMs: number) {
  const initial: { readonly state: LiveState } = { state: { phase: 'connecting', sinceMs: nowMs } };
  return createStore({
    context: initial,
    on: {
      changed: (_context, event: { readonly state: LiveState }) => ({ state: event.state }),
    },
  });
}

/** What the console knows of the gateway as a whole: whether it lets us in, and when it was last heard. */
import { createStore } from '@xstate/store';

export interface AccessState {
  readonly isLoginRequired: boolean;
  readonly heardMs: number;
}

/** Every live message is a sign of life; noting one a second is enough. */
const heardStepMs = 1_000;

export type AccessStore = ReturnType<typeof createAccessStore>;

export function createAccessStore(nowMs: number) {
  const initial: AccessState = { isLoginRequired: false, heardMs: nowMs };
  return createStore({
    context: initial,
    on: {
      heard: (state, event: { readonly nowMs: number }): AccessState =>
        event.nowMs - state.heardMs < heardStepMs ? state : { ...state, heardMs: event.nowMs },
      refused: (state): AccessState => ({ ...state, isLoginRequired: true }),
    },
  });
}

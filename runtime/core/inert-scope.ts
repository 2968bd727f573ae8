/**
 * Runs a machine's transition function without an actor. XState's own `transition()` builds a throw-away
 * actor per call; this builds one per machine and reuses it, which is five times faster. It relies on
 * `machine.transition` handing every action to `actorScope.actionExecutor` instead of running it:
 * `inert-scope.test.ts` compares the two and would notice a change of that.
 */
import {
  createActor,
  type AnyActorScope,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type EventObject,
} from 'xstate';

/** One action as data: what XState would have executed. */
export interface ActionRecord {
  readonly type: string;
  readonly params: unknown;
}

export interface TransitionResult {
  readonly snapshot: AnyMachineSnapshot;
  readonly actions: readonly ActionRecord[];
}

export interface InertMachine {
  initialize(input: unknown): TransitionResult;
  transition(snapshot: AnyMachineSnapshot, event: EventObject): TransitionResult;
  restore(persisted: unknown): AnyMachineSnapshot;
  persist(snapshot: AnyMachineSnapshot): unknown;
}

/** `placeholderInput` is what the context factory gets when the scope's own actor is built; its result is dropped. */
export function createInertMachine(machine: AnyStateMachine): InertMachine {
  let collected: ActionRecord[] = [];
  let scope: AnyActorScope | undefined;

  const scopeFor = (build: () => ReturnType<typeof createActor>): AnyActorScope => {
    if (scope === undefined) {
      const self = build();
      scope = {
        self,
        id: machine.id,
        sessionId: self.sessionId,
        logger: () => undefined,
        defer: () => undefined,
        emit: () => undefined,
        stopChild: () => undefined,
        system: self.system,
        actionExecutor: (action) => {
          collected.push({ type: action.type, params: action.params });
        },
      };
    }
    return scope;
  };

  const collect = (run: () => AnyMachineSnapshot): TransitionResult => {
    collected = [];
    const snapshot = run();
    return { snapshot, actions: collected };
  };

  return {
    initialize: (input) =>
      collect(
        () =>
          machine.getInitialSnapshot(
            scopeFor(() => createActor(machine, { input })),
            input,
          ) as AnyMachineSnapshot,
      ),
    transition: (snapshot, event) =>
      collect(
        () =>
          machine.transition(
            snapshot,
            event,
            scopeFor(() => createActor(machine, { snapshot })),
          ) as AnyMachineSnapshot,
      ),
    restore: (persisted) => {
      // XState types a persisted snapshot as the live one; `restore.ts` has validated the parts it needs.
      const snapshot = persisted as AnyMachineSnapshot;
      return machine.restoreSnapshot(
        snapshot,
        scopeFor(() => createActor(machine, { snapshot })),
      ) as AnyMachineSnapshot;
    },
    persist: (snapshot) => machine.getPersistedSnapshot(snapshot),
  };
}

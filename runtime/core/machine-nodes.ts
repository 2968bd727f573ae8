/** The states of a machine, those in which it can be found between two commands among them; read from the machine itself. */
import type { AnyStateMachine, AnyStateNode } from 'xstate';

/** The root and everything below it, in the order of the definition. */
export function listNodes(node: AnyStateNode): readonly AnyStateNode[] {
  return [node, ...(Object.values(node.states) as readonly AnyStateNode[]).flatMap(listNodes)];
}

export function listLeaves(machine: AnyStateMachine): readonly AnyStateNode[] {
  return listNodes(machine.root).filter(({ states }) => Object.keys(states).length === 0);
}

/** Left in the moment it is entered: one of its eventless transitions has no guard. */
export function isPassedThrough(node: AnyStateNode): boolean {
  return (node.always ?? []).some(({ guard }) => guard === undefined);
}

export function nameState(node: AnyStateNode): string {
  return node.path.join('.');
}

export function listWaitingStates(machine: AnyStateMachine): readonly string[] {
  return listLeaves(machine)
    .filter((node) => node.type !== 'final' && !isPassedThrough(node))
    .map(nameState);
}

/** A machine's states as an indented list, the ones an actor is in marked. Pure. */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import type { Json } from '../../runtime/contract/json.ts';
import { nameState } from '../../runtime/core/machine-nodes.ts';

/** Names of all states of a stored value, inner ones with their parents: `working`, `working.busy`. */
export function listActiveStates(value: Json, parent = ''): readonly string[] {
  const join = (name: string): string => (parent === '' ? name : `${parent}.${name}`);
  if (typeof value === 'string') return [join(value)];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => [
    join(name),
    ...listActiveStates(inner, join(name)),
  ]);
}

export function drawStateTree(
  machine: AnyStateMachine,
  active: ReadonlySet<string>,
): readonly string[] {
  const visit = (node: AnyStateNode, depth: number): readonly string[] => {
    const states = Object.values(node.states) as readonly AnyStateNode[];
    return states.flatMap((state) => {
      const mark = active.has(nameState(state)) ? '*' : ' ';
      const end = state.type === 'final' ? ' (end)' : '';
      return [`${mark} ${'  '.repeat(depth)}${state.key}${end}`, ...visit(state, depth + 1)];
    });
  };
  return visit(machine.root, 0);
}

/**
 * Refuses, when a machine is registered, what could not be made durable when it runs. Actions queued by
 * `enqueueActions` and children spawned inside `assign` are only known at run time: the step refuses those then.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { SignalboxError } from '../contract/errors.ts';
import { sendCommandAction, startActorAction } from './send-command.ts';

const durableActions = new Set([
  'xstate.assign',
  'xstate.cancel',
  'xstate.emit',
  'xstate.enqueueActions',
  'xstate.raise',
  'xstate.sendTo',
  'xstate.spawnChild',
  'xstate.stopChild',
]);

export interface Sources {
  readonly effects: ReadonlySet<string>;
  readonly children: ReadonlySet<string>;
}

export function checkMachine(kind: string, machine: AnyStateMachine, sources: Sources): void {
  const problems: string[] = [];
  const implementations = new Map<string, unknown>(
    Object.entries(machine.implementations.actions as Record<string, unknown>),
  );
  for (const node of listNodes(machine.root)) {
    for (const action of listActions(node)) {
      const problem = describeActionProblem(action, implementations, sources);
      if (problem !== undefined) problems.push(`state "${node.id}": ${problem}`);
    }
    if (hasLostDelay(node)) {
      problems.push(
        `state "${node.id}": a delayed transition in a list is a bare name, which XState drops; write { target: … }`,
      );
    }
    for (const invocation of node.invoke) {
      const problem = describeInvocationProblem(node, invocation, sources);
      if (problem !== undefined) problems.push(`state "${node.id}": ${problem}`);
    }
  }
  if (problems.length > 0) {
    throw new SignalboxError(
      'SB_ACTION_UNSUPPORTED',
      `the machine of ${kind} cannot be made durable: ${problems.join('; ')}`,
      {
        next: `Use assign, raise, cancel, emit, ${sendCommandAction}, ${startActorAction}, and sources named in effects or children.`,
      },
    );
  }
}

function listNodes(node: AnyStateNode): AnyStateNode[] {
  const children = Object.values(node.states) as AnyStateNode[];
  return [node, ...children.flatMap(listNodes)];
}

function listActions(node: AnyStateNode): unknown[] {
  const transitions = [...node.transitions.values()].flat();
  const always = node.always ?? [];
  const { initial } = node as { readonly initial?: { readonly actions?: readonly unknown[] } };
  return [
    ...node.entry,
    ...node.exit,
    ...(initial?.actions ?? []),
    ...transitions.flatMap((transition) => transition.actions as readonly unknown[]),
    ...always.flatMap((transition) => transition.actions as readonly unknown[]),
  ];
}

/** XState spreads the members of a list under `after`, a bare name into its letters: the timer would lead nowhere. */
function hasLostDelay(node: AnyStateNode): boolean {
  return [...node.transitions.values()].flat().some((transition) => '0' in transition);
}

type Invocation = AnyStateNode['invoke'][number];

function describeInvocationProblem(
  node: AnyStateNode,
  invocation: Invocation,
  sources: Sources,
): string | undefined {
  const source: unknown = invocation.src;
  const problem = describeSourceProblem(source, invocation.systemId, sources);
  if (problem !== undefined) return `invokes ${problem}`;
  if (invocation.onSnapshot !== undefined)
    return 'onSnapshot is not supported; let the child send commands';
  const index = node.invoke.indexOf(invocation);
  // The id that XState makes up has dots, which an actor address cannot.
  if (sources.children.has(String(source)) && invocation.id === `${index}.${node.id}`) {
    return `invokes "${String(source)}" without an id; the child's address is made of it`;
  }
  return undefined;
}

function describeSourceProblem(
  source: unknown,
  systemId: unknown,
  sources: Sources,
): string | undefined {
  if (systemId !== undefined) return 'something by systemId; actors are addressed by kind/id';
  if (typeof source !== 'string') {
    return 'an inline actor; name it in setup({ actors }) and register it as an effect or child';
  }
  return sources.effects.has(source) || sources.children.has(source)
    ? undefined
    : `"${source}", which is neither an effect nor a child kind of this actor`;
}

function describeActionProblem(
  action: unknown,
  implementations: Map<string, unknown>,
  sources: Sources,
): string | undefined {
  if (typeof action === 'function') return describeFunctionProblem(action, sources);
  const name = typeof action === 'string' ? action : readType(action);
  if (name === undefined) return 'an action without a type';
  if (name === sendCommandAction || name === startActorAction) return undefined;
  const implementation = implementations.get(name);
  if (typeof implementation === 'function') {
    const problem = describeFunctionProblem(implementation, sources);
    return problem === undefined ? undefined : `action "${name}" is ${problem}`;
  }
  return `action "${name}" is not known to the runtime`;
}

function describeFunctionProblem(action: object, sources: Sources): string | undefined {
  const type = readType(action);
  if (type === undefined)
    return 'an inline function; nothing outside the machine may run in a transition';
  if (!durableActions.has(type)) return `${type}, which cannot be persisted`;
  if (type === 'xstate.sendTo') return describeSendProblem(action);
  if (type === 'xstate.spawnChild') {
    const { id, src, systemId } = action as { id?: unknown; src?: unknown; systemId?: unknown };
    if (id === undefined)
      return 'spawnChild without an id; a random one would not survive a restart';
    const problem = describeSourceProblem(src, systemId, sources);
    return problem === undefined ? undefined : `spawnChild of ${problem}`;
  }
  return undefined;
}

function describeSendProblem(action: {
  readonly to?: unknown;
  readonly delay?: unknown;
}): string | undefined {
  if (action.delay !== undefined)
    return 'sendTo with a delay; raise a delayed event and send when it comes';
  // `#_parent` is what sendParent compiles to.
  return typeof action.to === 'string' && !action.to.startsWith('#_')
    ? undefined
    : 'sendTo or sendParent with a computed target; name a child, or use sendCommand';
}

function readType(action: unknown): string | undefined {
  return (typeof action === 'object' || typeof action === 'function') &&
    action !== null &&
    'type' in action &&
    typeof action.type === 'string'
    ? action.type
    : undefined;
}

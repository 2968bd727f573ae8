/**
 * Where a run stands, for somebody who looks once: one word, one sentence. Read from what its actors
 * have told; the coordinator tells nothing while it waits, so the session and the merge request speak.
 */
import type { ActorSummary } from '../../runtime/contract/run-view.ts';
import { shortenShas } from '../format/value.ts';
import { textOf, toneOf, type Tone } from './run-outcome.ts';
import { outermostState } from './visited-states.ts';

export interface RunStanding {
  readonly tone: Tone;
  readonly label: string;
  readonly detail: string;
}

type Actor = Pick<ActorSummary, 'kind' | 'state' | 'status' | 'facts'>;

export function describeStanding(run: Actor, members: readonly Actor[]): RunStanding {
  const session = members.findLast(({ kind }) => kind === 'session');
  const mergeRequest = members.findLast(({ kind }) => kind === 'merge-request');
  if (run.status !== 'active') return describeEnd(run, session);
  if (session === undefined) {
    return {
      tone: 'active',
      label: 'preparing',
      detail: 'Looks at the repository and the workflow',
    };
  }
  if (session.status !== 'active') {
    return {
      tone: 'active',
      label: 'finishing',
      detail: `The session has ended: ${session.state}`,
    };
  }
  return outermostState(session.state) === 'parked'
    ? describeParked(mergeRequest)
    : describeWork(run, session);
}

function describeEnd(run: Actor, session: Actor | undefined): RunStanding {
  const label = textOf(run.facts['outcome']) ?? outermostState(run.state);
  const reason = shortenShas(textOf(run.facts['reason']) ?? '');
  const isCutShort = session?.state === 'failed' || session?.state === 'killed';
  const place = isCutShort ? stepOf(session) : undefined;
  const detail = place === undefined ? reason : `${reason}, in ${place}`;
  return { tone: toneOf(run), label, detail: upperFirst(detail) };
}

function describeParked(mergeRequest: Actor | undefined): RunStanding {
  const name = `merge request !${textOf(mergeRequest?.facts['number']) ?? ''}`;
  const parked = (detail: string): RunStanding => ({ tone: 'waiting', label: 'parked', detail });
  if (mergeRequest === undefined) return parked('Until its merge request is open');
  switch (outermostState(mergeRequest.state)) {
    case 'awaitingReview':
      return parked(`Until ${name} is reviewed`);
    // Told in this state is only that the merge is left to somebody.
    case 'awaitingChecks':
      return parked(`${upperFirst(name)} is left open: a person merges it`);
    case 'addressingReview':
      return mergeRequest.state.endsWith('.working')
        ? parked(`Changes were requested for ${name}: the session is woken`)
        : parked(`Until the checks and the review of ${name} are in`);
    case 'merging':
      return { tone: 'active', label: 'merging', detail: upperFirst(name) };
    case 'merged':
      return { tone: 'active', label: 'finishing', detail: `${upperFirst(name)} is merged` };
    default:
      return parked(`${upperFirst(name)}: ${mergeRequest.state}`);
  }
}

/** What the coordinator does with a handoff, by its state. */
const deliveries: Readonly<Record<string, readonly [label: string, detail: string]>> = {
  verifying: ['verifying', 'Runs the tests of the repository on the change'],
  committing: ['committing', 'The change is verified'],
  pushing: ['pushing', 'The change is committed'],
  reporting: ['delivering', 'The branch is pushed'],
};

function describeWork(run: Actor, session: Actor): RunStanding {
  const step = upperFirst(stepOf(session) ?? '');
  const turn = textOf(session.facts['turn']);
  const place = turn === undefined ? step : `${step}, turn ${turn}`;
  switch (outermostState(session.state)) {
    case 'queued':
      return { tone: 'waiting', label: 'queued', detail: 'Waits for a slot' };
    case 'preparing':
      return { tone: 'active', label: 'preparing', detail: 'Prepares the worktree' };
    case 'thinking':
      return { tone: 'active', label: 'thinking', detail: place };
    case 'acting':
      return {
        tone: 'active',
        label: 'acting',
        detail: `${place}, runs ${textOf(session.facts['tool']) ?? 'a tool'}`,
      };
    case 'handingOver': {
      const delivery = deliveries[run.state.split('.').at(-1) ?? ''];
      const [label, detail] = delivery ?? ['handing over', 'The agent is done for now'];
      return { tone: 'active', label, detail };
    }
    default:
      return { tone: toneOf(session), label: outermostState(session.state), detail: step };
  }
}

/** `step 2 of 4: change` */
function stepOf(session: Actor): string | undefined {
  const { index, of, step } = session.facts;
  if (typeof index !== 'number') return undefined;
  return `step ${index + 1} of ${textOf(of) ?? '?'}: ${textOf(step) ?? ''}`;
}

function upperFirst(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

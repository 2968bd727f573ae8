/**
 * Follows one run and the transcript of its chosen session, and sends steer and kill: the one place of
 * this page that talks to the gateway.
 */
import { isInTree } from '../../../runtime/contract/actor-tree.ts';
import type { StoredEvent } from '../../../runtime/contract/event.ts';
import type { GatewayCommand } from '../../../runtime/contract/live.ts';
import type { StoredTranscriptEntry } from '../../../runtime/contract/transcript.ts';
import type { Clock } from '../../clock/clock.ts';
import { mapAnswer } from '../../transport/answer.ts';
import type { CommandState } from '../../transport/command-outcome.ts';
import { TailFollower, type Following } from '../../transport/follow.ts';
import type { Live } from '../../transport/live.ts';
import type { Rest } from '../../transport/rest.ts';
import { toEventTailPage, toTailPage } from '../../transport/tail-pages.ts';
import { describeTailStatus } from '../../transport/tail-status.ts';
import { emptyTail } from '../../transport/tail.ts';
import { sessionsOf, type RunStore } from './state.ts';

export interface RunActions {
  start(): void;
  stop(): void;
  chooseSession(session: string): void;
  steer(text: string): Promise<void>;
  kill(): Promise<void>;
}

export interface RunTransport {
  readonly rest: Pick<Rest, 'fetchEvents' | 'fetchTranscript'>;
  readonly live: Pick<Live, 'watchEvents' | 'watchTranscript' | 'store' | 'send'>;
  readonly clock: Clock;
  readonly newId: () => string;
}

export function createRunActions(store: RunStore, transport: RunTransport): RunActions {
  const send = createSender(transport);
  let transcript: Following | undefined;
  const chooseSession = (session: string): void => {
    transcript?.stop();
    store.trigger.sessionChosen({ session });
    transcript = followTranscript(store, transport, session);
  };
  let events: Following | undefined;
  return {
    start: () => {
      events = followEvents(store, transport, () => {
        const [first] = sessionsOf(store.get().context);
        if (first !== undefined && transcript === undefined) chooseSession(first.id);
      });
    },
    stop: () => {
      events?.stop();
      transcript?.stop();
    },
    chooseSession,
    steer: async (text) => {
      const { session } = store.get().context;
      if (session === undefined) return;
      await send({ type: 'steerSession', session, text }, (command) =>
        store.trigger.steerMoved({ command }),
      );
    },
    kill: async () => {
      const { session } = store.get().context;
      if (session === undefined) return;
      await send({ type: 'killSession', session }, (command) =>
        store.trigger.killMoved({ command }),
      );
    },
  };
}

function followEvents(store: RunStore, transport: RunTransport, applied: () => void): Following {
  const { rest, live, clock } = transport;
  const { runId } = store.get().context;
  const follower = new TailFollower<readonly StoredEvent[]>(
    {
      fetchPage: async (after) =>
        mapAnswer(await rest.fetchEvents({ after, run: runId }), toEventTailPage),
      subscribe: (receive, opened) => live.watchEvents({ receive, opened }),
      isLive: () => live.store.get().context.state.phase === 'live',
    },
    {
      apply: (messages) => {
        // Live messages are those of every run: positions are contiguous only over all of them.
        const ours = messages.flat().filter(({ actor }) => isInTree(runId, actor));
        if (ours.length > 0) store.trigger.happened({ events: ours });
        applied();
      },
      report: (status) => store.trigger.eventsReported({ trouble: describeTailStatus(status) }),
    },
    clock,
    emptyTail(),
  );
  follower.start();
  return follower;
}

function followTranscript(store: RunStore, transport: RunTransport, session: string): Following {
  const { rest, live, clock } = transport;
  const follower = new TailFollower<StoredTranscriptEntry>(
    {
      fetchPage: async (after) =>
        mapAnswer(await rest.fetchTranscript(session, after), (page) =>
          toTailPage(page.entries, page),
        ),
      subscribe: (receive, opened) => live.watchTranscript(session, { receive, opened }),
      isLive: () => live.store.get().context.state.phase === 'live',
    },
    {
      apply: (entries) => store.trigger.said({ entries }),
      report: (status) => store.trigger.transcriptReported({ trouble: describeTailStatus(status) }),
    },
    clock,
    emptyTail(),
  );
  follower.start();
  return follower;
}

type WithoutId<Command> = Command extends unknown ? Omit<Command, 'commandId'> : never;
type Sender = (
  draft: WithoutId<GatewayCommand>,
  moved: (command: CommandState) => void,
) => Promise<void>;

/** A repeat of a command that was not answered keeps its id, so that it is applied once. */
function createSender({ live, newId }: RunTransport): Sender {
  const lastCommandIds = new Map<string, string>();
  return async (draft, moved) => {
    const key = JSON.stringify(draft);
    const commandId = lastCommandIds.get(key) ?? newId();
    lastCommandIds.set(key, commandId);
    moved({ phase: 'sending' });
    const outcome = await live.send({ ...draft, commandId });
    if (outcome.status === 'accepted' || outcome.status === 'refused') lastCommandIds.delete(key);
    moved({ phase: 'settled', outcome });
  };
}

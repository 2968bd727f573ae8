/**
 * Follows one run and the transcript of its chosen session, and sends steer and kill: the one place of
 * this page that talks to the gateway.
 */
import type { StoredEvent } from '../../../runtime/contract/event.ts';
import type { GatewayCommand } from '../../../runtime/contract/live.ts';
import type { StoredTranscriptEntry } from '../../../runtime/contract/transcript.ts';
import type { Clock } from '../../clock/clock.ts';
import { belongsToRun } from '../../folds/actor-summary.ts';
import { mapAnswer } from '../../transport/answer.ts';
import type { CommandState } from '../../transport/command-outcome.ts';
import { TailFollower } from '../../transport/follow.ts';
import type { Live } from '../../transport/live.ts';
import type { Rest } from '../../transport/rest.ts';
import { toTailPage } from '../../transport/tail-pages.ts';
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
  const { rest, live, clock, newId } = transport;
  const { runId } = store.get().context;
  const isLive = (): boolean => live.store.get().context.state.phase === 'live';
  const lastCommandIds = new Map<string, string>();
  let transcript: TailFollower<StoredTranscriptEntry> | undefined;

  const chooseSession = (session: string): void => {
    transcript?.stop();
    store.trigger.sessionChosen({ session });
    transcript = new TailFollower<StoredTranscriptEntry>(
      {
        fetchPage: async (after) =>
          mapAnswer(await rest.fetchTranscript(session, after), (page) =>
            toTailPage(page.entries, page),
          ),
        subscribe: (receive, opened) => live.watchTranscript(session, { receive, opened }),
        isLive,
      },
      {
        apply: (entries) => store.trigger.said({ entries }),
        report: (status) => store.trigger.transcriptReported({ trouble: describeTailStatus(status) }),
      },
      clock,
      emptyTail(),
    );
    transcript.start();
  };
  const events = new TailFollower<StoredEvent>(
    {
      fetchPage: async (after) =>
        mapAnswer(await rest.fetchEvents({ after, run: runId }), (page) =>
          toTailPage(page.events, page),
        ),
      subscribe: (receive, opened) => live.watchEvents({ receive, opened }),
      isLive,
    },
    {
      apply: (applied) => {
        // Live messages are those of every run: positions are contiguous only over all of them.
        const ours = applied.filter(({ actor }) => belongsToRun(runId, actor));
        if (ours.length > 0) store.trigger.happened({ events: ours });
        const [first] = sessionsOf(store.get().context);
        if (first !== undefined && transcript === undefined) chooseSession(first.id);
      },
      report: (status) => store.trigger.eventsReported({ trouble: describeTailStatus(status) }),
    },
    clock,
    emptyTail(),
  );
  /** A repeat of a command that was not answered keeps its id, so that it is applied once. */
  const send = async (
    draft: WithoutId<GatewayCommand>,
    moved: (command: CommandState) => void,
  ): Promise<void> => {
    const key = JSON.stringify(draft);
    const commandId = lastCommandIds.get(key) ?? newId();
    lastCommandIds.set(key, commandId);
    moved({ phase: 'sending' });
    const outcome = await live.send({ ...draft, commandId });
    if (outcome.status === 'accepted' || outcome.status === 'refused') lastCommandIds.delete(key);
    moved({ phase: 'settled', outcome });
  };
  return {
    start: () => events.start(),
    stop: () => {
      events.stop();
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
      await send({ type: 'killSession', session }, (command) => store.trigger.killMoved({ command }));
    },
  };
}

type WithoutId<Command> = Command extends unknown ? Omit<Command, 'commandId'> : never;

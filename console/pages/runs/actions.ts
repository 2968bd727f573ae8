/** Fills the list of runs and keeps it live: the one place of this page that talks to the gateway. */
import type { StoredEvent } from '../../../runtime/contract/event.ts';
import type { Clock } from '../../clock/clock.ts';
import { mapAnswer } from '../../transport/answer.ts';
import { TailFollower } from '../../transport/follow.ts';
import type { Live } from '../../transport/live.ts';
import type { Rest } from '../../transport/rest.ts';
import { toEventTailPage } from '../../transport/tail-pages.ts';
import { tailFrom } from '../../transport/tail.ts';
import { describeTailStatus } from '../../transport/tail-status.ts';
import type { RunsStore } from './state.ts';

/** The gateway did not answer the first question: it is asked again. */
const listRetryMs = 2_000;

/** Messages before the list that are read again, for what triggers and the work queue told lately. */
const recentMessages = 400;

export interface RunsActions {
  start(): void;
  stop(): void;
}

export interface RunsTransport {
  readonly rest: Pick<Rest, 'fetchActors' | 'fetchEvents'>;
  readonly live: Pick<Live, 'watchEvents' | 'store'>;
  readonly clock: Clock;
}

export function createRunsActions(
  store: RunsStore,
  { rest, live, clock }: RunsTransport,
): RunsActions {
  let stopped = false;
  let end = (): void => undefined;
  const follow = (throughSeq: number): void => {
    const follower = new TailFollower<readonly StoredEvent[]>(
      {
        fetchPage: async (after) => mapAnswer(await rest.fetchEvents({ after }), toEventTailPage),
        subscribe: (receive, opened) => live.watchEvents({ receive, opened }),
        isLive: () => live.store.get().context.state.phase === 'live',
      },
      {
        apply: (messages) => store.trigger.happened({ events: messages.flat() }),
        report: (status) => store.trigger.troubled({ trouble: describeTailStatus(status) }),
      },
      clock,
      tailFrom(Math.max(0, throughSeq - recentMessages)),
    );
    end = () => follower.stop();
    follower.start();
  };
  const list = async (): Promise<void> => {
    const answer = await rest.fetchActors();
    if (stopped || answer.status === 'loginRequired') return;
    if (answer.status === 'ok') {
      store.trigger.listed({ list: answer.value });
      follow(answer.value.throughSeq);
      return;
    }
    const trouble =
      answer.status === 'failed' ? answer.reason : 'the gateway knows no list of runs';
    store.trigger.troubled({ trouble });
    end = clock.after(listRetryMs, () => void list());
  };
  return {
    start: () => void list(),
    stop: () => {
      stopped = true;
      end();
    },
  };
}

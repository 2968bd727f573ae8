/**
 * The live connection: opens it, watches it, opens it again with fresh credentials, and puts every
 * subscription back. Owns the connection state that the indicator shows; leaves completeness to follow.ts.
 */
import type { Clock } from '../clock/clock.ts';
import { describeError } from '../../runtime/contract/errors.ts';
import {
  storedEventMessageSchema,
  unpackEvents,
  type StoredEvent,
} from '../../runtime/contract/event.ts';
import {
  gatewayReplySchema,
  type GatewayCommand,
  type LiveAccess,
} from '../../runtime/contract/live.ts';
import {
  gatewayCommandSubject,
  livePrefix,
  transcriptSubject,
} from '../../runtime/contract/subjects.ts';
import {
  storedTranscriptEntrySchema,
  type StoredTranscriptEntry,
} from '../../runtime/contract/transcript.ts';
import type { Answer } from './answer.ts';
import type { CommandOutcome } from './command-outcome.ts';
import { createLiveStore, type LiveStore } from './live-state.ts';
import type { LinkMessage, LiveCredentials, NatsLink } from './nats-link.ts';
import type { LiveMessage } from './tail.ts';

/** Between tries to connect: doubled each time, up to the limit. */
const firstReconnectMs = 250;
const maxReconnectMs = 5_000;
/** The gateway says there is no live connection: ask again, it may have been switched on. */
const unavailableRetryMs = 30_000;

export interface LiveWatcher<Item> {
  readonly receive: (message: LiveMessage<Item>) => void;
  /** The server has taken the subscription; called again after every reconnect. */
  readonly opened: () => void;
}

export interface Live {
  readonly store: LiveStore;
  start(): void;
  stop(): Promise<void>;
  /** An item is all events of one message. */
  watchEvents(watcher: LiveWatcher<readonly StoredEvent[]>): () => void;
  watchTranscript(sessionId: string, watcher: LiveWatcher<StoredTranscriptEntry>): () => void;
  send(command: GatewayCommand): Promise<CommandOutcome>;
}

export interface LiveOptions {
  readonly fetchAccess: () => Promise<Answer<LiveAccess>>;
  readonly openLink: (credentials: LiveCredentials) => Promise<NatsLink>;
  readonly heard: () => void;
  readonly clock: Clock;
}

interface Watch {
  readonly subject: (namespace: string) => string;
  readonly receive: (message: LinkMessage) => void;
  readonly opened: () => void;
  /** Ends the subscription on the link that is open now. */
  end: () => void;
}

interface OpenLink {
  readonly link: NatsLink;
  readonly namespace: string;
}

export class LiveConnection implements Live {
  readonly store: LiveStore;
  readonly #options: LiveOptions;
  readonly #watches = new Set<Watch>();
  #open: OpenLink | undefined;
  #started = false;
  #tries = 0;
  #cancelRetry = (): void => undefined;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.store = createLiveStore(options.clock.now());
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    void this.#connect();
  }

  async stop(): Promise<void> {
    this.#started = false;
    this.#cancelRetry();
    await this.#open?.link.close();
  }

  watchEvents(watcher: LiveWatcher<readonly StoredEvent[]>): () => void {
    return this.#watch(
      () => `${livePrefix}.evt.>`,
      watcher.opened,
      ({ seq, body }) => {
        const message = storedEventMessageSchema.safeParse(withSeq(body, seq));
        if (!message.success) return;
        // Positions of EVENTS are contiguous over all subjects.
        watcher.receive({ seq, previousSeq: seq - 1, item: unpackEvents(message.data) });
      },
    );
  }

  watchTranscript(sessionId: string, watcher: LiveWatcher<StoredTranscriptEntry>): () => void {
    return this.#watch(
      (namespace) => `${livePrefix}.${transcriptSubject(namespace, sessionId)}`,
      watcher.opened,
      ({ seq, previousOnSubject, body }) => {
        const entry = storedTranscriptEntrySchema.safeParse(withSeq(body, seq));
        if (entry.success)
          watcher.receive({ seq, previousSeq: previousOnSubject, item: entry.data });
      },
    );
  }

  async send(command: GatewayCommand): Promise<CommandOutcome> {
    const open = this.#open;
    if (open === undefined) {
      return { status: 'notSent', reason: 'there is no live connection; it is being restored' };
    }
    const answer = await open.link.request(gatewayCommandSubject(open.namespace), command);
    if (answer.status !== 'answered') return answer;
    const reply = gatewayReplySchema.safeParse(answer.body);
    return reply.success ? reply.data : { status: 'unanswered' };
  }

  async #connect(): Promise<void> {
    const access = await this.#options.fetchAccess();
    if (!this.#started || access.status === 'loginRequired') return;
    if (access.status === 'notFound') return this.#retry('the gateway offers no live connection');
    if (access.status === 'failed') return this.#retry(access.reason);
    if (access.value.status === 'unavailable') {
      this.#lose('polling', access.value.reason);
      return this.#connectIn(unavailableRetryMs);
    }
    try {
      const link = await this.#options.openLink(access.value);
      await this.#serve({ link, namespace: access.value.namespace });
    } catch (error) {
      this.#retry(describeError(error));
    }
  }

  async #serve(opened: OpenLink): Promise<void> {
    if (!this.#started) return opened.link.close();
    this.#open = opened;
    for (const watch of this.#watches) this.#attach(watch, opened);
    void this.#noticeEnd(opened);
    if (!(await this.#isTaken(opened))) return;
    this.#tries = 0;
    this.#options.heard();
    this.store.trigger.changed({ state: { phase: 'live', sinceMs: this.#options.clock.now() } });
    for (const watch of this.#watches) watch.opened();
  }

  async #noticeEnd(opened: OpenLink): Promise<void> {
    const reason = await opened.link.closed;
    if (this.#open === opened) this.#open = undefined;
    if (this.#started) this.#retry(reason);
  }

  async #announce(watch: Watch, opened: OpenLink): Promise<void> {
    const isTaken = await this.#isTaken(opened);
    if (isTaken && this.#watches.has(watch)) watch.opened();
  }

  /** Whether the server has everything that was sent on the link. When not, the link's end says why. */
  async #isTaken(opened: OpenLink): Promise<boolean> {
    const flushed = await opened.link.flush().then(
      () => true,
      () => false,
    );
    return flushed && this.#open === opened;
  }

  #watch(
    subject: Watch['subject'],
    opened: Watch['opened'],
    receive: (message: LinkMessage) => void,
  ): () => void {
    const watch: Watch = {
      subject,
      opened,
      receive: (message) => {
        this.#options.heard();
        receive(message);
      },
      end: () => undefined,
    };
    this.#watches.add(watch);
    const current = this.#open;
    if (current !== undefined) {
      this.#attach(watch, current);
      void this.#announce(watch, current);
    }
    return () => {
      this.#watches.delete(watch);
      watch.end();
    };
  }

  #attach(watch: Watch, { link, namespace }: OpenLink): void {
    watch.end = link.subscribe(watch.subject(namespace), watch.receive);
  }

  #retry(reason: string): void {
    this.#lose('reconnecting', reason);
    this.#connectIn(Math.min(firstReconnectMs * 2 ** Math.min(this.#tries, 10), maxReconnectMs));
    this.#tries += 1;
  }

  /** Keeps the time at which the trouble began, over any number of tries. */
  #lose(phase: 'reconnecting' | 'polling', reason: string): void {
    const { state } = this.store.get().context;
    const sinceMs = state.phase === phase ? state.sinceMs : this.#options.clock.now();
    this.store.trigger.changed({ state: { phase, reason, sinceMs } });
  }

  #connectIn(delayMs: number): void {
    if (this.#started)
      this.#cancelRetry = this.#options.clock.after(delayMs, () => void this.#connect());
  }
}

function withSeq(body: unknown, seq: number): unknown {
  return typeof body === 'object' && body !== null ? { ...body, seq } : body;
}

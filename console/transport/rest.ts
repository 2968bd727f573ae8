/**
 * The gateway's read-only REST: one function per address, each answer checked against the contract.
 * Leaves retries to the callers; tells `heard` about every answer, so that the indicator knows the age
 * of what is shown, and `loginRequired` about a 401, wherever it happens.
 */
import { z } from 'zod';
import { describeError } from '../../runtime/contract/errors.ts';
import { liveAccessSchema, type LiveAccess } from '../../runtime/contract/live.ts';
import {
  actorListSchema,
  eventPageSchema,
  transcriptPageSchema,
  type ActorList,
  type EventPage,
  type TranscriptPage,
} from '../../runtime/contract/run-view.ts';
import type { Answer } from './answer.ts';

/** One page of history: large enough for a whole run, small enough to parse without a pause. */
export const pageLimit = 500;
/** The most the gateway lists: a run is three actors, so a few hundred runs. */
const actorLimit = 1_000;
/** Loopback answers in milliseconds; past this the gateway is as good as gone. */
export const requestTimeoutMs = 10_000;

export interface Rest {
  /** Actors of every kind, newest first. */
  fetchActors(): Promise<Answer<ActorList>>;
  fetchEvents(query: { readonly after: number; readonly run?: string }): Promise<Answer<EventPage>>;
  fetchTranscript(sessionId: string, after: number): Promise<Answer<TranscriptPage>>;
  fetchLiveAccess(): Promise<Answer<LiveAccess>>;
}

export interface RestOptions {
  readonly fetch: (address: string, init: RequestInit) => Promise<Response>;
  readonly heard: () => void;
  readonly loginRequired: () => void;
}

export function createRest(options: RestOptions): Rest {
  const read = async <Schema extends z.ZodType>(
    address: string,
    schema: Schema,
  ): Promise<Answer<z.infer<Schema>>> => {
    const answer = await readJson(options.fetch, address);
    if (answer.status === 'loginRequired') options.loginRequired();
    if (answer.status !== 'ok') return answer;
    options.heard();
    const parsed = schema.safeParse(answer.value);
    return parsed.success
      ? { status: 'ok', value: parsed.data }
      : { status: 'failed', reason: `${address} answered in a shape this console does not know` };
  };
  const encode = encodeURIComponent;
  return {
    fetchActors: () => read(`/api/actors?limit=${actorLimit}`, actorListSchema),
    fetchEvents: ({ after, run }) =>
      read(
        `/api/events?after=${after}&limit=${pageLimit}${run === undefined ? '' : `&run=${encode(run)}`}`,
        eventPageSchema,
      ),
    fetchTranscript: (sessionId, after) =>
      read(`/api/sessions/${encode(sessionId)}/transcript?after=${after}`, transcriptPageSchema),
    fetchLiveAccess: () => read('/api/live', liveAccessSchema),
  };
}

async function readJson(fetch: RestOptions['fetch'], address: string): Promise<Answer<unknown>> {
  try {
    const response = await fetch(address, {
      headers: { accept: 'application/json' },
      credentials: 'same-origin',
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    if (response.status === 401) return { status: 'loginRequired' };
    if (response.status === 404) return { status: 'notFound' };
    if (!response.ok) return { status: 'failed', reason: await readProblem(response) };
    const body: unknown = await response.json();
    return { status: 'ok', value: body };
  } catch (error) {
    return { status: 'failed', reason: `the gateway cannot be reached (${describeError(error)})` };
  }
}

const problemSchema = z.object({ error: z.object({ message: z.string() }) });

/** The gateway says what is wrong in words; a proxy in between may answer with anything. */
async function readProblem(response: Response): Promise<string> {
  const type = response.headers.get('content-type') ?? '';
  const body: unknown = type.startsWith('application/json') ? await response.json() : undefined;
  const problem = problemSchema.safeParse(body);
  const status = `the gateway answered ${response.status}`;
  return problem.success ? `${status}: ${problem.data.error.message}` : status;
}

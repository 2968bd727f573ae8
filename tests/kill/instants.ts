/** When the demo is killed: chosen instants, and instants drawn from a seed. Pure. */

export type Instant =
  /** A time after the start of the process. */
  | { readonly type: 'startUp'; readonly afterMs: number }
  /** A time after so many lines are told about the job; the demo tells all of them again after a restart. */
  | { readonly type: 'line'; readonly line: number; readonly afterMs: number }
  /** A time after a line with this text is told for the n-th time. `alone`: the process dies, what it has started does not. */
  | {
      readonly type: 'told';
      readonly text: string;
      readonly times?: number;
      readonly afterMs: number;
      readonly alone?: true;
    }
  /** A time into the first command line that is run once such a line is told. */
  | {
      readonly type: 'command';
      readonly text: string;
      readonly times?: number;
      readonly afterMs: number;
      readonly alone?: true;
    }
  /** A git command (the first one, or the first behind another one) has done its work and has not ended. */
  | { readonly type: 'git'; readonly command: string; readonly following?: string }
  /** The next commit that announces this event, or that enters this state of an actor: not yet relayed, or a time after it. */
  | { readonly type: 'commit'; readonly event: string }
  | { readonly type: 'commit'; readonly state: string; readonly afterMs: number };

export function describeInstant(instant: Instant): string {
  const { type, ...rest } = instant;
  return `${type} ${Object.entries(rest)
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(' ')}`;
}

/** Lines that the demo tells about its job from the first to the last. */
export const linesOfDemo = 48;
/** Until the first line is told: NATS, streams, history, worker, gateway, repository. */
const startUpMs = 1_800;
/** From one line to the next: a command takes about this long. */
const betweenLinesMs = 700;
/** The last lines come in quick succession, and the process ends soon after them. */
const linesOfEnd = 6;
const endMs = 50;

/** Instants in the order in which the job reaches them; every job has one in its start-up. */
export function drawInstants(random: () => number, count: number): readonly Instant[] {
  const startUp: Instant = { type: 'startUp', afterMs: Math.round(random() * startUpMs) };
  const lines = Array.from(
    { length: count - 1 },
    () => 1 + Math.floor(random() * (linesOfDemo - 1)),
  );
  lines.sort((left, right) => left - right);
  return [startUp, ...lines.map((line) => drawAround(random, line))];
}

function drawAround(random: () => number, line: number): Instant {
  const longestMs = line > linesOfDemo - linesOfEnd ? endMs : betweenLinesMs;
  return { type: 'line', line, afterMs: Math.round(random() * longestMs) };
}

/** mulberry32: small, and good enough to spread instants. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

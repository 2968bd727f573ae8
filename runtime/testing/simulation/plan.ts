/** What a history is made of, drawn from its seed: actors, commands from outside, and faults. Data, so that it can be shrunk. */
import type { ActorAddress } from '../../contract/address.ts';
import type { CommandBody } from '../../contract/command.ts';
import { assertNever } from '../../contract/errors.ts';
import type { Json } from '../../contract/json.ts';
import { flowSteps, type FlowInput, type FlowStep } from './flow.machine.ts';
import type { NetworkFaults } from './network.ts';
import { createRandom, type Random } from './random.ts';

export interface PlannedCommand {
  readonly atMs: number;
  readonly commandId: string;
  readonly to: ActorAddress;
  readonly content:
    | { readonly type: 'start'; readonly input: Json }
    | { readonly type: 'deliver'; readonly body: CommandBody };
  /** Tries once and does not ask what became of it. */
  readonly impatient: boolean;
}

export type Fault =
  /** The worker dies before its step with this number; another process takes its place. */
  | {
      readonly type: 'kill';
      readonly worker: number;
      readonly step: number;
      readonly backAfterMs: number;
    }
  /** The worker's process is stopped for a while and goes on with what it believed. */
  | {
      readonly type: 'pause';
      readonly worker: number;
      readonly step: number;
      readonly durationMs: number;
    }
  /** The worker is told to stop, as for an update. */
  | {
      readonly type: 'stop';
      readonly worker: number;
      readonly step: number;
      readonly backAfterMs: number;
    }
  /** The store is away. */
  | { readonly type: 'outage'; readonly atMs: number; readonly durationMs: number };

export interface Plan {
  readonly seed: number;
  readonly partitionCount: number;
  readonly workers: number;
  /** How long the store knows message ids. Two minutes in reality; here shorter than some pauses. */
  readonly duplicateWindowMs: number;
  /** From then on nothing goes wrong any more. */
  readonly calmAtMs: number;
  readonly network: NetworkFaults;
  readonly commands: readonly PlannedCommand[];
  readonly faults: readonly Fault[];
}

/** Longer than anything repeats a call, shorter than the longest pause. */
const duplicateWindowMs = 12_000;
const longestAwayMs = 15_000;
/** Clients repeat a command only as long as the store knows its id. */
const longestOutageMs = 3_000;
const latestOutageMs = 2_000;
/** As often as they are listed. */
const faultTypes = ['kill', 'kill', 'kill', 'pause', 'pause', 'stop', 'outage'] as const;

export function drawPlan(seed: number): Plan {
  const random = createRandom(seed, 'plan');
  const workers = random.pick([1, 1, 2, 2, 3]);
  const calmAtMs = random.integer(1_000, 5_000);
  return {
    seed,
    partitionCount: random.pick([1, 2]),
    workers,
    duplicateWindowMs,
    calmAtMs,
    network: drawNetwork(random),
    commands: drawCommands(random),
    faults: drawFaults(random, workers),
  };
}

function drawNetwork(random: Random): NetworkFaults {
  const share = (): number => (random.chance(0.5) ? 0 : random.integer(1, 8) / 100);
  return {
    lostRequest: share(),
    lostAnswer: share(),
    twice: share(),
    late: share(),
    slow: share(),
  };
}

function drawFaults(random: Random, workers: number): readonly Fault[] {
  return Array.from({ length: random.integer(1, 3) }, (): Fault => {
    const worker = random.integer(0, workers - 1);
    const step = random.integer(1, random.pick([20, 60, 150]));
    const awayMs = random.integer(10, random.pick([200, 6_000, longestAwayMs]));
    const type = random.pick(faultTypes);
    switch (type) {
      case 'kill':
        return { type: 'kill', worker, step, backAfterMs: awayMs };
      case 'pause':
        return { type: 'pause', worker, step, durationMs: awayMs };
      case 'stop':
        return { type: 'stop', worker, step, backAfterMs: awayMs };
      case 'outage':
        return {
          type: 'outage',
          atMs: random.integer(0, latestOutageMs),
          durationMs: Math.min(awayMs, longestOutageMs),
        };
      default:
        return assertNever(type);
    }
  });
}

const ledgerNames = ['one', 'two'];
const firstCommandMs = 20;
const lastCommandMs = 1_500;
/** Of timers that somebody has second thoughts about. */
const longestWatchedMs = 300;

function drawCommands(random: Random): readonly PlannedCommand[] {
  const ledgers = ledgerNames.slice(0, random.integer(1, 2));
  const flows = Array.from({ length: random.pick([0, 1, 1, 2, 2]) }, (_, index) => `f${index}`);
  const start = (kind: string, id: string, input: Json): PlannedCommand => ({
    atMs: random.integer(0, firstCommandMs),
    commandId: `start-${kind}-${id}`,
    to: { kind, id },
    content: { type: 'start', input },
    impatient: false,
  });
  const bodies = Array.from({ length: random.integer(2, 9) }, (_, index) =>
    drawDelivery(random, `c${index}`, ledgers, flows),
  ).flatMap((command) => [command, ...drawSecondThought(random, command)]);
  const nudges = flows.flatMap((id) => drawNudges(random, id));
  return [
    ...ledgers.map((id) => start('ledger', id, null)),
    ...flows.map((id) => start('flow', id, drawFlow(random, id, random.pick(ledgers)))),
    ...bodies,
    ...nudges,
  ];
}

/** Commands in the midst of effects: most are over before a second has passed. */
function drawNudges(random: Random, id: string): readonly PlannedCommand[] {
  return Array.from({ length: random.pick([0, 0, 1, 3]) }, (_, index) => ({
    atMs: random.integer(firstCommandMs, random.pick([80, 300, lastCommandMs])),
    commandId: `nudge-${id}-${index}`,
    to: { kind: 'flow', id },
    content: { type: 'deliver', body: { type: 'nudge' } },
    impatient: false,
  }));
}

function drawFlow(random: Random, name: string, ledger: string): Json {
  const steps = (most: number): FlowStep[] =>
    Array.from({ length: random.integer(0, most) }, () => random.pick(flowSteps));
  const input: FlowInput & { readonly name: string } = {
    name,
    ledger,
    todo: [...steps(3), random.pick(flowSteps)],
    child: steps(2),
    restMs: random.pick([10, 60, 500, 2_500]),
  };
  return input as unknown as Json; // an interface has no index signature
}

function drawDelivery(
  random: Random,
  commandId: string,
  ledgers: readonly string[],
  flows: readonly string[],
): PlannedCommand {
  const atMs = random.integer(firstCommandMs, lastCommandMs);
  const impatient = random.chance(0.1);
  const [flow] = flows;
  if (flow !== undefined && random.chance(0.06)) {
    const content = { type: 'deliver', body: { type: 'abort' } } as const;
    return { atMs, commandId, to: { kind: 'flow', id: flow }, content, impatient };
  }
  const to = { kind: 'ledger', id: random.pick(ledgers) };
  const body = drawLedgerCommand(random, commandId, ledgers);
  return { atMs, commandId, to, content: { type: 'deliver', body }, impatient };
}

/** A timer that is set anew, or cancelled, at about the time when it fires. */
function drawSecondThought(random: Random, command: PlannedCommand): readonly PlannedCommand[] {
  const body = command.content.type === 'deliver' ? command.content.body : undefined;
  const delayMs = body?.['delayMs'];
  if (typeof delayMs !== 'number' || delayMs > longestWatchedMs || random.chance(0.3)) return [];
  const anew = random.chance(0.8) ? { type: 'remind', delayMs: 1_500 } : { type: 'forget' };
  return [
    {
      ...command,
      atMs: command.atMs + delayMs + random.integer(-5, 200),
      commandId: `${command.commandId}-again`,
      content: { type: 'deliver', body: anew },
    },
  ];
}

/** As often as they are listed. */
const ledgerCommands = ['record', 'pass', 'pass', 'remind', 'remind', 'forget', 'fail'] as const;

function drawLedgerCommand(random: Random, key: string, ledgers: readonly string[]): CommandBody {
  const type = random.pick(ledgerCommands);
  switch (type) {
    case 'record':
      return { type, key };
    case 'pass':
      return { type, key, to: random.pick(ledgers) };
    case 'remind':
      return { type, delayMs: random.pick([5, 40, 300, 2_500]) };
    case 'forget':
    case 'fail':
      return { type };
    default:
      return assertNever(type);
  }
}

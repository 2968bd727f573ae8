/** `npm run chaos`: a cluster, then a single server, each under faults from a seed; prints what was kept and what was not. */
import { parseArgs } from 'node:util';
import { describeError } from '../../runtime/contract/errors.ts';
import { faultsOf } from './faults.ts';
import { formatReport, type ChaosReport } from './report.ts';
import { runChaos } from './run-chaos.ts';
import type { Topology } from './servers.ts';

const usage = `Usage: npm run chaos -- [--minutes N] [--seed N] [--json]

  --minutes N  how long faults are injected (default 10), three quarters of it into a cluster
  --seed N     which faults come in which order; otherwise a random one
  --json       the reports as one JSON array
`;

const defaultMinutes = 10;
const largestSeed = 2 ** 31;
const shares: readonly (readonly [Topology, number])[] = [
  ['cluster', 0.75],
  ['single', 0.25],
];
const quietLimitMs = 120_000;

interface Choice {
  readonly minutes: number;
  readonly seed: number;
  readonly json: boolean;
  readonly help: boolean;
}

/** The choice, or what is wrong with the command line. */
function readChoice(args: readonly string[]): Choice | { readonly mistake: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string' },
        seed: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const minutes = Number(values.minutes ?? defaultMinutes);
    const seed = Number(values.seed ?? Math.floor(Math.random() * largestSeed));
    if (!Number.isFinite(minutes) || minutes <= 0)
      return { mistake: `"${values.minutes}" is not a number of minutes.` };
    if (!Number.isSafeInteger(seed) || seed < 0)
      return { mistake: `"${values.seed}" is not a seed.` };
    return { minutes, seed, json: values.json, help: values.help };
  } catch (error) {
    return { mistake: describeError(error) };
  }
}

async function run({ minutes, seed, json }: Choice): Promise<void> {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      interruption.abort();
    });
  }
  const beganMs = performance.now();
  const reports: ChaosReport[] = [];
  for (const [topology, share] of shares) {
    const report = await runChaos({
      topology,
      seed,
      kinds: faultsOf[topology],
      durationMs: minutes * share * 60_000,
      quietLimitMs,
      signal: interruption.signal,
      log: (line) => {
        const atSeconds = ((performance.now() - beganMs) / 1_000).toFixed(1);
        console.error(`${atSeconds.padStart(7)} ${line}`);
      },
    });
    reports.push(report);
    if (!json) console.log(formatReport(report));
  }
  if (json) console.log(JSON.stringify(reports, null, 2));
  if (reports.some(({ violations }) => violations.length > 0)) process.exitCode = 1;
}

const choice = readChoice(process.argv.slice(2));
if ('mistake' in choice) {
  console.error(`${choice.mistake}\n\n${usage}`);
  process.exitCode = 2;
} else if (choice.help) console.log(usage);
else {
  try {
    await run(choice);
  } catch (error) {
    console.error(describeError(error));
    // What was interrupted would go on trying for minutes.
    process.exit(1);
  }
}

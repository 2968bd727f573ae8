/** `npm run simulate`: runs histories of the protocol under simulated faults, or shows the one of a seed. */
import { parseArgs } from 'node:util';
import { describeError } from '../../contract/errors.ts';
import { countSeeds, exploreHistories } from './explore.ts';
import { drawPlan } from './plan.ts';
import { describeBroken } from './report.ts';
import { runHistory } from './run-history.ts';

const usage = `Usage: npm run simulate -- [--seed N] [--histories N] [--trace]

  --seed N       the first seed; otherwise a random one
  --histories N  how many seeds from there on (default 1000)
  --trace        one history: its plan and all that happened, line by line
`;

const defaultHistories = 1_000;
const largestSeed = 2 ** 31;

interface Choice {
  readonly seed: number;
  readonly histories: number;
  readonly trace: boolean;
  readonly help: boolean;
}

/** The choice, or what is wrong with the command line. */
function readChoice(args: readonly string[]): Choice | { readonly mistake: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string' },
        histories: { type: 'string' },
        trace: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const seed = Number(values.seed ?? Math.floor(Math.random() * largestSeed));
    const histories = Number(values.histories ?? defaultHistories);
    if (!Number.isSafeInteger(seed) || seed < 0)
      return { mistake: `"${values.seed}" is not a seed.` };
    if (!Number.isSafeInteger(histories) || histories < 1)
      return { mistake: `"${values.histories}" is not a number of histories.` };
    return { seed, histories, trace: values.trace, help: values.help };
  } catch (error) {
    return { mistake: describeError(error) };
  }
}

async function main(): Promise<void> {
  const choice = readChoice(process.argv.slice(2));
  if ('mistake' in choice) {
    console.error(`${choice.mistake}\n\n${usage}`);
    process.exitCode = 2;
  } else if (choice.help) console.log(usage);
  else if (choice.trace) await showHistory(choice.seed);
  else await explore(choice);
}

async function showHistory(seed: number): Promise<void> {
  const plan = drawPlan(seed);
  const { trace, failures } = await runHistory(plan);
  console.log(JSON.stringify(plan, undefined, 2));
  for (const line of trace) console.log(line);
  if (failures.length === 0) console.log('No invariant is broken.');
  else await reportBroken(seed);
}

async function explore({ seed, histories }: Choice): Promise<void> {
  const from = process.hrtime.bigint();
  const { broken, commits, histories: done } = await exploreHistories(countSeeds(seed, histories));
  if (broken !== undefined) {
    await reportBroken(broken.seed);
    return;
  }
  const seconds = Number(process.hrtime.bigint() - from) / 1e9;
  console.log(
    `${done} histories from seed ${seed}, ${commits} commits, ${seconds.toFixed(1)} s: every invariant holds.`,
  );
}

async function reportBroken(seed: number): Promise<void> {
  console.error(await describeBroken(seed));
  process.exitCode = 1;
}

await main();

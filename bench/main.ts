/** `npm run bench`: reads the choice from the command line, runs it and prints the report. */
import { parseArgs } from 'node:util';
import { describeError } from '../runtime/contract/errors.ts';
import { formatReport } from './report-text.ts';
import { fullScale, quickScale } from './scale.ts';
import { benchmarkNames, runSuite, syncModes } from './suite.ts';

const usage = `Usage: npm run bench -- [benchmark …] [--sync always|interval] [--quick] [--json]

Benchmarks: ${benchmarkNames.join(', ')}. Without one, all of them.
  --sync MODE  only this sync mode of the server; otherwise both
  --quick      a few seconds, to see that all of it works; the figures mean nothing
  --json       the report as one JSON object
`;

interface Choice {
  readonly names: readonly string[];
  readonly sync: string | undefined;
  readonly quick: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

/** The choice, or what is wrong with the command line. */
function readChoice(args: readonly string[]): Choice | { readonly mistake: string } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        sync: { type: 'string' },
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const { sync, quick, json, help } = values;
    const unknown = positionals.find((name) => !benchmarkNames.includes(name));
    if (unknown !== undefined) return { mistake: `There is no benchmark "${unknown}".` };
    if (sync !== undefined && !syncModes.some((mode) => mode === sync)) {
      return { mistake: `There is no sync mode "${sync}".` };
    }
    return { names: positionals, sync, quick, json, help };
  } catch (error) {
    return { mistake: describeError(error) };
  }
}

async function main(): Promise<void> {
  const choice = readChoice(process.argv.slice(2));
  if ('mistake' in choice) {
    console.error(`${choice.mistake}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  if (choice.help) {
    console.log(usage);
    return;
  }
  const report = await runSuite({
    names: choice.names.length === 0 ? benchmarkNames : choice.names,
    syncModes: syncModes.filter((mode) => choice.sync === undefined || choice.sync === mode),
    scale: choice.quick ? quickScale : fullScale,
    progress: (line) => {
      console.error(line);
    },
  });
  console.log(choice.json ? JSON.stringify(report, null, 2) : formatReport(report));
}

await main();

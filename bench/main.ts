/** `npm run bench`: reads the choice from the command line, runs it and prints the report. */
import { parseArgs } from 'node:util';
import { describeError } from '../runtime/contract/errors.ts';
import { formatMarkdown } from './markdown.ts';
import { formatReport } from './report-text.ts';
import { fullScale, quickScale, type Scale } from './scale.ts';
import { benchmarkNames, namesOnDemand, runSuite, syncModes, type Report } from './suite.ts';

const usage = `Usage: npm run bench -- [benchmark …] [--sync always|interval] [--quick] [--json | --markdown]

Benchmarks: ${benchmarkNames.join(', ')}. Without one, all of them.
Only when named: ${namesOnDemand.join(', ')}.
  --sync MODE  only this sync mode of the server; otherwise both
  --actors N   parked actors, for the benchmark of that name
  --quick      a few seconds, to see that all of it works; the figures mean nothing
  --json       the report as one JSON object
  --markdown   the tables of bench/README.md
`;

interface Choice {
  readonly names: readonly string[];
  readonly sync: string | undefined;
  readonly scale: Scale;
  readonly format: (report: Report) => string;
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
        actors: { type: 'string' },
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        markdown: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const { sync, actors, quick, json, markdown, help } = values;
    const known = [...benchmarkNames, ...namesOnDemand];
    const unknown = positionals.find((name) => !known.includes(name));
    if (unknown !== undefined) return { mistake: `There is no benchmark "${unknown}".` };
    if (sync !== undefined && !syncModes.some((mode) => mode === sync)) {
      return { mistake: `There is no sync mode "${sync}".` };
    }
    if (actors !== undefined && !/^[1-9]\d*$/.test(actors)) {
      return { mistake: `"${actors}" is no number of actors.` };
    }
    if (actors !== undefined && !positionals.includes('parked')) {
      return { mistake: '--actors is for the benchmark "parked".' };
    }
    const scale = quick ? quickScale : fullScale;
    return {
      names: positionals,
      sync,
      scale: actors === undefined ? scale : { ...scale, parkedMany: Number(actors) },
      format: json ? toJsonText : markdown ? formatMarkdown : formatReport,
      help,
    };
  } catch (error) {
    return { mistake: describeError(error) };
  }
}

function toJsonText(report: Report): string {
  return JSON.stringify(report, null, 2);
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
    scale: choice.scale,
    progress: (line) => {
      console.error(line);
    },
  });
  console.log(choice.format(report));
}

await main();

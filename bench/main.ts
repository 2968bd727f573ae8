/** `npm run bench`: reads the choice from the command line, runs it and prints the report. */
import { parseArgs } from 'node:util';
import { formatReport } from './report-text.ts';
import { fullScale, quickScale } from './scale.ts';
import { benchmarkNames, runSuite, syncModes } from './suite.ts';

const usage = `Usage: npm run bench -- [benchmark …] [--sync always|interval] [--quick] [--json]

Benchmarks: ${benchmarkNames.join(', ')}. Without one, all of them.
  --sync MODE  only this sync mode of the server; otherwise both
  --quick      a few seconds, to see that all of it works; the figures mean nothing
  --json       the report as one JSON object
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      sync: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return;
  }
  const unknown = positionals.find((name) => !benchmarkNames.includes(name));
  const modes = syncModes.filter((mode) => values.sync === undefined || values.sync === mode);
  if (unknown !== undefined || modes.length === 0) {
    console.error(
      `There is no ${unknown === undefined ? 'sync mode' : 'benchmark'} "${unknown ?? values.sync}".`,
    );
    console.error(usage);
    process.exitCode = 2;
    return;
  }
  const report = await runSuite({
    names: positionals.length === 0 ? benchmarkNames : positionals,
    syncModes: modes,
    scale: values.quick ? quickScale : fullScale,
    progress: (line) => {
      console.error(line);
    },
  });
  console.log(values.json ? JSON.stringify(report, null, 2) : formatReport(report));
}

await main();

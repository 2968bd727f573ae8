/** `signalbox machines …`: what a change of machines would do to the actors that are stored. */
import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SignalboxError, describeError } from '../../runtime/contract/errors.ts';
import {
  createMachineGate,
  type GateRow,
  type MachineGate,
} from '../../runtime/core/machine-gate.ts';
import {
  decodeExportLine,
  encodeExportLine,
  type ExportedState,
} from '../../runtime/core/state-export.ts';
import { readLastCommits } from '../../runtime/nats/commit-export.ts';
import { withClient, type Client } from '../client/open-client.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { formatTable } from '../output.ts';
import { registerMachines } from '../system/registered-machines.ts';

/** States hold what users and agents have said. */
const onlyOwner = 0o600;

export async function exportStates(context: CommandContext, file: string): Promise<ExitCode> {
  return withClient(context.settings, context.log, async (client) => {
    let actors = 0;
    const lines = async function* (): AsyncGenerator<string> {
      for await (const state of readStates(client)) {
        actors += 1;
        yield `${encodeExportLine(state)}\n`;
      }
    };
    const target = createWriteStream(file, { mode: onlyOwner });
    target.on('error', () => undefined);
    await pipeline(Readable.from(lines()), target).catch((error: unknown) => {
      if (error instanceof SignalboxError) throw error;
      throw new SignalboxError(
        'SB_INPUT_INVALID',
        `${file} was not written: ${describeError(error)}`,
      );
    });
    context.output.result({ file, actors }, [`${actors} actors written to ${file}.`]);
    return exitCodes.success;
  });
}

export async function checkMachines(
  context: CommandContext,
  options: { readonly export?: string },
): Promise<ExitCode> {
  const { settings, log, output } = context;
  const gate = createMachineGate(registerMachines(settings, log), Date.now());
  const { export: file } = options;
  if (file !== undefined) await examineAll(gate, readExport(file));
  else await withClient(settings, log, (client) => examineAll(gate, readStates(client)));
  const { actors, quarantined, rows } = gate;
  output.result({ actors, quarantined, rows }, [...describeRows(rows), summarise(gate)]);
  return quarantined === 0 ? exitCodes.success : exitCodes.outcomeFailed;
}

async function examineAll(gate: MachineGate, states: AsyncIterable<ExportedState>): Promise<void> {
  for await (const state of states) gate.examine(state);
}

async function* readStates({ connection, record }: Client): AsyncGenerator<ExportedState> {
  for await (const { address, text } of readLastCommits(connection, record))
    yield { address, text };
}

async function* readExport(file: string): AsyncGenerator<ExportedState> {
  const input = createReadStream(file, 'utf8');
  let number = 0;
  try {
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      number += 1;
      const decoded = decodeExportLine(line);
      if (decoded.status === 'state') yield decoded.state;
      else throw refuse(file, `line ${number} is no exported state: ${decoded.reason}`);
    }
  } catch (error) {
    throw error instanceof SignalboxError ? error : refuse(file, describeError(error));
  } finally {
    input.destroy();
  }
}

function refuse(file: string, reason: string): SignalboxError {
  return new SignalboxError('SB_INPUT_INVALID', `${file}: ${reason}`, {
    next: 'Write one with `signalbox machines export FILE`.',
  });
}

const verdictWords: Readonly<Record<GateRow['verdict'], string>> = {
  exact: 'go on as they are',
  migrates: 'are migrated',
  migratesLater: 'are migrated when they are quiet',
  keepsVersion: 'keep their version',
  ended: 'have ended',
  quarantined: 'WOULD BE QUARANTINED',
};

function describeRows(rows: readonly GateRow[]): readonly string[] {
  if (rows.length === 0) return [];
  const table = formatTable([
    ['kind', 'version', 'actors', ''],
    ...rows.map(({ kind, version, count, verdict }) => [
      kind,
      version === undefined ? '?' : String(version),
      String(count),
      verdictWords[verdict],
    ]),
  ]);
  const [head = '', ...lines] = table;
  return [
    head,
    ...lines.flatMap((line, index) => {
      const { reason, examples = [] } = rows[index] ?? {};
      return reason === undefined ? [line] : [line, `    ${reason}`, `    ${examples.join(' ')}`];
    }),
  ];
}

function summarise({ actors, quarantined }: MachineGate): string {
  if (actors === 0) return 'No actors are stored.';
  return quarantined === 0
    ? `All ${actors} actors go on.`
    : `${quarantined} of ${actors} actors would be quarantined.`;
}

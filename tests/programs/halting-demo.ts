/**
 * The demo job in a process that stands still between a chosen commit and its relay, for the test that kills it there.
 * HALT_AT (JSON): the `event` that the commit announces or the `state` that it enters; with `afterMs` the process goes on
 * for so long after the commit. One line on standard error says that it halts.
 */
import { writeSync } from 'node:fs';
import { z } from 'zod';
import { runDemoOn } from '../../cli/commands/demo.command.ts';
import { createCommandContext } from '../../cli/command-context.ts';
import { startSystem } from '../../cli/system/start-system.ts';
import type { ActorAddress } from '../../runtime/contract/address.ts';
import type { Commit } from '../../runtime/core/commit.ts';
import { formatStateValue } from '../../runtime/core/restore.ts';

const haltSchema = z.object({
  event: z.string().optional(),
  state: z.string().optional(),
  afterMs: z.number().optional(),
});
const { event, state, afterMs } = haltSchema.parse(JSON.parse(process.env['HALT_AT'] ?? ''));
let armed = true;

/** Nothing of this process goes on; its children do, and its pipes stay open. */
function halt(where: string): void {
  writeSync(2, `halted ${where}\n`);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function committed({ kind }: ActorAddress, { n, snapshot, outbox }: Commit): void {
  const now = formatStateValue(snapshot.value);
  const announces = outbox.some((entry) => entry.type === 'event' && entry.event.type === event);
  if (!armed || !(announces || now === state)) return;
  armed = false;
  const where = `${kind} commit ${n} (${now})`;
  if (afterMs === undefined) halt(where);
  else setTimeout(halt, afterMs, where);
}

const context = createCommandContext(process.env, { json: true, port: '0' });
const system = await startSystem({
  settings: context.settings,
  log: context.log,
  observer: { committed },
});
try {
  const report = await runDemoOn(context, system, new AbortController().signal);
  context.output.result(report, []);
} finally {
  await system.stop();
}

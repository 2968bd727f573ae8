/** Somebody outside who sends the planned commands, repeats what was not acknowledged, and remembers what was. */
import type { CommandSender } from '../../core/ports.ts';
import type { Chronicle, ClientCommand } from './chronicle.ts';
import { formatActor } from './chronicle.ts';
import type { Network } from './network.ts';
import type { Plan, PlannedCommand } from './plan.ts';
import type { Random } from './random.ts';
import { simulationStartMs } from './schedule.ts';
import type { SimulatedProcess } from './simulated-process.ts';

interface Client {
  readonly plan: Plan;
  readonly process: SimulatedProcess;
  readonly network: Network;
  readonly random: Random;
  readonly chronicle: Chronicle;
  readonly sender: CommandSender;
}

const retryMs = { from: 20, to: 400 };

export function sendCommands(client: Client): void {
  for (const planned of client.plan.commands) {
    const { commandId, to, content } = planned;
    const body = content.type === 'deliver' ? content.body : undefined;
    const key = typeof body?.['key'] === 'string' ? body['key'] : undefined;
    const command: ClientCommand = { commandId, to, key, state: 'sending' };
    client.chronicle.commands.push(command);
    client.process.step(simulationStartMs + planned.atMs, undefined, () => {
      send(client, planned, command);
    });
  }
}

function send(client: Client, planned: PlannedCommand, command: ClientCommand): void {
  const { process, network, random, sender } = client;
  const { commandId, to, content, impatient } = planned;
  network
    .call(process, `send ${commandId} to ${formatActor(to)}`, () =>
      content.type === 'start'
        ? sender.start(to, content.input, commandId)
        : sender.deliver(to, content.body, commandId),
    )
    .then(
      () => {
        command.state = 'acknowledged';
      },
      () => {
        if (impatient) {
          command.state = 'abandoned';
          return;
        }
        const againMs = process.clock.nowMs() + random.integer(retryMs.from, retryMs.to);
        process.step(againMs, undefined, () => {
          send(client, planned, command);
        });
      },
    );
}

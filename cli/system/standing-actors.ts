/** The actors that stand ready before any work arrives: the work queue, and one trigger per definition. */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { TriggerDefinition } from '../../actors/trigger/trigger.schema.ts';
import { toJson } from '../../runtime/core/draft.ts';
import type { CommandSender } from '../../runtime/core/ports.ts';
import { workQueueAddress } from '../../runtime/mod.ts';
import type { HomeLayout } from '../home.ts';
import type { Settings } from '../settings.ts';
import { workQueueId } from './actors.ts';
import type { SystemLog } from './log.ts';
import { listTriggers } from './triggers.ts';

/** Starting an actor that exists changes nothing; the commands behind it bring it up to date. */
export async function openStandingActors(
  commands: CommandSender,
  settings: Settings,
  home: HomeLayout,
  log: SystemLog,
): Promise<void> {
  const queue = workQueueAddress(workQueueId);
  const { limits } = settings;
  await commands.start(queue, toJson({ limits }), randomUUID());
  await commands.deliver(queue, { type: 'setLimits', limits }, randomUUID());
  // Where people put theirs.
  await mkdir(home.triggers, { recursive: true, mode: 0o700 });
  for (const trigger of await listTriggers(home)) {
    if (trigger.status === 'broken') {
      log.error(`trigger not loaded: ${trigger.problems.join(' | ')}`, { file: trigger.file });
      continue;
    }
    await configureTrigger(commands, home, trigger.definition);
  }
}

export async function configureTrigger(
  commands: CommandSender,
  home: HomeLayout,
  definition: TriggerDefinition,
): Promise<void> {
  const address = { kind: 'trigger', id: definition.id };
  const input = { definition, queue: workQueueId, worktrees: home.worktrees };
  await commands.start(address, toJson(input), randomUUID());
  await commands.deliver(address, { type: 'configure', definition }, randomUUID());
}

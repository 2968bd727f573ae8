/** What every command gets: settings, output, log. Built once per command line. */
import { layOutHome, type HomeLayout } from './home.ts';
import { createOutput, type Output } from './output.ts';
import { parseSettings, type Settings } from './settings.ts';
import { openLog, type SystemLog } from './system/log.ts';
import { listSecretSettings } from './system/log-secrets.ts';

export interface CommandContext {
  readonly settings: Settings;
  readonly home: HomeLayout;
  readonly output: Output;
  readonly log: SystemLog;
}

export interface GlobalFlags {
  readonly home?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
  readonly port?: string;
  readonly record?: string;
  readonly sync?: string;
  readonly nats?: string;
}

export function createCommandContext(
  environment: Readonly<Record<string, string | undefined>>,
  flags: GlobalFlags,
): CommandContext {
  const settings = parseSettings(environment, flags);
  const home = layOutHome(settings.home);
  const output = createOutput(flags.json ?? false);
  const log = openLog({
    file: home.log,
    verbose: flags.verbose ?? false,
    now: () => new Date(),
    secrets: [
      ...listSecretSettings(environment),
      settings.nats?.password,
      settings.nats?.console?.password,
    ],
    show: (line) => {
      output.warn(line);
    },
  });
  return { settings, home, output, log };
}

/** The command line: names, options and help. What a command does is in `commands/`. */
import { Command } from 'commander';
import { createCommandContext, type CommandContext, type GlobalFlags } from './command-context.ts';
import { demo } from './commands/demo.command.ts';
import { login } from './commands/login.command.ts';
import { up } from './commands/up.command.ts';
import type { ExitCode } from './exit-codes.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export function createProgram(environment: Environment, ended: (code: ExitCode) => void): Command {
  const program = new Command('signalbox')
    .description('An orchestration runtime for autonomous agents. State lives in one folder; see --home.')
    .option('--home <dir>', 'folder that holds all state (default: ~/.signalbox, or SIGNALBOX_HOME)')
    .option('--json', 'print the result as one JSON object; progress goes to standard error')
    .option('--verbose', 'show the log on standard error')
    .showHelpAfterError('Try `signalbox --help`.');

  const run =
    <Options extends object>(work: (context: CommandContext, options: Options) => Promise<ExitCode>) =>
    async (options: Options, command: Command): Promise<void> => {
      const context = createCommandContext(environment, command.optsWithGlobals<GlobalFlags>());
      ended(await work(context, options));
    };

  program
    .command('up')
    .description('run the whole system until Ctrl-C')
    .option('--demo', 'run the demo job, visibly', false)
    .option('--port <number>', 'port of the gateway and console (default: 7420)')
    .option('--sync <mode>', 'how NATS writes: always or interval (default: always)')
    .option('--record <file>', 'write the model calls of the next session to a recording')
    .action(run<{ readonly demo: boolean }>(up));
  program
    .command('demo')
    .description('run the demo job to its end; exit code 0 when its change is merged')
    .option('--port <number>', 'port of the gateway while it runs (default: 7420)')
    .option('--sync <mode>', 'how NATS writes: always or interval (default: always)')
    .action(run(demo));
  program.command('login').description('print a one-time link to the console').action(run(login));
  return program;
}


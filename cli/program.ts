/** The command line: names, options and help. What a command does is in `commands/`. */
import { Command, Option } from 'commander';
import { createCommandContext, type CommandContext, type GlobalFlags } from './command-context.ts';
import { printArtifact } from './commands/artifact.command.ts';
import { demo } from './commands/demo.command.ts';
import { dispatch, type DispatchOptions } from './commands/dispatch.command.ts';
import { doctor } from './commands/doctor.command.ts';
import { rebuild } from './commands/history.command.ts';
import { login } from './commands/login.command.ts';
import * as mergeRequests from './commands/mr.command.ts';
import * as sessions from './commands/session.command.ts';
import { status } from './commands/status.command.ts';
import { up } from './commands/up.command.ts';
import type { ExitCode } from './exit-codes.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type Work<Arguments extends readonly unknown[]> = (
  context: CommandContext,
  ...given: Arguments
) => Promise<ExitCode>;
/** Turns a command's work into what commander calls: arguments, options, then the command itself. */
type Run = <Arguments extends readonly unknown[]>(
  work: Work<Arguments>,
) => (...given: [...Arguments, ...unknown[]]) => Promise<void>;

const exitCodeHelp = `
Exit codes: 0 done · 1 ended badly · 2 wrong input · 3 system not running · 4 not found · 5 occupied · 70 defect`;

export function createProgram(
  environment: Environment,
  version: string,
  ended: (code: ExitCode) => void,
): Command {
  const program = new Command('signalbox')
    .description(
      'An orchestration runtime for autonomous agents. All state lives in one folder; see --home.',
    )
    .option(
      '--home <dir>',
      'folder that holds all state (default: SIGNALBOX_HOME, else ~/.signalbox)',
    )
    .option('--json', 'print the result as one JSON object; progress goes to standard error')
    .option('--verbose', 'show the log on standard error')
    .version(version, '--version', 'print the version')
    .addHelpText('after', exitCodeHelp)
    .showHelpAfterError('Try `signalbox --help`.')
    .exitOverride();
  const run: Run =
    (work) =>
    async (...given) => {
      const command = given.findLast((argument) => argument instanceof Command);
      const context = createCommandContext(
        environment,
        command?.optsWithGlobals<GlobalFlags>() ?? {},
      );
      ended(await (work as Work<readonly unknown[]>)(context, ...given));
    };
  addSystemCommands(program, run);
  addArtifactCommand(program, run);
  addSessionCommands(
    program.command('session').description('look at, steer and kill sessions'),
    run,
  );
  addMergeRequestCommands(
    program.command('mr').description('merge requests of the local forge'),
    run,
  );
  return program;
}

const portOption = (): Option =>
  new Option('--port <number>', 'port of the gateway and console (default: 7070)');
const syncOption = (): Option =>
  new Option(
    '--sync <mode>',
    'how NATS writes: each message synced, or every two minutes (default: always)',
  ).choices(['always', 'interval']);

function addSystemCommands(program: Command, run: Run): void {
  program
    .command('up')
    .description('run the whole system until Ctrl-C')
    .option('--demo', 'run the demo job, visibly', false)
    .option('--record <file>', 'write the model calls of the next session to a recording')
    .addOption(portOption())
    .addOption(syncOption())
    .action(run<[{ readonly demo: boolean }]>(up));
  program
    .command('demo')
    .description('run the demo job to its end; exit code 0 when its change is merged')
    .addOption(portOption())
    .addOption(syncOption())
    .action(run<[]>(demo));
  program
    .command('dispatch')
    .description('hand one goal on one repository to the running system')
    .requiredOption('--repo <path>', 'a git repository')
    .requiredOption('--goal <text>', 'what should be different')
    .option('--workflow <id>', 'a bundled workflow, or the path of a definition', 'change')
    .option('--model <name>', 'a model, or replay:FILE (default: SIGNALBOX_MODEL)')
    .option(
      '--base <branch>',
      'branch to start from and merge into (default: the repository’s own)',
    )
    .option(
      '--test <command>',
      'how the change is verified (default: `npm test` where package.json has it)',
    )
    .option('--no-test', 'verify without running tests')
    .addOption(
      new Option('--merge <policy>', 'when to merge')
        .choices(['never', 'whenGreen'])
        .default('never'),
    )
    .addOption(
      new Option('--review <policy>', 'which review a merge waits for')
        .choices(['none', 'addressed', 'approved'])
        .default('none'),
    )
    .option('--wait', 'follow the run; exit code 0 when it is merged or left open for a person')
    .action(run<[DispatchOptions]>(dispatch));
  program
    .command('status')
    .description('whether the system runs, and what it does')
    .action(run<[]>(status));
  program
    .command('login')
    .description('print a one-time link to the console')
    .action(run<[]>(login));
  program.command('doctor').description('check what a start needs').action(run<[]>(doctor));
  program
    .command('history')
    .description('the read model')
    .command('rebuild')
    .description('fold it anew from the event stream')
    .action(run<[]>(rebuild));
}

function addArtifactCommand(program: Command, run: Run): void {
  program
    .command('artifact <key>')
    .description('print a whole output, a proof record or a handoff that an event refers to')
    .action(run<[string]>(printArtifact));
}

function addSessionCommands(session: Command, run: Run): void {
  session
    .command('list')
    .description('all sessions, newest first')
    .action(run<[]>(sessions.listSessions));
  session
    .command('show <id>')
    .description('state and transcript of one session (or of a run’s)')
    .action(run<[string]>(sessions.showSession));
  session
    .command('events <id>')
    .description('what happened in a session, or in all of a run')
    .option('-f, --follow', 'go on as it happens')
    .action(run<[string, { readonly follow?: boolean }]>(sessions.sessionEvents));
  session
    .command('steer <id> <text>')
    .description('say something to a session, running or parked')
    .action(run<[string, string]>(sessions.steerSession));
  session
    .command('kill <id>')
    .description('end a session now')
    .action(run<[string]>(sessions.killSession));
}

function addMergeRequestCommands(mr: Command, run: Run): void {
  const repository = (): Option =>
    new Option('--repo <path>', 'the repository').default('.', 'this folder');
  const author = (): Option => new Option('--author <name>', 'who says so').default('reviewer');
  mr.command('list')
    .description('all of a repository')
    .addOption(repository())
    .action(run<[mergeRequests.MergeRequestOptions]>(mergeRequests.listMergeRequests));
  mr.command('show <number>')
    .description('one, with its checks and comments')
    .addOption(repository())
    .action(run<[string, mergeRequests.MergeRequestOptions]>(mergeRequests.showMergeRequest));
  mr.command('comment <number> <text>')
    .description('review: the session that made the change is steered')
    .addOption(repository())
    .addOption(author())
    .addOption(
      new Option('--verdict <verdict>', 'what the comment decides')
        .choices(['comment', 'changesRequested', 'approved'])
        .default('changesRequested'),
    )
    .action(run<[string, string, mergeRequests.CommentOptions]>(mergeRequests.commentMergeRequest));
  mr.command('merge <number>')
    .description('merge it, as a person')
    .addOption(repository())
    .addOption(author())
    .action(
      run<[string, mergeRequests.MergeRequestOptions & { readonly author: string }]>(
        mergeRequests.mergeMergeRequest,
      ),
    );
  mr.command('close <number>')
    .description('close it without a merge')
    .addOption(repository())
    .requiredOption('--reason <text>', 'why')
    .action(
      run<[string, mergeRequests.MergeRequestOptions & { readonly reason: string }]>(
        mergeRequests.closeMergeRequest,
      ),
    );
}

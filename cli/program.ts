/** The command line: names, options and help. What a command does is in `commands/`. */
import { Command, Option } from 'commander';
import { createCommandContext, type CommandContext, type GlobalFlags } from './command-context.ts';
import * as actors from './commands/actor.command.ts';
import { actorHistory, type HistoryOptions } from './commands/actor-history.command.ts';
import { releaseActor } from './commands/actor-release.command.ts';
import { backup, checkpoint } from './commands/backup.command.ts';
import { restore, type RestoreOptions } from './commands/restore.command.ts';
import { releaseSlot, showQueue } from './commands/queue.command.ts';
import { showRetention } from './commands/retention.command.ts';
import { printArtifact } from './commands/artifact.command.ts';
import * as deadLetters from './commands/deadletter.command.ts';
import { demo } from './commands/demo.command.ts';
import { dispatch, type DispatchOptions } from './commands/dispatch.command.ts';
import { doctor } from './commands/doctor.command.ts';
import { exportHistory, rebuild } from './commands/history.command.ts';
import { login } from './commands/login.command.ts';
import { checkMachines, exportStates } from './commands/machines.command.ts';
import * as mergeRequests from './commands/mr.command.ts';
import * as sessions from './commands/session.command.ts';
import { status } from './commands/status.command.ts';
import { top } from './commands/top.command.ts';
import { up } from './commands/up.command.ts';
import { work } from './commands/worker.command.ts';
import { actorStatusSchema } from '../runtime/contract/event.ts';
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
  addLookingCommands(program, run);
  addKeepingCommands(program, run);
  addArtifactCommand(program, run);
  addActorCommands(
    program.command('actor').description('look at any actor: state, machine, history'),
    run,
  );
  addDeadLetterCommands(
    program.command('deadletter').description('commands that were given up'),
    run,
  );
  addMachineCommands(
    program.command('machines').description('what a change of machines does to stored actors'),
    run,
  );
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
    .command('worker')
    .description('take part in a system that runs as several processes, until Ctrl-C')
    .option(
      '--roles <list>',
      'what it does: actors, effects (or effects=POOL,POOL), gateway, history',
      'actors,effects',
    )
    .option(
      '--nats <url>',
      'the NATS server, or a cluster as nats://A,B,C (default: NATS_URL, else that of the system on the home folder)',
    )
    .addOption(portOption())
    .option('--metrics-port <number>', 'tell metrics on this loopback port; without a gateway')
    .action(run<[{ readonly roles: string; readonly metricsPort?: string }]>(work));
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
    .addOption(
      new Option('--priority <priority>', 'which session works first when many wait')
        .choices(['high', 'normal', 'low'])
        .default('normal'),
    )
    .option('--wait', 'follow the run; exit code 0 when it is merged or left open for a person')
    .action(run<[DispatchOptions]>(dispatch));
}

function addLookingCommands(program: Command, run: Run): void {
  program
    .command('status')
    .description('whether the system runs, and what it does')
    .action(run<[]>(status));
  program
    .command('top')
    .description('what the workers do now: throughput, lag, effects; every second on a terminal')
    .option('--once', 'look once, also on a terminal')
    .action(run<[{ readonly once?: boolean }]>(top));
  program
    .command('login')
    .description('print a one-time link to the console')
    .action(run<[]>(login));
  program.command('doctor').description('check what a start needs').action(run<[]>(doctor));
}

function addKeepingCommands(program: Command, run: Run): void {
  program
    .command('backup <folder>')
    .description('copy the running system into a new folder, while it runs')
    .action(run<[string]>(backup));
  program
    .command('restore [folder]')
    .description('put a backup into an empty system, which must not run')
    .option(
      '--history <file>',
      'only the events of a history file: all that is left without a backup',
    )
    .action(run<[string | undefined, RestoreOptions]>(restore));
  program
    .command('checkpoint')
    .description('have all workers save where they are, now')
    .action(run<[]>(checkpoint));
  const queue = program.command('queue').description('slots in which sessions work');
  queue
    .command('list')
    .description('who holds a slot, who waits in which place, and for how long')
    .action(run<[]>(showQueue));
  queue
    .command('release <address>')
    .description('give a slot back for an actor that cannot, or take it out of the line')
    .action(run<[string]>(releaseSlot));
  program
    .command('retention')
    .description('what is kept, for how long, and how much it is')
    .action(run<[]>(showRetention));
  const history = program.command('history').description('the read model');
  history
    .command('rebuild')
    .description('fold it anew from the event stream')
    .action(run<[]>(rebuild));
  history
    .command('export <file>')
    .description('all its events, one line of JSON each')
    .action(run<[string]>(exportHistory));
}

function addArtifactCommand(program: Command, run: Run): void {
  program
    .command('artifact <key>')
    .description('print a whole output, a proof record or a handoff that an event refers to')
    .action(run<[string]>(printArtifact));
}

function addActorCommands(actor: Command, run: Run): void {
  actor
    .command('list')
    .description('actors of every kind, newest first')
    .option('--kind <kind>', 'only this kind')
    .option('--state <state>', 'only in this state, or in one inside of it')
    .addOption(
      new Option('--status <status>', 'only with this status').choices(actorStatusSchema.options),
    )
    .option('--quarantined', 'only those whose stored state the code cannot take up')
    .addOption(new Option('--limit <number>', 'at most so many').default('50'))
    .action(run<[actors.ListOptions]>(actors.listActors));
  actor
    .command('show <address>')
    .description('state, context, timers, effects, inbox and last commits of kind/id')
    .option('--full', 'cut no long values')
    .action(run<[string, { readonly full?: boolean }]>(actors.showActor));
  actor
    .command('diagram <address>')
    .description('its machine as a list and as a Mermaid diagram, the current state marked')
    .action(run<[string]>(actors.drawActor));
  actor
    .command('history <address>')
    .description('what it did, commit by commit, and because of what')
    .option('--causes [commit]', 'what led to a commit and what it led to, across actors')
    .addOption(new Option('--limit <number>', 'at most so many, the newest').default('50'))
    .action(run<[string, HistoryOptions]>(actorHistory));
  actor
    .command('release <address>')
    .description('let a quarantined actor try again, and apply what has come for it')
    .action(run<[string]>(releaseActor));
}

function addDeadLetterCommands(deadletter: Command, run: Run): void {
  deadletter
    .command('list')
    .description('the newest, oldest of them first')
    .option('--kind <kind>', 'only those of actors of this kind')
    .action(run<[{ readonly kind?: string }]>(deadLetters.listDeadLetters));
  deadletter
    .command('show <id>')
    .description('one, with its command, its error and the state it met')
    .action(run<[string]>(deadLetters.showDeadLetter));
  deadletter
    .command('replay <id>')
    .description('send its command again, as a new one')
    .action(run<[string]>(deadLetters.replayDeadLetter));
  deadletter
    .command('drop <id>')
    .description('forget it; prints what was dropped')
    .action(run<[string]>(deadLetters.dropDeadLetter));
}

function addMachineCommands(machines: Command, run: Run): void {
  machines
    .command('check')
    .description('which stored actors this program could not go on with; exit code 1 if any')
    .option('--export <file>', 'of an export, instead of the running system')
    .action(run<[{ readonly export?: string }]>(checkMachines));
  machines
    .command('export <file>')
    .description('write the last state of every actor, one line of JSON each')
    .action(run<[string]>(exportStates));
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

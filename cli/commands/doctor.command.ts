/** `signalbox doctor`: looks at everything a start needs and says what is missing, without changing anything. */
import { execFile } from 'node:child_process';
import { access, constants, statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { sandboxLevel } from '../../integrations/sandbox/workspaces.ts';
import { describeError } from '../../runtime/contract/errors.ts';
import { findInstalledServer } from '../../runtime/nats/server-binary/find-server-binary.ts';
import { obtainServerBinary } from '../../runtime/nats/server-binary/obtain-server-binary.ts';
import { listWorkflows } from '../../workflows/library/library.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { formatTable } from '../output.ts';
import { readSystemRecord } from '../system/system-record.ts';
import { listTriggers, readTriggerSecret } from '../system/triggers.ts';

interface Finding {
  readonly name: string;
  readonly verdict: 'ok' | 'note' | 'problem';
  readonly detail: string;
}

const run = promisify(execFile);
const cacheDir = join(homedir(), '.cache', 'signalbox');
const oldestGit = [2, 38] as const;
const leastFreeBytes = 1024 ** 3;

export async function doctor(context: CommandContext): Promise<ExitCode> {
  const findings = (
    await Promise.all([
      checkGit(context),
      checkNats(context),
      checkHome(context),
      checkSystem(context),
      checkTriggers(context),
      checkWorkflows(),
      checkModel(context),
      checkSandbox(),
    ])
  ).flat();
  const healthy = findings.every(({ verdict }) => verdict !== 'problem');
  context.output.result(
    { healthy, findings },
    formatTable(findings.map(({ name, verdict, detail }) => [verdict, name, detail])),
  );
  return healthy ? exitCodes.success : exitCodes.outcomeFailed;
}

async function checkGit({ settings }: CommandContext): Promise<readonly Finding[]> {
  try {
    const { stdout } = await run('git', ['--version'], { env: { ...settings.environment } });
    const [major = 0, minor = 0] = (/(\d+)\.(\d+)/u.exec(stdout)?.slice(1) ?? []).map(Number);
    const recent = major > oldestGit[0] || (major === oldestGit[0] && minor >= oldestGit[1]);
    const detail = recent
      ? stdout.trim()
      : `${stdout.trim()} is older than ${oldestGit.join('.')}: update git`;
    return [{ name: 'git', verdict: recent ? 'ok' : 'problem', detail }];
  } catch (error) {
    return [
      {
        name: 'git',
        verdict: 'problem',
        detail: `git does not run (${describeError(error)}): install it`,
      },
    ];
  }
}

async function checkNats({ settings }: CommandContext): Promise<readonly Finding[]> {
  if (settings.nats !== undefined) {
    return [
      {
        name: 'nats',
        verdict: 'note',
        detail: `NATS_URL is set: ${new URL(settings.nats.url).host} is used, nothing embedded`,
      },
    ];
  }
  if (settings.natsServer !== undefined) {
    return [await checkNatsServer(settings.natsServer, settings.environment)];
  }
  const found = await findInstalledServer({
    env: settings.environment,
    cacheDir,
    log: () => undefined,
  });
  return found.status === 'found'
    ? [{ name: 'nats', verdict: 'ok', detail: found.path }]
    : [{ name: 'nats', verdict: 'note', detail: 'no nats-server yet; the first start gets one' }];
}

/** One that is named is run or refused, never fetched. */
async function checkNatsServer(
  path: string,
  env: CommandContext['settings']['environment'],
): Promise<Finding> {
  try {
    await obtainServerBinary({ configured: path, env, cacheDir, log: () => undefined });
    return { name: 'nats', verdict: 'ok', detail: `NATS_SERVER: ${path}` };
  } catch (error) {
    const detail = `${describeError(error)}: correct or unset it`;
    return { name: 'nats', verdict: 'problem', detail };
  }
}

async function checkHome({ home }: CommandContext): Promise<readonly Finding[]> {
  try {
    const folder = await nearestFolder(home.root);
    await access(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    const detail = `${home.root}, ${(free / 1024 ** 3).toFixed(1)} GiB free`;
    return [
      free < leastFreeBytes
        ? { name: 'home', verdict: 'problem', detail: `${detail}: free some space` }
        : { name: 'home', verdict: 'ok', detail },
    ];
  } catch (error) {
    return [
      {
        name: 'home',
        verdict: 'problem',
        detail: `${home.root} cannot be written (${describeError(error)}): choose another with --home`,
      },
    ];
  }
}

async function nearestFolder(path: string): Promise<string> {
  return access(path).then(
    () => path,
    () => (dirname(path) === path ? path : nearestFolder(dirname(path))),
  );
}

async function checkSystem({ home }: CommandContext): Promise<readonly Finding[]> {
  try {
    const record = await readSystemRecord(home.record);
    const detail =
      record === undefined ? 'not running' : `running, pid ${record.pid}, ${record.gatewayUrl}`;
    return [{ name: 'system', verdict: 'ok', detail }];
  } catch (error) {
    const detail = `${describeError(error)}: remove the file and start the system again`;
    return [{ name: 'system', verdict: 'problem', detail }];
  }
}

async function checkTriggers({ home }: CommandContext): Promise<readonly Finding[]> {
  return (await listTriggers(home)).map((trigger): Finding => {
    if (trigger.status === 'broken') {
      return { name: 'trigger', verdict: 'problem', detail: trigger.problems.join('; ') };
    }
    const { id } = trigger.definition;
    return readTriggerSecret(home, id) === undefined
      ? {
          name: 'trigger',
          verdict: 'problem',
          detail: `${id} has no secret: write one to ${home.secrets}/trigger-${id}`,
        }
      : { name: 'trigger', verdict: 'ok', detail: id };
  });
}

async function checkWorkflows(): Promise<readonly Finding[]> {
  return (await listWorkflows()).map((workflow): Finding =>
    workflow.status === 'valid'
      ? { name: 'workflow', verdict: 'ok', detail: `${workflow.id} ${workflow.definition.version}` }
      : {
          name: 'workflow',
          verdict: 'problem',
          detail: `${workflow.file} has ${workflow.problems.length} problems`,
        },
  );
}

async function checkModel({ settings }: CommandContext): Promise<readonly Finding[]> {
  return [
    settings.anthropic === undefined
      ? {
          name: 'model',
          verdict: 'note',
          detail: 'ANTHROPIC_API_KEY is not set: only recordings can be played',
        }
      : {
          name: 'model',
          verdict: 'ok',
          detail: `anthropic, default model ${settings.defaultModel}`,
        },
  ];
}

async function checkSandbox(): Promise<readonly Finding[]> {
  return [
    {
      name: 'sandbox',
      verdict: 'note',
      detail: `level ${sandboxLevel}: files are confined to the worktree, commands run with your rights`,
    },
  ];
}

/** `signalbox doctor` on real folders and programs: what it finds, and that a problem ends it with code 1. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sandboxLevel } from '../../integrations/sandbox/workspaces.ts';
import type { CommandContext } from '../command-context.ts';
import type { SystemLog } from '../system/log.ts';
import { layOutHome } from '../home.ts';
import { parseSettings } from '../settings.ts';
import { doctor } from './doctor.command.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signalbox-doctor-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Visit {
  readonly exitCode: number;
  readonly healthy: boolean;
  /** `verdict detail` of every finding of that name. */
  readonly findings: (name: string) => readonly string[];
  readonly lines: readonly string[];
}

interface Findings {
  readonly healthy: boolean;
  readonly findings: readonly {
    readonly name: string;
    readonly verdict: string;
    readonly detail: string;
  }[];
}

async function visit(environment: Readonly<Record<string, string>> = {}): Promise<Visit> {
  const settings = parseSettings(
    { ...process.env, NATS_SERVER: undefined, NATS_URL: undefined, ...environment },
    { home: folder },
  );
  let shown: Findings = { healthy: false, findings: [] };
  let lines: readonly string[] = [];
  const ignore = (): void => undefined;
  const log: SystemLog = {
    info: ignore,
    warn: ignore,
    error: ignore,
    progress: ignore,
    hide: ignore,
    with: () => log,
  };
  const context: CommandContext = {
    settings,
    home: layOutHome(settings.home),
    log,
    output: {
      json: false,
      result: (data, text) => {
        shown = data as Findings;
        lines = text;
      },
      tell: ignore,
      warn: ignore,
    },
  };
  const exitCode = await doctor(context);
  const { healthy, findings } = shown;
  return {
    exitCode,
    healthy,
    lines,
    findings: (name) =>
      findings
        .filter((finding) => finding.name === name)
        .map(({ verdict, detail }) => `${verdict} ${detail}`),
  };
}

async function placeServer(says: string): Promise<string> {
  const path = join(folder, 'nats-server');
  await writeFile(path, `#!/bin/sh\necho '${says}'\n`, { mode: 0o755 });
  return path;
}

const trigger = {
  id: 'issues',
  goalTemplate: '{{ issue.title }}',
  condition: null,
  run: {
    repository: '/repositories/slug',
    workflow: 'change',
    model: { provider: 'anthropic', model: 'some-model' },
    testCommand: 'npm test',
    testTimeoutMs: 60_000,
    merge: { merge: 'never', review: 'none', requiredChecks: [], maxReviewRounds: 3 },
    limits: { maxTurns: 10, maxTokens: 10_000, maxOutputTokensPerTurn: 1_000 },
  },
};

async function writeTrigger(definition: Readonly<Record<string, unknown>>): Promise<string> {
  await mkdir(join(folder, 'triggers'), { recursive: true });
  const file = join(folder, 'triggers', 'issues.yaml');
  await writeFile(file, JSON.stringify(definition, null, 2));
  return file;
}

it('a machine with what is needed is healthy, and is told what its sandbox is worth', async () => {
  const server = await placeServer('nats-server: v2.15.1');
  const { exitCode, healthy, findings, lines } = await visit({ NATS_SERVER: server });
  expect({ exitCode, healthy }).toEqual({ exitCode: 0, healthy: true });
  expect(findings('nats')).toEqual([`ok NATS_SERVER: ${server}`]);
  expect(findings('sandbox')).toEqual([
    `note level ${sandboxLevel}: files are confined to the worktree, commands run with your rights`,
  ]);
  expect(findings('git')).toEqual([expect.stringMatching(/^ok git version /u)]);
  expect(findings('system')).toEqual(['ok not running']);
  expect(lines.join('\n')).toMatch(new RegExp(`^note +sandbox +level ${sandboxLevel}:`, 'mu'));
});

it('a broken trigger is a problem, with its place', async () => {
  const file = await writeTrigger({ ...trigger, goalTemplat: 'x' });
  const { exitCode, healthy, findings } = await visit();
  expect({ exitCode, healthy }).toEqual({ exitCode: 1, healthy: false });
  const [found, ...others] = findings('trigger');
  expect(others).toEqual([]);
  expect(found).toMatch(`problem ${file}:`);
  expect(found).toContain('Did you mean "goalTemplate"?');
});

it('a trigger without a secret is a problem, until there is one', async () => {
  await writeTrigger(trigger);
  const without = await visit();
  expect(without.exitCode).toBe(1);
  const secret = join(folder, 'secrets', 'trigger-issues');
  expect(without.findings('trigger')).toEqual([
    `problem issues has no secret: write one to ${secret}`,
  ]);
  await mkdir(join(folder, 'secrets'));
  await writeFile(secret, 'secret\n');
  expect((await visit()).findings('trigger')).toEqual(['ok issues']);
});

it.each<[string, () => Promise<string> | string, RegExp]>([
  ['is not there', () => join(folder, 'nowhere'), /nowhere, which does not run as a nats-server/u],
  ['is a folder', () => folder, /which does not run as a nats-server/u],
  ['is another program', () => placeServer('hello'), /which does not run as a nats-server/u],
  ['is too old', () => placeServer('nats-server: v2.9.10'), /which is version 2\.9\.10/u],
])('a NATS_SERVER that %s is a problem', async (_, place, detail) => {
  const { exitCode, findings } = await visit({ NATS_SERVER: await place() });
  expect(exitCode).toBe(1);
  expect(findings('nats')).toEqual([expect.stringMatching(detail)]);
  expect(findings('nats')[0]).toMatch(/^problem .*: correct or unset it$/u);
});

it('a NATS of the user is named without its password', async () => {
  const { findings } = await visit({ NATS_URL: 'nats://ada:s3cret@nats.example:4222' });
  expect(findings('nats')).toEqual([
    'note NATS_URL is set: nats.example:4222 is used, nothing embedded',
  ]);
});

it('a git that is not there is a problem', async () => {
  const { exitCode, findings } = await visit({ PATH: join(folder, 'empty') });
  expect(exitCode).toBe(1);
  expect(findings('git')).toEqual([
    expect.stringMatching(/^problem git does not run .*install it$/u),
  ]);
});

it('a damaged record of a system is a finding, not an end of the examination', async () => {
  await writeFile(join(folder, 'system.json'), '{');
  const { exitCode, findings } = await visit();
  expect(exitCode).toBe(1);
  expect(findings('system')).toEqual([
    expect.stringMatching(/^problem .*system\.json is damaged: .*remove the file/u),
  ]);
  expect(findings('sandbox')).toHaveLength(1);
});

it('whether a model can be called depends on the key, which is not shown', async () => {
  expect((await visit({ ANTHROPIC_API_KEY: '' })).findings('model')).toEqual([
    'note ANTHROPIC_API_KEY is not set: only recordings can be played',
  ]);
  const { findings, lines } = await visit({ ANTHROPIC_API_KEY: 'sk-hidden' });
  expect(findings('model')).toEqual(['ok anthropic, default model claude-opus-4-5']);
  expect(lines.join('\n')).not.toContain('sk-hidden');
});

it('nothing is changed by looking', async () => {
  await visit();
  expect(await readdir(folder)).toEqual([]);
});

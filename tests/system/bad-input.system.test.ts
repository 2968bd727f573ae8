/**
 * What a person can get wrong, typed at the real command: it ends at once with the documented exit code, names the thing
 * that is wrong and says what to do next. What reaches a running system the wrong way stores nothing.
 */
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TriggerDefinition } from '../../actors/trigger/trigger.schema.ts';
import { defaultSessionLimits } from '../../actors/session/session.schema.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { readSystemRecord } from '../../cli/system/system-record.ts';
import { signBody } from '../../gateway/hooks/signature.ts';
import { runIdFor } from '../../runtime/contract/run-id.ts';
import {
  makeRepository,
  makeScratch,
  writeRecording,
  writeWorkflow,
  type Scratch,
} from './scratch.ts';
import {
  runSignalbox,
  startUp,
  type CommandEnd,
  type RunningCommand,
} from './signalbox-command.ts';

let scratch: Scratch;
let system: RunningCommand | undefined;
let gatewayUrl: string;
let at: (name: string) => string;

const secret = 'a secret of the test';

beforeAll(async () => {
  scratch = await makeScratch();
  at = (name) => join(scratch.folder, name);
  await makeRepository(scratch.folder);
  await Promise.all([
    writeWorkflow(scratch.folder),
    writeRecording(scratch.folder),
    mkdir(at('plain')),
    writeFile(at('file'), 'no folder\n'),
    writeFile(at('broken.json'), '{\n  "v": 1,\n  "title": "cut off'),
    writeFile(
      at('broken.yaml'),
      'id: broken\nversion: 1.0.0\ntitle: Broken\nsteps:\n  - id: work\n    titel: Work\n    prompt: Work.\n',
    ),
    writeFile(at('torn.yaml'), 'id: torn\ntitle: "never closed\nsteps: []\n'),
  ]);
  execFileSync('git', ['init', '--quiet', at('empty')]);
  await writeTriggers();
  system = await startUp(at('home'));
  gatewayUrl = (await readSystemRecord(join(at('home'), 'system.json')))?.gatewayUrl ?? '';
});
afterAll(async () => {
  await system?.stop();
  await scratch.remove();
});

async function writeTriggers(): Promise<void> {
  const definition: TriggerDefinition = {
    id: 'notes',
    goalTemplate: '{{ title }}',
    condition: { path: 'action', equals: 'opened' },
    run: {
      repository: at('plain'),
      workflow: at('small.yaml'),
      model: { provider: 'replay', recording: at('note.json') },
      testCommand: null,
      testTimeoutMs: 60_000,
      merge: { merge: 'never', review: 'none', requiredChecks: [], maxReviewRounds: 1 },
      limits: defaultSessionLimits,
      priority: 'normal',
    },
  };
  await mkdir(join(at('home'), 'triggers'), { recursive: true });
  await mkdir(join(at('home'), 'secrets'), { recursive: true });
  await writeFile(join(at('home'), 'triggers', 'notes.yaml'), JSON.stringify(definition));
  await writeFile(
    join(at('home'), 'triggers', 'broken.yaml'),
    'id: broken\ngoalTemplate: x\n  nonsense\n',
  );
  await writeFile(join(at('home'), 'secrets', 'trigger-notes'), secret);
}

/** Of the system that runs. */
function run(...args: readonly string[]): Promise<CommandEnd> {
  return runSignalbox([...args, '--home', at('home')], { cwd: scratch.folder });
}

function expectRefusal(end: CommandEnd, exitCode: number, pieces: readonly string[]): void {
  const said = `${end.stdout}\n${end.stderr}`;
  for (const piece of pieces) expect(said).toContain(piece);
  expect(said).not.toContain('this should not have happened');
  expect(said).not.toMatch(/\n {4}at /u);
  expect(end.exitCode, said).toBe(exitCode);
}

/** Options of `dispatch` that replace the good ones, the exit code, and what is said. */
type Wrong = readonly [
  what: string,
  options: Readonly<Record<string, string>>,
  says: readonly string[],
  exitCode?: number,
];

describe('dispatch', () => {
  const wrongs: readonly Wrong[] = [
    [
      'a folder that is not there',
      { repo: 'nowhere' },
      ['nowhere does not exist', 'Check the path'],
    ],
    [
      'a folder without a repository',
      { repo: 'plain' },
      ['plain is not a git repository', 'git init'],
    ],
    ['a file', { repo: 'file' }, ['file is a file, not a folder', 'Give the folder']],
    [
      'a repository without commits',
      { repo: 'empty' },
      ['empty has no commits', 'Make a first commit'],
    ],
    ['an empty goal', { goal: '  \n ' }, ['the goal is empty', '--goal']],
    [
      'a recording that is not JSON',
      { model: 'replay:broken.json' },
      ['broken.json:3:12: this is not JSON', 'Correct the text'],
    ],
    [
      'a recording that is not there',
      { model: 'replay:none.json' },
      ['none.json', 'cannot be read'],
    ],
    [
      'a workflow with a misspelled field',
      { workflow: './broken.yaml' },
      ['broken.yaml:6:5', 'titel', 'Did you mean "title"'],
    ],
    [
      'a workflow that is not YAML',
      { workflow: './torn.yaml' },
      ['torn.yaml:4:1', 'Missing closing "quote', 'fix: Check indentation, quotes'],
    ],
    [
      'a workflow that is not there',
      { workflow: 'chance' },
      ['there is no workflow "chance"', '"change"'],
      exitCodes.notFound,
    ],
    ['a merge policy that is none', { merge: 'always' }, ['--merge', 'whenGreen']],
  ];

  it.concurrent.for(wrongs)('refuses %s', async ([, options, says, exitCode = exitCodes.usage]) => {
    const given = {
      repo: 'repository',
      goal: 'a note',
      workflow: 'small.yaml',
      model: 'replay:note.json',
      ...options,
    };
    const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, value]);
    expectRefusal(await run('dispatch', ...args), exitCode, says);
  });

  it('fails the run with the reason when the conversation leaves the recording', async () => {
    const given = [
      '--repo',
      'repository',
      '--goal',
      'a note',
      '--workflow',
      'change',
      '--model',
      'replay:note.json',
    ];
    const end = await run('dispatch', ...given, '--no-test', '--wait', '--json');
    expect(end.exitCode).toBe(exitCodes.outcomeFailed);
    const report = JSON.parse(end.stdout) as { run: string; outcome: string; reason: string };
    expect(report.outcome).toBe('failed');
    const reason = 'recording "Write a note", turn 1 of 3';
    expect(report.reason).toContain(reason);
    const shown = await run('session', 'show', report.run);
    expect(shown.exitCode).toBe(exitCodes.success);
    expect(shown.stdout).toContain(reason);
  });

  it('takes a workflow by a path relative to where the command is typed', async () => {
    const given = [
      '--repo',
      'repository',
      '--goal',
      'a note',
      '--workflow',
      './small.yaml',
      '--model',
      'replay:note.json',
    ];
    const end = await run('dispatch', ...given, '--no-test', '--wait');
    expect(end.exitCode, end.stdout).toBe(exitCodes.success);
    expect(end.stdout).toContain('leftOpen');
  });
});

describe('the command line', () => {
  it.concurrent.for([
    ['an unknown command', ['dispach'], ['dispach', 'dispatch']],
    ['an unknown option', ['status', '--jsno'], ['--jsno', '--json']],
    ['a missing option', ['dispatch', '--repo', '.'], ['--goal']],
    ['a port that is none', ['up', '--port', 'high'], ['--port', '0 to 65535', 'Correct']],
  ] as const)('refuses %s', async ([, args, says]) => {
    expectRefusal(await run(...args), exitCodes.usage, says);
  });

  it('says it as JSON when JSON was asked for', async () => {
    const { stdout, exitCode } = await run('--json', 'dispach');
    expect(exitCode).toBe(exitCodes.usage);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'SB_INPUT_INVALID' } });
  });

  it('says that a session is not there', async () => {
    expectRefusal(await run('session', 'show', 'nobody'), exitCodes.notFound, [
      '"nobody"',
      'session list',
    ]);
  });
});

describe('up', () => {
  const start = (
    home: string,
    env: Readonly<Record<string, string>>,
    ...flags: readonly string[]
  ): Promise<CommandEnd> =>
    runSignalbox(['up', '--port', '0', '--home', at(home), ...flags], { env });

  it('says which process holds the home folder', async () => {
    const says = [`${at('home')} is in use by process ${system?.pid}`, 'Stop that process'];
    expectRefusal(await start('home', {}), exitCodes.occupied, says);
  });

  it('says which port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    try {
      const end = await start('home-2', {}, '--port', port);
      expectRefusal(end, exitCodes.occupied, [
        `Port ${port} on 127.0.0.1 is taken`,
        'choose another port',
      ]);
    } finally {
      server.close();
    }
  });

  it.concurrent.for([
    [
      'an address that nobody listens on',
      { NATS_URL: 'nats://127.0.0.1:1' },
      exitCodes.unavailable,
      ['nats://127.0.0.1:1', 'Is it running there'],
    ],
    ['an address that is none', { NATS_URL: 'here' }, exitCodes.usage, ['NATS_URL', 'nats://']],
    [
      'a program that is no nats-server',
      { NATS_SERVER: '/bin/true' },
      exitCodes.unavailable,
      ['/bin/true', 'NATS_SERVER'],
    ],
    [
      'a program that is not there',
      { NATS_SERVER: '/nowhere/nats-server' },
      exitCodes.unavailable,
      ['/nowhere/nats-server', 'NATS_SERVER'],
    ],
  ] as const)('refuses %s', async ([what, env, exitCode, says]) => {
    expectRefusal(await start(what.replaceAll(' ', '-'), env), exitCode, says);
  });

  it('loads the other triggers, and says where the broken one is broken', async () => {
    const place = `${join(at('home'), 'triggers', 'broken.yaml')}:`;
    expect(system?.lines.join('\n')).toContain(`trigger not loaded: ${place}`);
    expectRefusal(await run('doctor'), exitCodes.outcomeFailed, [place]);
  });
});

it('says that no system runs on a home folder', async () => {
  const end = await runSignalbox(['session', 'list', '--home', at('elsewhere')]);
  expectRefusal(end, exitCodes.unavailable, ['no system runs', 'signalbox up']);
});

describe('a webhook', () => {
  async function send(
    delivery: string,
    payload: object,
    signature: (body: string) => string,
  ): Promise<Response> {
    const body = JSON.stringify(payload);
    const headers = {
      'content-type': 'application/json',
      'x-signalbox-delivery': delivery,
      'x-signalbox-signature-256': signature(body),
    };
    return fetch(new URL('/hooks/notes', gatewayUrl), { method: 'POST', headers, body });
  }
  const right = (body: string): string => signBody(secret, body);
  const wrong = (body: string): string => signBody('another secret', body);

  it('with a wrong signature is refused, and nothing of it is stored', async () => {
    const payload = { action: 'opened', title: 'a note' };
    const refused = await send('one', payload, wrong);
    expect(refused.status).toBe(401);
    expect(await refused.json()).toMatchObject({ error: { code: 'SB_SIGNATURE_INVALID' } });
    // The same delivery, signed: had a trace of the first been stored, this one would be a repeat.
    const accepted = await send('one', payload, right);
    expect(accepted.status).toBe(202);
    expect(await accepted.json()).toMatchObject({ duplicate: false });
    await expect
      .poll(async () => (await run('session', 'events', runIdFor('notes', 'one'))).stdout, {
        timeout: 10_000,
      })
      .toContain('plain is not a git repository');
    const { stdout } = await run('session', 'events', 'notes', '--json');
    expect(stdout.match(/"deliveryAccepted"/gu)).toHaveLength(1);
  });

  it('with an empty goal starts nothing, and the reason is kept', async () => {
    const accepted = await send('two', { action: 'opened', title: ' ' }, right);
    expect(accepted.status).toBe(202);
    await expect
      .poll(async () => (await run('session', 'events', 'notes', '--json')).stdout, {
        timeout: 10_000,
      })
      .toContain('"deliveryRefused"');
    const { stdout } = await run('session', 'events', 'notes', '--json');
    expect(stdout).toMatch(/"deliveryId":"two"[^}]*"reason":"[^"]*goal/u);
  });
});

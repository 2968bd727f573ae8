/** Trigger definitions as people write them: what is valid, what is broken, and what is said about it. */
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TriggerDefinition } from '../../actors/trigger/trigger.schema.ts';
import { layOutHome, type HomeLayout } from '../home.ts';
import { ensureTriggerSecret, listTriggers, readTriggerSecret, writeTrigger } from './triggers.ts';

let home: HomeLayout = layOutHome('');
beforeEach(async () => {
  home = layOutHome(await mkdtemp(join(tmpdir(), 'signalbox-triggers-')));
});
afterEach(async () => {
  await rm(home.root, { recursive: true, force: true });
});

const valid = `id: issues
goalTemplate: |
  Do what the issue asks: {{ issue.title }}
condition: { path: action, equals: opened }
run:
  repository: /repositories/slug
  workflow: change
  model: { provider: anthropic, model: some-model }
  testCommand: npm test
  testTimeoutMs: 600000
  merge:
    merge: whenGreen
    review: approved
    requiredChecks: [signalbox/tests]
    maxReviewRounds: 3
  limits:
    maxTurns: 100
    maxTokens: 1000000
    maxOutputTokensPerTurn: 8000
`;

async function write(text: string, name = 'issues.yaml'): Promise<string> {
  await mkdir(home.triggers, { recursive: true });
  const file = join(home.triggers, name);
  await writeFile(file, text);
  return file;
}

/** The problems of the one definition there is; its file is written as FILE. */
async function problemsOf(text: string, name = 'issues.yaml'): Promise<readonly string[]> {
  const file = await write(text, name);
  const [listed, ...others] = await listTriggers(home);
  expect(others).toEqual([]);
  expect(listed).toMatchObject({ status: 'broken', file });
  return listed?.status === 'broken'
    ? listed.problems.map((problem) => problem.replaceAll(file, 'FILE'))
    : [];
}

describe('a valid definition', () => {
  it('is listed as it was written', async () => {
    const file = await write(valid);
    expect(await listTriggers(home)).toMatchObject([
      {
        status: 'valid',
        file,
        definition: {
          id: 'issues',
          condition: { path: 'action', equals: 'opened' },
          run: { testCommand: 'npm test', merge: { requiredChecks: ['signalbox/tests'] } },
        },
      },
    ]);
  });

  it('survives being written by us', async () => {
    await write(valid);
    const [listed] = await listTriggers(home);
    if (listed?.status !== 'valid') throw new Error('not valid');
    const again: TriggerDefinition = { ...listed.definition, id: 'again' };
    await writeTrigger(home, again);
    expect(await listTriggers(home)).toContainEqual({
      status: 'valid',
      file: join(home.triggers, 'again.yaml'),
      definition: again,
    });
  });

  it('is not hidden by a broken neighbour', async () => {
    await write(valid);
    await write('id: [', 'broken.yaml');
    const listed = await listTriggers(home);
    expect(listed.map(({ status }) => status)).toEqual(['broken', 'valid']);
  });

  it('none is listed where there is none', async () => {
    expect(await listTriggers(home)).toEqual([]);
  });
});

describe('a broken definition is listed, with the place and what to do', () => {
  it.each<[string, string, string, string]>([
    [
      'a misspelled field',
      'goalTemplate: |',
      'goalTemplat: |',
      'FILE:2:1 goalTemplat: no such field. Did you mean "goalTemplate"?',
    ],
    [
      'a misspelled field further down',
      '    maxReviewRounds: 3',
      '    maxReviewRound: 3',
      'FILE:15:5 run.merge.maxReviewRound: no such field. Did you mean "maxReviewRounds"?',
    ],
    [
      'a misspelled field of a condition',
      'equals: opened',
      'equal: opened',
      'FILE:4:28 condition.equal: no such field. Did you mean "equals"?',
    ],
    [
      'a field that no place has',
      'id: issues\n',
      'id: issues\nonComplete: notify\n',
      'FILE:2:1 onComplete: no such field. Known fields here: id, goalTemplate, condition, run.',
    ],
    [
      'a number in quotes',
      'testTimeoutMs: 600000',
      "testTimeoutMs: '600000'",
      'FILE:10:18 run.testTimeoutMs: Invalid input: expected number, received string. Write the value without quotes.',
    ],
    [
      'a text that looks like a number',
      'testCommand: npm test',
      'testCommand: 1',
      'FILE:9:16 run.testCommand: Invalid input: expected string, received number. Put the value in quotes.',
    ],
    [
      'an unknown policy',
      'review: approved',
      'review: praised',
      'FILE:13:13 run.merge.review: Invalid option: expected one of "none"|"addressed"|"approved". Correct it; README.md shows a whole definition.',
    ],
    [
      'a missing field',
      '  workflow: change\n',
      '',
      'FILE:6:3 run.workflow: is missing. Add it; README.md shows a whole definition.',
    ],
    [
      'a field written twice',
      '  workflow: change\n',
      '  workflow: change\n  workflow: other\n',
      'FILE:8:3 key "workflow" is written twice. Remove one, or give it the name it was meant to have.',
    ],
    [
      'an id that is not the name of the file',
      'id: issues',
      'id: others',
      'FILE:1:5 id: "others" is not the name of the file. Name the file others.yaml, or change the id.',
    ],
    [
      'a check that nobody will ever report',
      'testCommand: npm test',
      'testCommand: null',
      'FILE:14:21 run.merge.requiredChecks: signalbox/tests is never reported without a testCommand. Correct it; README.md shows a whole definition.',
    ],
  ])('%s', async (_, from, to, expected) => {
    expect(valid).toContain(from);
    expect(await problemsOf(valid.replace(from, to))).toContain(expected);
  });

  it('bad YAML', async () => {
    const problems = await problemsOf(valid.replace('equals: opened }', 'equals: opened'));
    expect(problems[0]).toMatch(/^FILE:\d+:\d+ YAML: .+\. \S.+\.$/u);
  });

  it('an empty file', async () => {
    const problems = await problemsOf('');
    expect(problems[0]).toMatch(/^FILE:1:1 the definition: .+ README\.md shows\.$/u);
  });

  it('a file with the other ending, which would not be found by its id', async () => {
    expect(await problemsOf(valid, 'issues.yml')).toEqual([
      'FILE:1:5 id: "issues" is not the name of the file. Name the file issues.yaml, or change the id.',
    ]);
  });

  it('everything at once, in reading order', async () => {
    const text = valid
      .replace('goalTemplate', 'goalTemplat')
      .replace('review: approved', 'review: praised')
      .replace('maxTurns: 100', 'maxTurns: many');
    const places = (await problemsOf(text)).map((problem) => problem.split(' ')[0]);
    expect(places).toEqual(['FILE:1:1', 'FILE:2:1', 'FILE:13:13', 'FILE:17:15']);
  });
});

describe('a secret', () => {
  it('is undefined until there is one', async () => {
    await write(valid);
    expect(readTriggerSecret(home, 'issues')).toBeUndefined();
    await mkdir(home.secrets);
    await writeFile(join(home.secrets, 'trigger-issues'), ' \n');
    expect(readTriggerSecret(home, 'issues')).toBeUndefined();
  });

  it('is what the file says, without the line break', async () => {
    await mkdir(home.secrets);
    await writeFile(join(home.secrets, 'trigger-issues'), 'a secret\n');
    expect(readTriggerSecret(home, 'issues')).toBe('a secret');
    expect(await ensureTriggerSecret(home, 'issues')).toBe('a secret');
  });

  it('is made once, and nobody else may read it', async () => {
    const secret = await ensureTriggerSecret(home, 'issues');
    expect(secret).toMatch(/^[0-9a-f]{64}$/u);
    expect(await ensureTriggerSecret(home, 'issues')).toBe(secret);
    expect(readTriggerSecret(home, 'issues')).toBe(secret);
    const { mode } = await stat(join(home.secrets, 'trigger-issues'));
    expect(mode & 0o777).toBe(0o600);
  });
});

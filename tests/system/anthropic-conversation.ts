/**
 * The conversation that aimock plays as the Anthropic Messages API, and the small library it is about: a goal, then a
 * review. Which turn is asked for follows from the request
 * alone, as it does with a real model.
 */
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LLMock, type ChatCompletionRequest, type FixtureResponse } from '@copilotkit/aimock';
import type { Handoff } from '../../actors/session/handoff.schema.ts';
import { makeRepository } from './scratch.ts';

export const testCommand = 'node sum.test.mjs';
export const goal = 'sum subtracts; it should add';
export const review = 'Does it add negative numbers? Please cover them.';

/** As `git log` prints them. */
export const subjects = ['fix: add the operands of sum', 'test: cover negative operands'];

const wrong = 'export const sum = (a, b) => a - b;\n';
const firstCase = 'assert.equal(sum(2, 3), 5);\n';
const test = `import assert from 'node:assert/strict';\nimport { sum } from './sum.mjs';\n\n${firstCase}`;

/** The library, in a repository with a bare origin. */
export async function makeLibrary(folder: string): Promise<string> {
  const repository = await makeRepository(folder);
  await writeFile(join(repository, 'sum.mjs'), wrong);
  await writeFile(join(repository, 'sum.test.mjs'), test);
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@localhost'];
  for (const args of [
    ['add', '.'],
    [...identity, '-c', 'commit.gpgsign=false', 'commit', '--quiet', '-m', 'Add sum'],
    ['push', '--quiet', 'origin', 'main'],
  ]) {
    execFileSync('git', args, { cwd: repository, stdio: ['ignore', 'ignore', 'pipe'] });
  }
  return repository;
}

interface ScriptedTurn {
  readonly text: string;
  readonly calls: readonly (readonly [tool: string, input: object])[];
}

const say = (text: string, ...calls: ScriptedTurn['calls']): ScriptedTurn => ({ text, calls });
const completeStep = (notes: string, handoff?: Handoff): ScriptedTurn =>
  say('That is the step.', [
    'complete_step',
    { notes, ...(handoff === undefined ? {} : { artifacts: { handoff } }) },
  ]);

const turns: readonly ScriptedTurn[] = [
  say(
    'I read the library and run its tests.',
    ['read', { path: 'sum.mjs' }],
    ['bash', { command: testCommand }],
    // An agent sees the environment of its commands: what is in it is sent on and stored.
    ['bash', { command: 'env' }],
  ),
  completeStep(
    'sum.mjs subtracts where it should add. `node sum.test.mjs` ends with exit code 1. The smallest change is one sign.',
  ),
  say('The sign is wrong.', ['edit', { path: 'sum.mjs', oldText: 'a - b', newText: 'a + b' }]),
  say('Now the tests.', ['bash', { command: testCommand }]),
  completeStep(
    'sum.mjs: the minus became a plus; the test that failed before passes now, exit code 0.',
  ),
  say('I look at the whole difference.', ['bash', { command: 'git diff main' }]),
  completeStep(
    '`node sum.test.mjs` ends with exit code 0. `git diff main` shows one line, which serves the goal. Nothing is left.',
  ),
  completeStep('One line in sum.mjs is all there is to look at; nothing remains open.', {
    title: 'Add the operands of sum',
    body: 'sum subtracted its operands. Verified with `node sum.test.mjs` (exit code 0).',
    commit: { type: 'fix', subject: 'add the operands of sum' },
    filesChanged: ['sum.mjs'],
    sideEffects: [],
  }),
  say('The review asks for a case.', [
    'edit',
    {
      path: 'sum.test.mjs',
      oldText: firstCase,
      newText: `${firstCase}assert.equal(sum(-2, -3), -5);\n`,
    },
  ]),
  completeStep('sum.test.mjs has a case with two negative operands now, as the review asks.'),
  say('The tests again.', ['bash', { command: testCommand }]),
  completeStep(
    '`node sum.test.mjs` ends with exit code 0 after the last edit; the new case is among what it ran.',
  ),
  completeStep('The new case in sum.test.mjs is what to look at; nothing remains open.', {
    title: 'Add the operands of sum',
    body: 'Negative operands are covered. Verified with `node sum.test.mjs` (exit code 0).',
    commit: { type: 'test', subject: 'cover negative operands' },
    filesChanged: ['sum.test.mjs'],
    sideEffects: [],
  }),
];

export const turnCount = turns.length;
const limitedTurn = 3;

export interface PlayedApi {
  readonly url: string;
  /** The whole conversation as the provider saw it last. */
  lastRequest(): string;
  requestCount(): number;
  stop(): Promise<void>;
}

/** Accepts the key only. The first time that its fourth turn is asked for, it is over its rate limit. */
export async function playConversation(apiKey: string): Promise<PlayedApi> {
  const mock = await LLMock.create({
    host: '127.0.0.1',
    port: 0,
    auth: { apiKeys: [apiKey] },
    chunkSize: 16,
  });
  let isLimited = true;
  mock.on({ predicate: () => true }, (request) => {
    const turnIndex = request.messages.filter(({ role }) => role === 'assistant').length;
    if (turnIndex === limitedTurn && isLimited) {
      isLimited = false;
      const error = { message: 'Too many tokens a minute', type: 'rate_limit_error' };
      return { error, status: 429, retryAfter: 2 };
    }
    return answer(request, turnIndex);
  });
  return {
    url: mock.url,
    lastRequest: () => JSON.stringify(mock.getLastRequest()?.body),
    requestCount: () => mock.getRequests().length,
    stop: () => mock.stop(),
  };
}

function answer(request: ChatCompletionRequest, turnIndex: number): FixtureResponse {
  const turn = turns[turnIndex];
  if (turn === undefined || request.stream !== true) {
    const message = `turn ${turnIndex} (stream ${request.stream}) is not in the script`;
    return { error: { message, type: 'invalid_request_error' }, status: 400 };
  }
  return {
    content: turn.text,
    toolCalls: turn.calls.map(([name, input], index) => ({
      id: `toolu_${turnIndex}_${index}`,
      name,
      arguments: JSON.stringify(input),
    })),
    usage: { input_tokens: 1_000, output_tokens: 50 },
  };
}

/** Refuses every key, and repeats it, as careless gateways do. */
export async function playRefusal(apiKey: string): Promise<PlayedApi> {
  const mock = await LLMock.create({ host: '127.0.0.1', port: 0 });
  const error = { message: `invalid x-api-key: ${apiKey}`, type: 'authentication_error' };
  mock.on({ predicate: () => true }, { error, status: 401 });
  return {
    url: mock.url,
    lastRequest: () => JSON.stringify(mock.getLastRequest()?.body),
    requestCount: () => mock.getRequests().length,
    stop: () => mock.stop(),
  };
}

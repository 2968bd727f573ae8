/**
 * A key and a repository turn the same thing into real use: the real system and the real commands, with nothing played
 * but the far side of the Anthropic API, over HTTP. What `--record` wrote on the way then does the same work again.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadRecording } from '../../integrations/model/recording/load-recording.ts';
import {
  makeLibrary,
  playConversation,
  playRefusal,
  review,
  subjects,
  testCommand,
  turnCount,
  type PlayedApi,
} from './anthropic-conversation.ts';
import {
  dispatchAndWait,
  findFilesHolding,
  seeThrough,
  type WholeRun,
} from './anthropic-person.ts';
import { makeScratch, type Scratch } from './scratch.ts';
import { runSignalbox, startUp, type RunningCommand } from './signalbox-command.ts';

const apiKey = 'sk-key-of-the-person-0123456789';
const model = 'claude-of-the-test';

let scratch: Scratch;
let api: PlayedApi | undefined;
let system: RunningCommand | undefined;
let at: (name: string) => string;

beforeEach(async () => {
  scratch = await makeScratch();
  at = (name) => join(scratch.folder, name);
});
afterEach(async () => {
  await system?.stop();
  await api?.stop();
  system = undefined;
  api = undefined;
  await scratch.remove();
});

async function startWithKey(home: string, flags: readonly string[] = []): Promise<RunningCommand> {
  const env = { ANTHROPIC_API_KEY: apiKey, ANTHROPIC_BASE_URL: api?.url };
  system = await startUp(home, { env, flags });
  return system;
}

function expectOneMergedChange({ first, second, last, ...run }: WholeRun): void {
  expect(first.reason).toContain('leaves the merge to a person');
  expect(first.commits).toHaveLength(1);
  expect(first.mergeRequest).toMatchObject({ number: 1, mergeSha: null });
  expect(first.proof).toMatchObject([
    { verdict: 'passed', command: testCommand, exitCode: 0, changedFiles: ['sum.mjs'] },
  ]);
  expect(second.reason).toBe(first.reason);
  expect(second.commits).toHaveLength(2);
  expect(second.proof).toMatchObject([
    { round: 0 },
    { round: 1, verdict: 'passed', exitCode: 0, changedFiles: ['sum.test.mjs'] },
  ]);
  expect(last).toMatchObject({ outcome: 'merged', commits: second.commits });
  expect(last.mergeRequest).toMatchObject({ number: 1, mergeSha: expect.any(String) as string });
  expect(last.counts).toMatchObject({ modelCalls: turnCount, steers: 1, interruptedToolCalls: 0 });
  expect(run.subjects).toEqual(subjects);
}

describe('a run with a model behind the Anthropic API', () => {
  it('becomes a merged change, and its recording becomes the same one', async () => {
    api = await playConversation(apiKey);
    const recording = at('recorded.json');
    const live = await startWithKey(at('home'), ['--record', recording]);
    const repository = await makeLibrary(at('live'));
    const lived = await seeThrough({ home: at('home'), repository, model }, async () => {
      expect(await readdir(join(at('home'), 'worktrees'))).toHaveLength(1);
      expect(await findFilesHolding(scratch.folder, apiKey)).toEqual([]);
    });
    expectOneMergedChange(lived);
    expect(api.lastRequest()).toContain(review);
    expect(await readdir(join(at('home'), 'worktrees'))).toEqual([]);
    const retried = live
      .log()
      .split('\n')
      .filter((line) => line.includes('SB_MODEL_LIMIT'));
    expect(retried.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      {
        level: 'warn',
        message: expect.stringContaining(
          'tried again: the Anthropic API is over a limit: 429',
        ) as string,
        code: 'SB_MODEL_LIMIT',
        attempt: 1,
        waitMs: 2_000,
      },
    ]);
    await live.stop();
    // The recording, the repository and the origin lie beside the home folder.
    expect(await findFilesHolding(scratch.folder, apiKey)).toEqual([]);
    // What the agent saw of its environment is in the store, and is found there.
    expect(await findFilesHolding(join(at('home'), 'nats'), 'PATH=')).not.toEqual([]);

    expect((await loadRecording(recording)).turns).toHaveLength(turnCount);
    system = await startUp(at('home-2'));
    const copy = await makeLibrary(at('copy'));
    const replayed = await seeThrough({
      home: at('home-2'),
      repository: copy,
      model: `replay:${recording}`,
    });
    expectOneMergedChange(replayed);
    expect(replayed.last.counts).toMatchObject({
      toolCalls: lived.last.counts.toolCalls,
      inputTokens: lived.last.counts.inputTokens,
      outputTokens: lived.last.counts.outputTokens,
    });
  });

  it('fails with a reason that names the key as the cause when it is refused', async () => {
    api = await playRefusal(apiKey);
    const repository = await makeLibrary(at('live'));
    await startWithKey(at('home'));
    const { exitCode, report, told } = await dispatchAndWait({
      home: at('home'),
      repository,
      model,
    });
    expect(exitCode).toBe(1);
    expect(report).toMatchObject({ outcome: 'failed', commits: [], mergeRequest: null });
    expect(report.reason).toContain('the Anthropic API refused the API key: 401');
    expect(report.reason).toContain('Check ANTHROPIC_API_KEY');
    const events = await runSignalbox([
      'session',
      'events',
      report.run,
      '--json',
      '--home',
      at('home'),
    ]);
    expect(events.stdout).toMatch(/"code":"modelFailed","reason":"the Anthropic API refused/u);
    // Another try with the same key would be refused, too.
    expect(report.counts.modelCalls).toBe(0);
    expect(api.requestCount()).toBe(1);
    expect(`${told}${events.stdout}`).not.toContain(apiKey);
    expect(await findFilesHolding(scratch.folder, apiKey)).toEqual([]);
  });
});

/** The tools over a scripted workspace: what they ask of it and how its answers read. */
import { describe, expect, it } from 'vitest';
import type { WorkspacePort } from '../../ports/workspace.ts';
import { SignalboxError } from '../../../runtime/contract/errors.ts';
import { findTool } from './catalogue.ts';
import { defaultToolLimits } from './tool-definition.ts';
import type { ToolContext, ToolLimits } from './tool-definition.ts';

function unexpected(): never {
  throw new Error('this tool does not use that');
}

function scriptedWorkspace(answers: Partial<WorkspacePort>): WorkspacePort {
  return {
    runCommand: async () => unexpected(),
    readFile: async () => unexpected(),
    writeFile: async () => unexpected(),
    editFile: async () => unexpected(),
    findFiles: async () => unexpected(),
    searchText: async () => unexpected(),
    ...answers,
  };
}

async function run(
  name: string,
  input: unknown,
  answers: Partial<WorkspacePort>,
  limits: Partial<ToolLimits> = {},
) {
  const tool = findTool(name);
  if (tool?.handledBy !== 'worker') throw new Error(`${name} is not run by a worker`);
  let time = 100;
  const context: ToolContext = {
    root: '/tree',
    workspace: scriptedWorkspace(answers),
    blobs: { put: async () => unexpected(), get: async () => unexpected() },
    blobPrefix: 'p',
    limits: { ...defaultToolLimits, ...limits },
    signal: new AbortController().signal,
    now: () => (time += 25),
  };
  return tool.execute(input, context);
}

function slice(lines: readonly string[], firstLine = 1, totalLines = lines.length) {
  return async () => ({
    text: lines.join('\n'),
    firstLine,
    lastLine: firstLine + lines.length - 1,
    totalLines,
  });
}

describe('read', () => {
  it('numbers the lines and says how to read on', async () => {
    const answer = await run(
      'read',
      { path: 'a.ts', offset: 3, limit: 2 },
      { readFile: slice(['x', ''], 3, 9) },
    );
    expect(answer).toEqual({
      outcome: 'succeeded',
      text: 'a.ts, lines 3-4 of 9; read on with offset 5\n3\tx\n4\t',
      durationMs: 25,
    });
  });

  it('shows an empty file and one that does not fit', async () => {
    const empty = await run('read', { path: 'a' }, { readFile: slice([], 1, 0) });
    expect(empty.text).toBe('a is empty');
    const lines = ['aaaa', 'bbbb', 'cccc'];
    const cut = await run('read', { path: 'a' }, { readFile: slice(lines) }, { maxTextBytes: 15 });
    expect(cut.text).toBe('a, lines 1-2 of 3; read on with offset 3\n1\taaaa\n2\tbbbb');
  });
});

describe('write and edit', () => {
  it('say what they did', async () => {
    const created = await run(
      'write',
      { path: 'a', content: 'xy' },
      { writeFile: async () => ({ bytes: 2, created: true }) },
    );
    expect(created.text).toBe('created a (2 bytes)');
    const edited = await run(
      'edit',
      { path: 'a', oldText: 'x', newText: 'y', all: true },
      { editFile: async (_root, _path, { all }) => ({ replacements: all ? 3 : 1 }) },
    );
    expect(edited.text).toBe('edited a: replaced 3 times');
  });
});

describe('glob and grep', () => {
  it('say when nothing is found, which is no failure', async () => {
    const paths = await run(
      'glob',
      { pattern: '*.x' },
      { findFiles: async () => ({ paths: [], truncated: false }) },
    );
    expect(paths).toMatchObject({ outcome: 'succeeded', text: 'no file matches *.x' });
    const hits = await run(
      'grep',
      { pattern: 'x' },
      { searchText: async () => ({ hits: [], truncated: false }) },
    );
    expect(hits).toMatchObject({ outcome: 'succeeded', text: 'no line matches x' });
  });

  it('say when there is more, whether the workspace or the room ended it', async () => {
    const more = /There are more/u;
    const glob = { findFiles: async () => ({ paths: ['a', 'b'], truncated: true }) };
    expect((await run('glob', { pattern: '*' }, glob)).text).toMatch(more);
    const hits = [
      { path: 'a', line: 1, text: 'long enough' },
      { path: 'b', line: 2, text: 'x' },
    ];
    const grep = { searchText: async () => ({ hits, truncated: false }) };
    expect((await run('grep', { pattern: 'x' }, grep)).text).toBe('a:1:long enough\nb:2:x');
    expect((await run('grep', { pattern: 'x' }, grep, { maxTextBytes: 16 })).text).toMatch(more);
  });
});

describe('a refusal of the workspace', () => {
  it('is an answer to the agent, with what to do next', async () => {
    const refusal = new SignalboxError('SB_PATH_OUTSIDE', '"../x" is outside', { next: 'Do not.' });
    const answer = await run('read', { path: '../x' }, { readFile: () => Promise.reject(refusal) });
    expect(answer).toEqual({
      outcome: 'failed',
      text: '"../x" is outside. Do not.',
      durationMs: 25,
    });
  });

  it('is none of the agent’s business when it is a cancellation or a defect', async () => {
    const cancelled = new SignalboxError('SB_EFFECT_CANCELLED', 'cancelled');
    const cancelling = { runCommand: () => Promise.reject(cancelled) };
    await expect(run('bash', { command: 'ls' }, cancelling)).rejects.toBe(cancelled);
    await expect(run('read', { path: 'a' }, {})).rejects.toThrow('does not use that');
  });

  it('never runs an input that was not accepted', async () => {
    await expect(run('bash', { command: 5 }, {})).rejects.toMatchObject({
      code: 'SB_INPUT_INVALID',
    });
  });
});

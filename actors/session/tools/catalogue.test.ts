import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonObjectSchema } from '../../../runtime/contract/json.ts';
import { findTool, parseToolCall, toolCatalogue, toolSpecifications } from './catalogue.ts';

const allNames = ['bash', 'read', 'write', 'edit', 'glob', 'grep', 'complete_step'];

describe('toolSpecifications', () => {
  it('describes every tool as a closed JSON object whose defaults need not be given', () => {
    const specifications = toolSpecifications();
    expect(specifications.map(({ name }) => name)).toEqual(allNames);
    for (const { inputSchema, description } of specifications) {
      expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
      expect(Object.keys(inputSchema)).not.toContain('$schema');
      expect(JSON.parse(JSON.stringify(inputSchema))).toEqual(inputSchema);
      expect(description.length).toBeGreaterThan(20);
    }
    expect(specifications[0]?.inputSchema).toMatchObject({
      required: ['command'],
      properties: { timeoutMs: { default: 120_000, maximum: 1_800_000 } },
    });
  });

  it('chooses by name and refuses a name there is none of', () => {
    expect(toolSpecifications(['grep', 'read']).map(({ name }) => name)).toEqual(['read', 'grep']);
    expect(() => toolSpecifications(['read', 'raed'])).toThrowError(
      expect.objectContaining({
        code: 'SB_INPUT_INVALID',
        message: expect.stringContaining('raed') as unknown,
      }),
    );
  });
});

describe('the catalogue', () => {
  it('runs only bash in the pool and repeats only what changes nothing', () => {
    const facts = toolCatalogue.map((tool) =>
      tool.handledBy === 'engine'
        ? `${tool.name} engine`
        : `${tool.name} ${tool.placement} ${tool.whenInterrupted}`,
    );
    expect(facts).toEqual([
      'bash pool report',
      'read local repeat',
      'write local report',
      'edit local report',
      'glob local repeat',
      'grep local repeat',
      'complete_step engine',
    ]);
  });
});

describe('parseToolCall', () => {
  it('fills in defaults and gives back plain JSON', () => {
    const call = parseToolCall('bash', { command: 'npm test' });
    expect(call).toMatchObject({
      status: 'valid',
      input: { command: 'npm test', timeoutMs: 120_000 },
    });
    expect(call.status === 'valid' && call.tool).toBe(findTool('bash'));
    expect(parseToolCall('grep', { pattern: 'x' })).toMatchObject({ input: { pattern: 'x' } });
  });

  it('names the tools there are when the name is unknown, also one of an object', () => {
    for (const name of ['shell', 'constructor', '__proto__', '']) {
      expect(parseToolCall(name, {})).toEqual({
        status: 'unknownTool',
        message: `There is no tool named "${name}". The tools are ${allNames.join(', ')}.`,
      });
    }
  });

  it.each([
    ['bash', {}, '- command: '],
    ['bash', { command: ' \n' }, '- command: must not be empty'],
    ['bash', { command: 'ls', timeoutMs: 9_999_999 }, '- timeoutMs: Too big'],
    ['bash', { command: 'ls', timeoutMs: '5000' }, '- timeoutMs: Invalid input: expected number'],
    ['read', { path: 'a', offset: 0 }, '- offset: Too small'],
    ['read', { file: 'a' }, 'Unrecognized key: "file"'],
    ['edit', { path: 'a', oldText: 'x', newText: 'x' }, '- newText: is the same as oldText'],
    ['complete_step', { notes: 'done' }, '- notes: must say what was done'],
    ['complete_step', { notes: `${' '.repeat(30)}done` }, '- notes: must say what was done'],
    ['complete_step', { notes: 'x'.repeat(20), artifacts: ['y'] }, '- artifacts: '],
    ['glob', 'src/**', '- input: Invalid input: expected object'],
    ['glob', null, '- input: Invalid input: expected object'],
  ])('refuses %s with %j', (name, input, problem) => {
    const call = parseToolCall(name, input);
    expect(call).toMatchObject({ status: 'invalidInput', tool: findTool(name) });
    const message = call.status === 'invalidInput' ? call.message : '';
    expect(message).toContain(problem);
    expect(message).toContain(`The input of ${name} was not accepted; nothing was done.`);
    expect(message).toContain('Expected: {"type":"object"');
  });

  it('keeps the artifacts of complete_step as they are', () => {
    const artifacts = { handoff: { title: 'A', files: ['x'], nested: { a: null } } };
    const notes = 'Read the code and found the cause.';
    expect(parseToolCall('complete_step', { notes, artifacts })).toMatchObject({
      status: 'valid',
      input: { notes, artifacts },
    });
    expect(parseToolCall('complete_step', { notes })).toMatchObject({ input: { artifacts: {} } });
  });

  it('never throws, and accepts the same input again once parsed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...allNames, 'other'), fc.jsonValue(), (name, input) => {
        const call = parseToolCall(name, input);
        if (call.status !== 'valid') return;
        expect(jsonObjectSchema.safeParse(call.input).success).toBe(true);
        expect(parseToolCall(name, call.input)).toMatchObject({ input: call.input });
      }),
    );
  });
});

/** Owns the list of tools an agent has: their specifications for the model, and the reading of the calls it makes. */
import { z } from 'zod';
import { SignalboxError } from '../../../runtime/contract/errors.ts';
import { jsonObjectSchema } from '../../../runtime/contract/json.ts';
import type { JsonObject } from '../../../runtime/contract/json.ts';
import type { ToolSpecification } from '../../ports/model.ts';
import { bashTool } from './bash.tool.ts';
import { completeStepTool } from './complete-step.tool.ts';
import { editTool } from './edit.tool.ts';
import { globTool } from './glob.tool.ts';
import { grepTool } from './grep.tool.ts';
import { readTool } from './read.tool.ts';
import type { ToolDefinition } from './tool-definition.ts';
import { writeTool } from './write.tool.ts';

export const toolCatalogue: readonly ToolDefinition[] = [
  bashTool,
  readTool,
  writeTool,
  editTool,
  globTool,
  grepTool,
  completeStepTool,
];

const toolsByName = new Map(toolCatalogue.map((tool) => [tool.name, tool]));
const specifications = new Map(toolCatalogue.map((tool) => [tool.name, specifyTool(tool)]));

/** Messages are for the model: what was wrong, and what there is or what is expected. */
export type ParsedToolCall =
  | { readonly status: 'valid'; readonly tool: ToolDefinition; readonly input: JsonObject }
  | { readonly status: 'unknownTool'; readonly message: string }
  | { readonly status: 'invalidInput'; readonly tool: ToolDefinition; readonly message: string };

export function findTool(name: string): ToolDefinition | undefined {
  return toolsByName.get(name);
}

/** All tools, or the named ones in the catalogue's order. Throws `SB_INPUT_INVALID` for a name there is none of. */
export function toolSpecifications(names?: readonly string[]): readonly ToolSpecification[] {
  const unknown = (names ?? []).filter((name) => !toolsByName.has(name));
  if (unknown.length > 0) {
    throw new SignalboxError('SB_INPUT_INVALID', `there is no tool named ${unknown.join(', ')}`, {
      next: `Choose from ${listNames()}.`,
    });
  }
  return [...specifications.values()].filter(({ name }) => names?.includes(name) ?? true);
}

export function parseToolCall(name: string, input: unknown): ParsedToolCall {
  const tool = findTool(name);
  if (tool === undefined) {
    const message = `There is no tool named "${name}". The tools are ${listNames()}.`;
    return { status: 'unknownTool', message };
  }
  const parsed = tool.parse(input);
  if (parsed.status === 'valid') return { status: 'valid', tool, input: parsed.input };
  const problems = parsed.problems.map((problem) => `- ${problem}`);
  const message = [
    `The input of ${name} was not accepted; nothing was done.`,
    ...problems,
    `Expected: ${JSON.stringify(specifications.get(name)?.inputSchema)}`,
  ].join('\n');
  return { status: 'invalidInput', tool, message };
}

function specifyTool(tool: ToolDefinition): ToolSpecification {
  // `input`: what has a default need not be given.
  const { $schema: _dialect, ...schema } = z.toJSONSchema(tool.input, { io: 'input' });
  const inputSchema = jsonObjectSchema.parse(schema);
  return { name: tool.name, description: tool.description, inputSchema };
}

function listNames(): string {
  return [...toolsByName.keys()].join(', ');
}

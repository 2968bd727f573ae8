/** For each field of the language: what it must be, and an example to copy. Used in messages only. */
import {
  artifactNames,
  maxDescriptionLength,
  maxIdLength,
  maxMinNotesLength,
  maxPromptLength,
  maxSteps,
  maxTitleLength,
  toolNames,
} from './vocabulary.ts';

export interface FieldGuide {
  /** Completes "must be …". */
  readonly rule: string;
  /** Completes "for example …". */
  readonly example: string;
}

const idRule = `lower-case words joined by "-", at most ${maxIdLength} characters`;
const titleRule = `one line of text, at most ${maxTitleLength} characters`;
const textRule = (maxLength: number) => `text that is not blank, at most ${maxLength} characters`;

/** Keys are paths with `*` for a position in a list. */
const guides: ReadonlyMap<string, FieldGuide> = new Map([
  ['', { rule: 'a mapping of keys to values', example: 'id: change' }],
  ['id', { rule: idRule, example: 'id: change' }],
  ['version', { rule: 'three numbers joined by dots, as text', example: 'version: 1.0.0' }],
  ['title', { rule: titleRule, example: 'title: Make a change' }],
  [
    'description',
    { rule: textRule(maxDescriptionLength), example: 'description: Makes one change.' },
  ],
  [
    'systemPrompt',
    { rule: textRule(maxPromptLength), example: 'systemPrompt: You work on {{ repository }}.' },
  ],
  ['reworkFrom', { rule: 'the id of one of the steps', example: 'reworkFrom: change' }],
  [
    'steps',
    { rule: `a list of 1 to ${maxSteps} steps`, example: 'steps: followed by "- id: …" lines' },
  ],
  ['steps.*', { rule: 'a step: a mapping with id, title and prompt', example: '- id: change' }],
  ['steps.*.id', { rule: idRule, example: 'id: change' }],
  ['steps.*.title', { rule: titleRule, example: 'title: Make the change' }],
  [
    'steps.*.prompt',
    {
      rule: textRule(maxPromptLength),
      example: 'prompt: Make the change that {{ goal }} asks for.',
    },
  ],
  ['steps.*.tools', { rule: 'a list of tool names', example: 'tools: [bash, read]' }],
  [
    'steps.*.tools.*',
    { rule: `a tool name (${toolNames.join(', ')})`, example: 'tools: [bash, read]' },
  ],
  ['steps.*.notes', { rule: 'a mapping with minLength', example: 'notes: { minLength: 80 }' }],
  [
    'steps.*.notes.minLength',
    { rule: `a whole number from 1 to ${maxMinNotesLength}`, example: 'minLength: 80' },
  ],
  [
    'steps.*.artifact',
    { rule: `the name of an artifact (${artifactNames.join(', ')})`, example: 'artifact: handoff' },
  ],
]);

/** `['steps', 3, 'id']` is `steps.*.id`. */
export function formatFieldPattern(path: readonly PropertyKey[]): string {
  return path.map((part) => (typeof part === 'number' ? '*' : String(part))).join('.');
}

/** Every field of the schema has a guide (a test holds the two together). */
export function findFieldGuide(path: readonly PropertyKey[]): FieldGuide {
  return guides.get(formatFieldPattern(path)) ?? { rule: 'left out', example: 'id: change' };
}

/**
 * Decides whether a completion satisfies a step, and says exactly what is missing when it does not.
 * The content of artifacts is judged by the validators passed in.
 */
import type { Json, JsonObject } from '../../runtime/contract/json.ts';
import { canonicalJson } from '../language/definition-hash.ts';
import type { StepDefinition } from '../language/definition.schema.ts';
import { suggestName } from '../language/nearest-name.ts';
import type { ArtifactName } from '../language/vocabulary.ts';
import { readRequirements } from './step-view.ts';
import type { WorkflowArtifacts } from './workflow-state.ts';
import { maxArtifactLength } from './workflow-state.ts';

/** The input of `complete_step` as the agent wrote it, and the token of the step it was shown. */
export interface StepCompletion {
  readonly token: string;
  readonly notes?: Json | undefined;
  readonly artifacts?: Json | undefined;
}

type ArtifactValidator = (value: unknown) =>
  | { readonly ok: true; readonly value: Json }
  /** Each problem names the path that failed and why. */
  | { readonly ok: false; readonly problems: readonly string[] };

/** What the engine must be told about artifacts; `examples` are valid ones, shown to the agent. */
export interface CompletionRules {
  readonly validators: Readonly<Record<ArtifactName, ArtifactValidator>>;
  readonly examples: Readonly<Record<ArtifactName, Json>>;
}

export interface BlockReason {
  readonly code:
    | 'notesMissing'
    | 'notesTooShort'
    | 'notesTooLong'
    | 'notesCopied'
    | 'artifactMissing'
    | 'artifactInvalid'
    | 'artifactTooLarge'
    | 'artifactUnexpected';
  /** Into the completion: `notes`, `artifacts.handoff`. */
  readonly path: string;
  readonly message: string;
}

export type CheckedCompletion =
  | { readonly ok: true; readonly notes: string; readonly artifacts: WorkflowArtifacts }
  | {
      readonly ok: false;
      readonly reasons: readonly BlockReason[];
      /** A filled-in input of `complete_step`. */
      readonly example: JsonObject;
    };

export function checkCompletion(
  step: StepDefinition,
  completion: StepCompletion,
  rules: CompletionRules,
): CheckedCompletion {
  const example = createExample(step, rules);
  const notes = checkNotes(step, completion.notes, example['notes']);
  const artifacts = checkArtifacts(step, completion.artifacts, rules);
  const reasons = [...notes.reasons, ...artifacts.reasons];
  if (reasons.length > 0) return { ok: false, reasons, example };
  return { ok: true, notes: notes.value, artifacts: artifacts.value };
}

interface Checked<Value> {
  readonly value: Value;
  readonly reasons: readonly BlockReason[];
}

function checkNotes(
  step: StepDefinition,
  given: Json | undefined,
  exampleNotes: Json | undefined,
): Checked<string> {
  const { minLength, maxLength } = readRequirements(step).notes;
  const block = (code: BlockReason['code'], message: string): Checked<string> => ({
    value: '',
    reasons: [{ code, path: 'notes', message }],
  });
  if (typeof given !== 'string' || given.trim() === '') {
    return block(
      'notesMissing',
      `notes are missing: write what you did as ${minLength} characters of text or more`,
    );
  }
  const notes = given.trim();
  if (notes.length < minLength) {
    return block(
      'notesTooShort',
      `notes have ${notes.length} characters; this step needs ${minLength}`,
    );
  }
  if (notes.length > maxLength) {
    return block(
      'notesTooLong',
      `notes have ${notes.length} characters; at most ${maxLength} are kept`,
    );
  }
  // An agent that sends the example back has shown nothing.
  if (notes === exampleNotes) {
    return block('notesCopied', 'notes repeat the example: write what you did in this session');
  }
  return { value: notes, reasons: [] };
}

function checkArtifacts(
  step: StepDefinition,
  given: Json | undefined,
  rules: CompletionRules,
): Checked<WorkflowArtifacts> {
  const entries = readEntries(given);
  if (entries === undefined) {
    const message = 'artifacts must be a mapping from artifact names to their content';
    return { value: {}, reasons: [{ code: 'artifactInvalid', path: 'artifacts', message }] };
  }
  const unexpected = [...entries.keys()].filter((name) => name !== step.artifact);
  const reasons = unexpected.map((name) => describeUnexpected(name, step.artifact));
  if (step.artifact === undefined) return { value: {}, reasons };
  const required = checkArtifact(step.artifact, entries, rules);
  return { value: required.value, reasons: [...reasons, ...required.reasons] };
}

function readEntries(given: Json | undefined): ReadonlyMap<string, Json> | undefined {
  if (given === undefined || given === null) return new Map();
  if (typeof given !== 'object' || Array.isArray(given)) return undefined;
  return new Map(Object.entries(given));
}

function describeUnexpected(name: string, required: ArtifactName | undefined): BlockReason {
  const advice =
    required === undefined
      ? 'leave it out and put what matters into notes'
      : suggestName(name, [required], 'this step takes');
  const message = `this step does not take an artifact "${name.slice(0, 60)}": ${advice}`;
  return { code: 'artifactUnexpected', path: `artifacts.${name.slice(0, 60)}`, message };
}

function checkArtifact(
  name: ArtifactName,
  entries: ReadonlyMap<string, Json>,
  rules: CompletionRules,
): Checked<WorkflowArtifacts> {
  const path = `artifacts.${name}`;
  const given = entries.get(name);
  if (given === undefined) {
    const message = `artifact "${name}" is missing: this step must deliver it`;
    return { value: {}, reasons: [{ code: 'artifactMissing', path, message }] };
  }
  const size = canonicalJson(given).length;
  if (size > maxArtifactLength) {
    const message = `artifact "${name}" has ${size} characters as JSON; at most ${maxArtifactLength} are kept`;
    return { value: {}, reasons: [{ code: 'artifactTooLarge', path, message }] };
  }
  const validated = rules.validators[name](given);
  if (validated.ok) return { value: { [name]: validated.value }, reasons: [] };
  const reasons = validated.problems.map((message): BlockReason => ({
    code: 'artifactInvalid',
    path,
    message,
  }));
  // A validator that refuses without a word must still block.
  const unexplained: BlockReason = {
    code: 'artifactInvalid',
    path,
    message: `artifact "${name}" is not valid`,
  };
  return { value: {}, reasons: reasons.length > 0 ? reasons : [unexplained] };
}

const exampleSentences = [
  'Read src/parse.ts and its test; the failing case is an empty line.',
  'parseLines now skips empty lines, and a test shows it.',
  'Ran "npm test": exit code 0, 14 tests passed.',
  'Not checked: files with Windows line ends.',
];

function createExample(step: StepDefinition, rules: CompletionRules): JsonObject {
  const { minLength } = readRequirements(step).notes;
  let notes = exampleSentences.slice(0, 2).join(' ');
  for (let index = 2; notes.length < minLength; index += 1) {
    notes += ` ${exampleSentences[index % exampleSentences.length] ?? ''}`;
  }
  if (step.artifact === undefined) return { notes };
  return { notes, artifacts: { [step.artifact]: rules.examples[step.artifact] } };
}

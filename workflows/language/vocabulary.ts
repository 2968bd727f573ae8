/**
 * The closed lists and the limits of the session workflow language: what a step may name, and how
 * large a definition may be. What the names do is decided by the actors that offer them.
 */

/** Tools a step may allow. `complete_step` is always offered and is never listed. */
export const toolNames = ['bash', 'read', 'write', 'edit', 'glob', 'grep'] as const;
export type ToolName = (typeof toolNames)[number];

/** Typed artifacts that exist; their shape is owned by the actors, which pass a validator for each. */
export const artifactNames = ['handoff'] as const;
export type ArtifactName = (typeof artifactNames)[number];

/** Facts of a session that `{{ name }}` may show in a prompt. */
export const inputNames = ['goal', 'repository', 'branch', 'baseBranch'] as const;

/** A definition is read by people: far more text than this is not a definition but a mistake. */
export const maxFileLength = 256_000;
/** Keeps the notes of one pass, which live in the session's state, well under one message. */
export const maxSteps = 60;
/** Ids become parts of events, file names and headings. */
export const maxIdLength = 48;
export const maxTitleLength = 120;
export const maxDescriptionLength = 1_000;
/** A prompt is sent with every model call of the step. */
export const maxPromptLength = 16_000;
/** Notes stay in the session's state; what is longer belongs in a file or in the conversation. */
export const maxNotesLength = 4_000;
/** A step that says nothing about notes still needs a sentence. */
export const defaultMinNotesLength = 20;
/** Half of what notes may hold: a minimum near the maximum could hardly be met. */
export const maxMinNotesLength = 2_000;

/**
 * What an actor drops without a word, and why that is right. Every command that is neither taken nor
 * refused in a state is on such a list beside its machine; `actors/every-pair.machine.test.ts` compares.
 */
export interface IgnoredCommand<Type extends string> {
  readonly command: Type;
  /** States in which the actor waits, nested ones joined with dots. */
  readonly states: readonly string[];
  readonly because: string;
}

/** What a person needs of a history that broke an invariant: the rule, how to see it again, and the end of its trace. */
import { invariants } from './invariants.ts';
import type { Mutation } from './mutations.ts';
import { drawPlan } from './plan.ts';
import { runHistory } from './run-history.ts';
import { shrinkPlan } from './shrink.ts';

/** Lines of the trace that are shown. */
const excerptLines = 60;

/** Shrinks the history of the seed first. */
export async function describeBroken(seed: number, mutation?: Mutation): Promise<string> {
  const plan = drawPlan(seed);
  const { failures } = await runHistory(plan, mutation);
  const [first] = failures;
  if (first === undefined) return `The history of seed ${seed} breaks no invariant.`;
  const shrunk = await shrinkPlan(plan, first.invariant, mutation);
  const result = await runHistory(shrunk, mutation);
  const lines = result.trace.filter(isAbout(first.message));
  return [
    `seed ${seed} breaks ${[...new Set(failures.map(({ invariant }) => invariant))].join(', ')}`,
    ...failures.map(
      ({ invariant, message }) => `  ${invariant} (${invariants[invariant]}): ${message}`,
    ),
    `See it again: npm run simulate -- --seed ${seed} --trace`,
    `The smallest plan found that breaks ${first.invariant}: ${JSON.stringify(shrunk)}`,
    ...result.failures.map(({ invariant, message }) => `  ${invariant}: ${message}`),
    `What its trace says of the actor, in milliseconds${lines.length > excerptLines ? ` (the last ${excerptLines} lines)` : ''}:`,
    ...lines.slice(-excerptLines).map((line) => `  ${line}`),
  ].join('\n');
}

/** Lines about the actor that a failure names, and about processes that come and go. */
function isAbout(message: string): (line: string) => boolean {
  const [, kind, id] = /\b(ledger|flow)[./]([\w-]+)/u.exec(message) ?? [];
  return (line) =>
    /\b(?:dies|starts|pauses for \d+|is told to stop|away for \d+)$/u.test(line) ||
    (kind !== undefined && (line.includes(`${kind}/${id}`) || line.includes(`${kind}.${id}`))) ||
    / (?:claim|save checkpoint|take over checkpoint) /u.test(line);
}

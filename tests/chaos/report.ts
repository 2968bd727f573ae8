/** What a run has shown, as figures and as text. Pure. */
import { countInterrupted, type Violation } from './verify.ts';
import type { Book } from './book.ts';
import type { Evidence } from './evidence.ts';
import { faultWords, faultsOf, type FaultKind } from './faults.ts';
import type { Topology } from './servers.ts';
import type { Takeovers } from './takeovers.ts';
import type { WorkerFleet } from './worker-fleet.ts';

export interface ChaosReport {
  readonly topology: Topology;
  readonly seed: number;
  readonly faultsMs: number;
  /** From the last fault until everything promised was there. */
  readonly quietAfterMs: number;
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  readonly skipped: readonly FaultKind[];
  readonly acknowledged: number;
  readonly actors: number;
  readonly commits: number;
  readonly executions: number;
  readonly interrupted: number;
  readonly lost: number;
  readonly twice: number;
  readonly takeovers: number;
  readonly worstTakeoverMs: number | undefined;
  /** With nothing else going wrong. */
  readonly worstTakeoverAloneMs: number | undefined;
  readonly worstWaitMs: number;
  readonly conflicts: number;
  readonly workersStarted: number;
  readonly violations: readonly Violation[];
  readonly keptFolder?: string;
}

export interface Findings {
  readonly topology: Topology;
  readonly seed: number;
  readonly faultsMs: number;
  readonly quietAfterMs: number;
  readonly injected: readonly FaultKind[];
  readonly skipped: readonly FaultKind[];
  readonly takeovers: Pick<Takeovers, 'measured'>;
  readonly book: Pick<Book, 'acknowledged' | 'worstWaitMs'>;
  readonly fleet: Pick<WorkerFleet, 'conflicts' | 'started'>;
  readonly evidence: Evidence;
  readonly violations: readonly Violation[];
}

export function formReport(findings: Findings): ChaosReport {
  const { injected, evidence, violations, takeovers, book, fleet } = findings;
  const states = [...evidence.states.values()];
  const { measured } = takeovers;
  const sumOf = (what: Violation['what']): number =>
    violations.filter((one) => one.what === what).reduce((sum, { count }) => sum + count, 0);
  return {
    topology: findings.topology,
    seed: findings.seed,
    faultsMs: findings.faultsMs,
    quietAfterMs: findings.quietAfterMs,
    faults: Object.fromEntries(
      [...new Set(faultsOf[findings.topology])].map((kind) => [
        kind,
        injected.filter((one) => one === kind).length,
      ]),
    ),
    skipped: findings.skipped,
    acknowledged: book.acknowledged,
    actors: states.length,
    commits: states.reduce((sum, { n }) => sum + n, 0),
    executions: evidence.executions.length,
    interrupted: countInterrupted(evidence),
    lost: sumOf('lost'),
    twice: sumOf('twice'),
    takeovers: measured.length,
    worstTakeoverMs: worstOf(measured.map(({ tookMs }) => tookMs)),
    worstTakeoverAloneMs: worstOf(
      measured.filter(({ alone }) => alone).map(({ tookMs }) => tookMs),
    ),
    worstWaitMs: book.worstWaitMs,
    conflicts: fleet.conflicts,
    workersStarted: fleet.started,
    violations,
  };
}

function worstOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.max(...values);
}

const seconds = (ms: number | undefined): string =>
  ms === undefined ? 'not measured' : `${(ms / 1_000).toFixed(1)} s`;

export function formatReport(report: ChaosReport): string {
  const { topology, seed, skipped, violations, keptFolder } = report;
  const faults = [...new Set(faultsOf[topology])].map((kind) => {
    const count = skipped.includes(kind)
      ? 'left out: mounting a small disk needs rights that this user does not have'
      : String(report.faults[kind] ?? 0);
    return `  ${faultWords[kind]}: ${count}`;
  });
  return [
    `${topology}, seed ${seed}: faults for ${seconds(report.faultsMs)}, quiet ${seconds(report.quietAfterMs)} later`,
    ...faults,
    `  commands acknowledged: ${report.acknowledged}; lost: ${report.lost}; done twice: ${report.twice}`,
    `  actors: ${report.actors}; commits: ${report.commits}; refused to a second owner: ${report.conflicts}`,
    `  executions of effects: ${report.executions}; "ask" effects interrupted: ${report.interrupted}`,
    `  worker processes: ${report.workersStarted}; partitions taken over: ${report.takeovers}`,
    `  worst takeover: ${seconds(report.worstTakeoverAloneMs)}; with another fault at the same time: ${seconds(report.worstTakeoverMs)}`,
    `  worst wait of a sender: ${seconds(report.worstWaitMs)}`,
    ...violations.map(({ what, where, text }) => `  VIOLATION (${what}) ${where}: ${text}`),
    ...(keptFolder === undefined ? [] : [`  data and logs are kept in ${keptFolder}`]),
    violations.length === 0
      ? '  Everything that was promised was kept.'
      : '  Promises were broken.',
  ].join('\n');
}

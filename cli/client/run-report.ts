/** What became of a run, folded from its events: for `demo --json`, `dispatch --wait` and the tests. Pure. */
import type { StoredEvent } from '../../runtime/contract/event.ts';
import type { JsonObject } from '../../runtime/contract/json.ts';

export interface RunReport {
  readonly run: string;
  readonly session: string | null;
  /** `running` until the run ends; `leftOpen` when the merge is left to a person. */
  readonly outcome: 'running' | 'merged' | 'closed' | 'escalated' | 'failed' | 'leftOpen';
  readonly reason: string;
  readonly commits: readonly string[];
  readonly mergeRequest: {
    readonly repository: string;
    readonly number: number;
    readonly link: string;
    readonly mergeSha: string | null;
  } | null;
  readonly proof: readonly JsonObject[];
  readonly counts: {
    readonly events: number;
    readonly modelCalls: number;
    readonly toolCalls: number;
    readonly interruptedToolCalls: number;
    readonly steers: number;
    readonly inputTokens: number;
    readonly outputTokens: number;
  };
}

export function createRunReport(run: string): RunReport {
  return {
    run,
    session: null,
    outcome: 'running',
    reason: '',
    commits: [],
    mergeRequest: null,
    proof: [],
    counts: {
      events: 0,
      modelCalls: 0,
      toolCalls: 0,
      interruptedToolCalls: 0,
      steers: 0,
      inputTokens: 0,
      outputTokens: 0,
    },
  };
}

export function foldRunEvent(report: RunReport, event: StoredEvent): RunReport {
  const counted = { ...report, counts: countEvent(report.counts, event) };
  const { data } = event;
  switch (event.type) {
    case 'sessionStarted':
      return { ...counted, session: text(data['session']) };
    case 'changeCommitted':
      return { ...counted, commits: [...report.commits, text(data['sha'])] };
    case 'proofRecorded':
      return { ...counted, proof: [...report.proof, data] };
    case 'mergeRequestOpened':
      return {
        ...counted,
        mergeRequest: {
          repository: text(data['repository']),
          number: Number(data['number']),
          link: text(data['link']),
          mergeSha: null,
        },
      };
    case 'mergeRequestMerged':
      return report.mergeRequest === null
        ? counted
        : { ...counted, mergeRequest: { ...report.mergeRequest, mergeSha: text(data['sha']) } };
    case 'mergeRequestLeftOpen':
      return { ...counted, outcome: 'leftOpen', reason: text(data['reason']) };
    case 'changesRequested':
      return report.outcome === 'leftOpen'
        ? { ...counted, outcome: 'running', reason: '' }
        : counted;
    case 'runCompleted':
    case 'runFailed':
      return { ...counted, outcome: readOutcome(data['outcome']), reason: text(data['reason']) };
    default:
      return counted;
  }
}

function countEvent(counts: RunReport['counts'], event: StoredEvent): RunReport['counts'] {
  const next = { ...counts, events: counts.events + 1 };
  if (event.type === 'steered') return { ...next, steers: counts.steers + 1 };
  if (event.type === 'toolFinished') {
    const interrupted = event.data['outcome'] === 'interrupted' ? 1 : 0;
    return {
      ...next,
      toolCalls: counts.toolCalls + 1,
      interruptedToolCalls: counts.interruptedToolCalls + interrupted,
    };
  }
  if (event.type !== 'modelCalled') return next;
  const usage = event.data['usage'];
  const tokens = typeof usage === 'object' && usage !== null && !Array.isArray(usage) ? usage : {};
  return {
    ...next,
    modelCalls: counts.modelCalls + 1,
    inputTokens: counts.inputTokens + Number(tokens['inputTokens'] ?? 0),
    outputTokens: counts.outputTokens + Number(tokens['outputTokens'] ?? 0),
  };
}

function readOutcome(value: unknown): RunReport['outcome'] {
  return value === 'merged' || value === 'closed' || value === 'escalated' ? value : 'failed';
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

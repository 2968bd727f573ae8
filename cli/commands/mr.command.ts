/** `signalbox mr …`: merge requests of the local forge. Works on the repository; tells the running system, if any. */
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import type {
  ForgePort,
  MergeOutcome,
  MergeRequestReference,
  MergeRequestView,
  ReviewVerdict,
} from '../../actors/ports/forge.ts';
import { createLocalForge } from '../../integrations/forge/local/local-forge.ts';
import { createRepositories } from '../../integrations/git/repositories.ts';
import { assertNever, SignalboxError } from '../../runtime/contract/errors.ts';
import { withClient } from '../client/open-client.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { formatTable } from '../output.ts';
import { readSystemRecord } from '../system/system-record.ts';

export interface MergeRequestOptions {
  readonly repo: string;
}

interface Forge {
  readonly forge: ForgePort;
  readonly repository: string;
}

async function openForge(
  { settings, log }: CommandContext,
  { repo }: MergeRequestOptions,
): Promise<Forge> {
  const git = { environment: settings.environment };
  const inspection = await createRepositories(git).inspect(resolve(repo));
  if (inspection.status === 'unusable') {
    throw new SignalboxError('SB_REPOSITORY_INVALID', inspection.problem, {
      next: inspection.next,
    });
  }
  const forge = createLocalForge({
    ...git,
    clock: () => new Date(),
    onDamaged: (error) => {
      log.warn(error.message);
    },
  });
  return { forge, repository: inspection.origin };
}

export function parseNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new SignalboxError('SB_INPUT_INVALID', `"${text}" is not the number of a merge request`);
}

export async function listMergeRequests(
  context: CommandContext,
  options: MergeRequestOptions,
): Promise<ExitCode> {
  const { forge, repository } = await openForge(context, options);
  const mergeRequests = await forge.listMergeRequests(repository);
  const rows = mergeRequests.map(({ number, state, title, sourceBranch }) => [
    String(number),
    state,
    title,
    sourceBranch,
  ]);
  context.output.result(
    { repository, mergeRequests },
    rows.length === 0
      ? [`${repository} has no merge requests.`]
      : formatTable([['mr', 'state', 'title', 'branch'], ...rows]),
  );
  return exitCodes.success;
}

export async function showMergeRequest(
  context: CommandContext,
  number: string,
  options: MergeRequestOptions,
): Promise<ExitCode> {
  const { forge, repository } = await openForge(context, options);
  const reference = { repository, number: parseNumber(number) };
  const mergeRequest = await forge.getMergeRequest(reference);
  const [comments, checks] = await Promise.all([
    forge.listComments(reference),
    forge.listChecks(repository, mergeRequest.headSha),
  ]);
  context.output.result({ mergeRequest, comments, checks }, [
    ...describe(mergeRequest),
    ...checks.map(
      ({ name, conclusion, summary }) => `check    ${name}: ${conclusion} (${summary})`,
    ),
    ...comments.flatMap(({ author, verdict, body }) => ['', `${author} (${verdict}):`, body]),
  ]);
  return exitCodes.success;
}

function describe({
  number,
  title,
  state,
  sourceBranch,
  targetBranch,
  headSha,
  mergeSha,
  body,
}: MergeRequestView): string[] {
  return [
    `mr ${number}     ${title}`,
    `state    ${state}${mergeSha === undefined ? '' : ` as ${mergeSha}`}`,
    `branch   ${sourceBranch} → ${targetBranch} at ${headSha}`,
    '',
    body,
    '',
  ];
}

export interface CommentOptions extends MergeRequestOptions {
  readonly verdict: ReviewVerdict;
  readonly author: string;
}

export async function commentMergeRequest(
  context: CommandContext,
  number: string,
  text: string,
  options: CommentOptions,
): Promise<ExitCode> {
  const { forge, repository } = await openForge(context, options);
  const reference = { repository, number: parseNumber(number) };
  const { author, verdict } = options;
  const comment = await forge.addComment(reference, {
    author,
    verdict,
    body: text,
    idempotencyKey: randomUUID(),
  });
  const told = await tellManager(context, reference);
  context.output.result({ comment, told }, [
    `Comment ${comment.id} (${verdict}) added. ${describeTold(told)}`,
  ]);
  return exitCodes.success;
}

export async function mergeMergeRequest(
  context: CommandContext,
  number: string,
  options: MergeRequestOptions & { readonly author: string },
): Promise<ExitCode> {
  const { forge, repository } = await openForge(context, options);
  const reference = { repository, number: parseNumber(number) };
  const { headSha, title } = await forge.getMergeRequest(reference);
  const message = `Merge request ${reference.number}: ${title}`;
  const outcome = await forge.merge(reference, {
    expectedHeadSha: headSha,
    message,
    author: options.author,
  });
  const told = await tellManager(context, reference);
  context.output.result({ outcome, told }, [
    outcome.status === 'merged'
      ? `Merged as ${outcome.sha}. ${describeTold(told)}`
      : `Not merged: ${outcome.detail}. ${nextStep(outcome.reason)}`,
  ]);
  return outcome.status === 'merged' ? exitCodes.success : exitCodes.outcomeFailed;
}

export async function closeMergeRequest(
  context: CommandContext,
  number: string,
  options: MergeRequestOptions & { readonly reason: string },
): Promise<ExitCode> {
  const { forge, repository } = await openForge(context, options);
  const reference = { repository, number: parseNumber(number) };
  const mergeRequest = await forge.close(reference, options.reason);
  const told = await tellManager(context, reference);
  context.output.result({ mergeRequest, told }, [
    `Closed: ${options.reason}. ${describeTold(told)}`,
  ]);
  return exitCodes.success;
}

/** The manager looks at once instead of in a while. A request that no run owns has no manager. */
async function tellManager(
  context: CommandContext,
  { repository, number }: MergeRequestReference,
): Promise<boolean> {
  if ((await readSystemRecord(context.home.record)) === undefined) return false;
  return withClient(context.settings, context.log, async ({ history, storage }) => {
    const managers = await history.listActors({ kind: 'merge-request', limit: 1_000 });
    const manager = managers.find(
      ({ status, facts }) =>
        status === 'active' && facts['repository'] === repository && facts['number'] === number,
    );
    if (manager === undefined) return false;
    await storage.commands.deliver(
      { kind: 'merge-request', id: manager.id },
      { type: 'forgeChanged' },
      randomUUID(),
    );
    return true;
  });
}

function describeTold(told: boolean): string {
  return told ? 'The run that owns it was told.' : 'No running system owns it.';
}

function nextStep(reason: Extract<MergeOutcome, { status: 'refused' }>['reason']): string {
  switch (reason) {
    case 'conflict':
      return 'Merge the target branch into the source branch, resolve the conflict, and try again.';
    case 'headMoved':
      return 'Look at the new commits with `signalbox mr show`, and try again.';
    case 'closed':
      return 'Open another merge request.';
    case 'targetCheckedOut':
      return 'Merge with git where the branch is checked out, or check out another branch there.';
    case 'notPermitted':
      return 'Ask someone who may.';
    default:
      return assertNever(reason);
  }
}

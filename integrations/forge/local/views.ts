/** Turns documents of the local forge into what the port shows. */
import { resolve } from 'node:path';
import type {
  ForgeCheck,
  ForgeComment,
  MergeRequestReference,
  MergeRequestView,
} from '../../../actors/ports/forge.ts';
import type { CheckDocument, CommentDocument, MergeRequestDocument } from './documents.ts';

/** `branchTip`: where the source branch is now; undefined when it is gone. */
export function viewMergeRequest(
  repository: string,
  document: MergeRequestDocument,
  branchTip: string | undefined,
): MergeRequestView {
  const { number } = document;
  return {
    repository,
    number,
    title: document.title,
    body: document.body,
    author: document.author,
    state: document.state,
    sourceBranch: document.sourceBranch,
    targetBranch: document.targetBranch,
    headSha: document.state === 'open' ? (branchTip ?? document.headSha) : document.headSha,
    ...(document.state === 'merged' ? { mergeSha: document.mergeSha } : {}),
    ...(document.state === 'closed' ? { closeReason: document.closeReason } : {}),
    createdAt: document.createdAt,
    updatedAt: document.updatedAt,
    link: commandFor({ repository, number }),
  };
}

export function viewComment(document: CommentDocument): ForgeComment {
  return {
    id: document.id,
    author: document.author,
    body: document.body,
    verdict: document.verdict,
    sha: document.sha,
    ...(document.path === undefined ? {} : { path: document.path }),
    ...(document.line === undefined ? {} : { line: document.line }),
    createdAt: document.createdAt,
  };
}

export function viewCheck(document: CheckDocument): ForgeCheck {
  return {
    name: document.name,
    sha: document.sha,
    conclusion: document.conclusion,
    summary: document.summary,
    updatedAt: document.updatedAt,
  };
}

/** What a person types to see the merge request, safe to paste into a shell. */
export function commandFor({ repository, number }: MergeRequestReference): string {
  const path = resolve(repository);
  const quoted = /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
  return `signalbox mr show --repo ${quoted} ${number}`;
}

/** The stage of the forge conformance tests: a fresh forge per test, and the calls they all make. */
import { afterEach, beforeEach } from 'vitest';
import type {
  ForgePort,
  MergeRequestReference,
  MergeRequestView,
} from '../../../actors/ports/forge.ts';

/** A forge with one repository: `main` holds `README.md` and `source/a.ts`. */
export interface ForgeUnderTest {
  readonly forge: ForgePort;
  readonly repository: string;
  /** As another process would have it: shares nothing in memory with `forge`. */
  connectAgain(): ForgePort;
  /** Commits files to a branch, made from `main` when there is none. Returns the commit. */
  commitTo(branch: string, files: Readonly<Record<string, string>>): Promise<string>;
  /** Undefined when there is no such branch. */
  tipOf(branch: string): Promise<string | undefined>;
  parentsOf(sha: string): Promise<readonly string[]>;
  remove(): Promise<void>;
}

/** A branch name git allows and careless code does not. */
export const sourceBranch = "signalbox/fix-#12-ü%'(1)";
export const unicodeTitle = 'Fix 🚂 “quotes”, <b>tags</b> & l’été\ttab';
export const author = 'Ada Lovelace';

type OpenRequest = Parameters<ForgePort['openMergeRequest']>[0];
type CommentRequest = Parameters<ForgePort['addComment']>[1];

export interface Scene {
  readonly subject: ForgeUnderTest;
  /** Tip of the source branch at the start of each test. */
  readonly head: string;
  open(changes?: Partial<OpenRequest>, forge?: ForgePort): Promise<MergeRequestView>;
  comment(
    reference: MergeRequestReference,
    idempotencyKey: string,
    changes?: Partial<CommentRequest>,
    forge?: ForgePort,
  ): ReturnType<ForgePort['addComment']>;
  merge(reference: MergeRequestReference, expectedHeadSha: string): ReturnType<ForgePort['merge']>;
}

/** To be called inside a `describe`. */
export function prepareScene(create: () => Promise<ForgeUnderTest>): Scene {
  let current: { readonly subject: ForgeUnderTest; readonly head: string } | undefined;
  const running = (): { readonly subject: ForgeUnderTest; readonly head: string } => {
    if (current === undefined) throw new Error('the scene is there only while a test runs');
    return current;
  };
  beforeEach(async () => {
    const subject = await create();
    const head = await subject.commitTo(sourceBranch, { 'source/b.ts': 'export const b = 2;\n' });
    current = { subject, head };
  });
  afterEach(() => running().subject.remove());
  return {
    get subject() {
      return running().subject;
    },
    get head() {
      return running().head;
    },
    open: (changes = {}, forge = running().subject.forge) =>
      forge.openMergeRequest({
        repository: running().subject.repository,
        sourceBranch,
        targetBranch: 'main',
        title: unicodeTitle,
        body: 'First line\n\n- [ ] a list\n',
        author,
        idempotencyKey: 'open-1',
        ...changes,
      }),
    comment: (reference, idempotencyKey, changes = {}, forge = running().subject.forge) => {
      const body = `Comment ${idempotencyKey}`;
      const words = { author: 'Bo', body, verdict: 'comment', idempotencyKey } as const;
      return forge.addComment(reference, { ...words, ...changes });
    },
    merge: (reference, expectedHeadSha) => {
      const message = `Merge ${sourceBranch}\n\nWith a body.`;
      return running().subject.forge.merge(reference, { expectedHeadSha, message, author });
    },
  };
}

/**
 * Reads git's own records of worktrees (`<git directory>/worktrees/<name>/`) and says what is there
 * for a path: nothing, a worktree git finished making, or the remains of one. Git writes the record
 * before the folder and the folder goes before the record, so a folder with files and no record was
 * never ours.
 */
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import {
  listIfPresent,
  readTextIfPresent,
  statIfPresent,
  realPathIfPresent,
} from './file-presence.ts';
import type { RepairableLock } from './lock-repair.ts';

export type WorktreeState =
  | { readonly type: 'absent' }
  | { readonly type: 'complete'; readonly record: string; readonly branch: string | undefined }
  /** Record, folder or both, interrupted while being made or removed. */
  | { readonly type: 'halfMade'; readonly records: readonly string[] }
  /** Files that are not a worktree of this repository. */
  | { readonly type: 'foreign' };

export async function readWorktreeState(
  commonDirectory: string,
  path: string,
): Promise<WorktreeState> {
  const records = await findRecords(commonDirectory, path);
  for (const record of records) {
    if (!(await isComplete(record, path))) continue;
    const head = (await readTextIfPresent(join(record, 'HEAD')))?.trim() ?? '';
    return { type: 'complete', record, branch: /^ref: refs\/heads\/(.+)$/.exec(head)?.[1] };
  }
  if (records.length > 0) return { type: 'halfMade', records };
  const folder = await statIfPresent(path);
  if (folder === undefined) return { type: 'absent' };
  if (!folder.isDirectory()) return { type: 'foreign' };
  if ((await readdir(path)).length === 0) return { type: 'halfMade', records: [] };
  return (await pointsInto(commonDirectory, path))
    ? { type: 'halfMade', records: [] }
    : { type: 'foreign' };
}

/** Removes folder, then record: in this order a crash leaves the record, which proves the folder is ours. */
export async function eraseWorktree(path: string, records: readonly string[]): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
    for (const record of records) await rm(record, { recursive: true, force: true, maxRetries: 3 });
  } catch (cause) {
    throw new SignalboxError('SB_GIT_FAILED', `the worktree ${path} cannot be removed`, {
      cause,
      retryable: true,
      next: 'End the processes that still write there and check who owns its files.',
    });
  }
}

/** The locks a killed git may leave in a worktree. */
export function worktreeLocks(record: string, path: string): readonly RepairableLock[] {
  const folders = [record, path];
  return [
    { path: join(record, 'index.lock'), folders, mayBeHeldLong: true },
    { path: join(record, 'HEAD.lock'), folders, mayBeHeldLong: false },
  ];
}

/**
 * Records killed while git wrote `commondir`, or before it wrote what HEAD is. Git commands that look at all
 * worktrees die on one, whoever's it is, so it stands in the way like a lock and is removed like one.
 */
export async function findBrokenRecords(
  commonDirectory: string,
): Promise<readonly RepairableLock[]> {
  const folder = join(commonDirectory, 'worktrees');
  const broken: RepairableLock[] = [];
  for (const name of (await listIfPresent(folder)) ?? []) {
    const path = join(folder, name);
    const isBroken =
      (await statIfPresent(join(path, 'commondir')))?.size === 0 ||
      nothingYet.test((await readTextIfPresent(join(path, 'HEAD'))) ?? '');
    if (isBroken) broken.push({ path, folders: [commonDirectory], mayBeHeldLong: false });
  }
  return broken;
}

/** What git writes into a new worktree's HEAD until it knows better: no object has this name. */
const nothingYet = /^0{40,64}\s*$/;

async function findRecords(commonDirectory: string, path: string): Promise<readonly string[]> {
  const folder = join(commonDirectory, 'worktrees');
  const names = (await listIfPresent(folder)) ?? [];
  const wanted = await canonical(path);
  const records: string[] = [];
  for (const name of names.filter((name) => isNamedAfter(name, path))) {
    const record = join(folder, name);
    const target = (await readTextIfPresent(join(record, 'gitdir')))?.trim();
    if (target === undefined || target === '') {
      if (await isUnwritten(record)) records.push(record);
    } else if ((await canonical(dirname(resolve(record, target)))) === wanted) {
      records.push(record);
    }
  }
  return records;
}

/**
 * Git names a record after the last part of the path, with a number when that is taken, and writes a
 * dash for what a reference name cannot hold. Most records are told apart here, without reading them.
 */
function isNamedAfter(name: string, path: string): boolean {
  const plain = (text: string): string => text.replace(/[^\p{L}\p{N}_]+/gu, '-');
  const base = plain(basename(path));
  return plain(name).startsWith(base) && /^\d*$/.test(plain(name).slice(base.length));
}

/** Killed before git wrote down where the worktree is. Nothing else makes a record without `gitdir`. */
async function isUnwritten(record: string): Promise<boolean> {
  return (await statIfPresent(join(record, 'HEAD'))) === undefined;
}

/** Git locks a worktree while it makes it, with this reason (in the C locale), and unlocks it last. */
async function isComplete(record: string, path: string): Promise<boolean> {
  const reason = await readTextIfPresent(join(record, 'locked'));
  if (reason?.trim() === 'initializing') return false;
  const pointer = await readTextIfPresent(join(path, '.git'));
  if (pointer === undefined || !pointer.startsWith('gitdir: ')) return false;
  const target = resolve(path, pointer.slice('gitdir: '.length).trim());
  return (
    (await canonical(target)) === (await canonical(record)) &&
    (await statIfPresent(join(record, 'index'))) !== undefined
  );
}

async function pointsInto(commonDirectory: string, path: string): Promise<boolean> {
  const entry = await statIfPresent(join(path, '.git'));
  if (!entry?.isFile()) return false;
  const pointer = (await readTextIfPresent(join(path, '.git'))) ?? '';
  const target = resolve(path, pointer.replace(/^gitdir: /, '').trim());
  return (
    (await canonical(dirname(target))) === (await canonical(join(commonDirectory, 'worktrees')))
  );
}

/** Symbolic links resolved as far as the path exists: git records real paths. */
async function canonical(path: string): Promise<string> {
  const real = await realPathIfPresent(path);
  if (real !== undefined) return real;
  const parent = dirname(path);
  return parent === path ? path : join(await canonical(parent), basename(path));
}

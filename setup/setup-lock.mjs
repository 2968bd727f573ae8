/** One set-up at a time in one clone: two `npm ci` at once destroy each other's work. */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { SetupError } from './run-command.mjs';

const pollMs = 200;
/** Longer than any set-up that makes progress. */
const maxWaitMs = 15 * 60_000;

/**
 * Runs `work` while no other process does so for the same lock file.
 * @param {string} file
 * @param {(line: string) => void} say
 * @param {() => Promise<void>} work
 */
export async function withSetupLock(file, say, work) {
  mkdirSync(dirname(file), { recursive: true });
  for (let waitedMs = 0; !tryLock(file); waitedMs += pollMs) {
    if (waitedMs === 0)
      say(`Another set-up is running here (process ${readHolder(file)}); waiting for it`);
    if (waitedMs > maxWaitMs) {
      throw new SetupError(
        `Process ${readHolder(file)} has been setting up for too long. End it, or remove ${file}.`,
      );
    }
    await wait(pollMs);
  }
  try {
    await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/**
 * The file is complete when it is there: written elsewhere, then linked, which fails when the name is taken.
 * @param {string} file
 */
function tryLock(file) {
  const draft = `${file}.${process.pid}-${(drafts += 1)}`;
  writeFileSync(draft, `${process.pid}`);
  try {
    linkSync(draft, file);
    return true;
  } catch {
    const holder = readHolder(file);
    if (holder !== undefined && !isAlive(holder)) removeStale(file, draft);
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

let drafts = 0;

/**
 * Two that find a stale lock at once: the second would take away the first one's fresh lock, and puts it back.
 * @param {string} file
 * @param {string} aside
 */
function removeStale(file, aside) {
  try {
    renameSync(file, aside);
    const holder = readHolder(aside);
    if (holder !== undefined && isAlive(holder)) linkSync(aside, file);
  } catch {
    // Another one was quicker: the next round sees who.
  }
}

/** @param {string} file */
function readHolder(file) {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

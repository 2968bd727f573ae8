/** A file system of a few hundred megabytes for the data of one server, which can be filled to the last byte. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const size = '256m';
const chunkSizes = [1_048_576, 4_096, 1];

export interface SmallDisk {
  fill(): void;
  empty(): void;
  unmount(): void;
}

/** Undefined where mounting is not permitted. */
export function mountSmallDisk(folder: string): SmallDisk | undefined {
  try {
    const options = `size=${size},mode=700`;
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder], { stdio: 'pipe' });
  } catch {
    return undefined;
  }
  const filler = join(folder, 'filler');
  return {
    fill: () => {
      const descriptor = openSync(filler, 'w');
      try {
        for (const chunkSize of chunkSizes) writeUntilFull(descriptor, Buffer.alloc(chunkSize));
      } finally {
        closeSync(descriptor);
      }
    },
    empty: () => {
      rmSync(filler, { force: true });
    },
    unmount: () => {
      execFileSync('umount', ['--lazy', folder]);
    },
  };
}

function writeUntilFull(descriptor: number, chunk: Buffer): void {
  try {
    for (;;) writeSync(descriptor, chunk);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  }
}

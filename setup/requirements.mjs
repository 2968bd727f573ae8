/** What has to be on the machine before anything else: Node and git. Runs on any Node that reads modules. */
import { runCommand, SetupError } from './run-command.mjs';

/** Vite 8 and vitest 4 need it. */
const minimumMajor = 20;
const minimumMinor = 19;

/** @param {string} version `process.versions.node` */
export function assertNode(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > minimumMajor || (major === minimumMajor && minor >= minimumMinor)) return;
  throw new SetupError(
    `Signalbox needs Node ${minimumMajor}.${minimumMinor} or newer; this is Node ${version}.\n` +
      'Install a newer one (https://nodejs.org/en/download), then run the same command again.',
  );
}

export async function assertGit() {
  const { ok, ending } = await runCommand(['git', '--version']);
  if (ok) return;
  throw new SetupError(
    `Signalbox works on git repositories, and git does not run here (${ending}).\n` +
      'Install it (Debian: apt-get install git), then run the same command again.',
  );
}

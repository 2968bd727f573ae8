/** What commands of agents and tests may see of our environment: enough to build things, nothing secret. */
import { delimiter, join } from 'node:path';

/** Passed on when set. Everything else stays with us, keys and passwords first of all. */
const passedOn = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'SHELL'];

const systemFolders = ['/usr/bin', '/bin'];

/** Our own tools come last on the path, so that a repository finds its own first. */
export function createCommandEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  packageRoot: string,
): Record<string, string> {
  const visible: Record<string, string> = {};
  for (const name of passedOn) {
    const value = environment[name];
    if (value !== undefined) visible[name] = value;
  }
  const ours = join(packageRoot, 'node_modules', '.bin');
  // `npm start` puts our tools first; an empty entry would be the folder a command runs in.
  const others = (environment['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '' && folder !== ours);
  visible['PATH'] = [...(others.length === 0 ? systemFolders : others), ours].join(delimiter);
  return visible;
}

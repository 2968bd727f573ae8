/** What commands of agents and tests may see of our environment: enough to build things, nothing secret. */
import { delimiter, join } from 'node:path';

/** Passed on when set. Everything else stays with us, keys and passwords first of all. */
const passedOn = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'SHELL'];

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
  visible['PATH'] = [
    environment['PATH'] ?? '/usr/bin:/bin',
    join(packageRoot, 'node_modules', '.bin'),
  ].join(delimiter);
  return visible;
}

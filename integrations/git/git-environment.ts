/**
 * Owns the surroundings every git command runs in: which variables it sees and which settings are
 * pinned. The user's own configuration stays readable (large file filters, `safe.directory`, ignore
 * lists live there); what could prompt, sign, run hooks or change output is overridden. Where the
 * outer variables come from is the caller's business.
 */
import { homedir } from 'node:os';
import { dirname } from 'node:path';

export type OuterEnvironment = Readonly<Record<string, string | undefined>>;

/** Used when the caller passes none: enough to find git and the user's configuration. */
export function minimalEnvironment(): { readonly PATH: string; readonly HOME: string } {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin',
    HOME: homedir(),
  };
}

const pinnedSettings: readonly (readonly [key: string, value: string])[] = [
  ['commit.gpgSign', 'false'],
  ['tag.gpgSign', 'false'],
  ['push.gpgSign', 'false'],
  ['push.followTags', 'false'],
  ['log.showSignature', 'false'],
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.quotePath', 'false'],
  // A commit that was reported must survive a power cut, loose objects included.
  ['core.fsync', 'committed'],
  // Other processes hold these locks for milliseconds; a lock held longer is looked at by lock-repair.
  ['core.filesRefLockTimeout', '1000'],
  ['core.packedRefsTimeout', '1000'],
  // Background maintenance would outlive the command and hold locks nobody waits for.
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['i18n.commitEncoding', 'UTF-8'],
  ['i18n.logOutputEncoding', 'UTF-8'],
  ['status.renames', 'true'],
  ['submodule.recurse', 'false'],
  ['color.ui', 'false'],
];

const pinnedVariables: Readonly<Record<string, string>> = {
  LC_ALL: 'C',
  GIT_TERMINAL_PROMPT: '0',
  // Empty means "ask nobody": no dialog window, no helper program.
  GIT_ASKPASS: '',
  GIT_EDITOR: 'true',
  GIT_PAGER: 'cat',
  GIT_MERGE_AUTOEDIT: 'no',
  GIT_OPTIONAL_LOCKS: '0',
};

/**
 * The full environment of one command run in `directory`. Git variables of the outer environment are
 * dropped (a `GIT_DIR` left by a hook would redirect every command), and git never looks for a
 * repository above `directory`: a damaged worktree must not become its parent's.
 */
export function gitEnvironment(
  outer: OuterEnvironment,
  directory: string,
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(outer)) {
    if (value !== undefined && !name.startsWith('GIT_')) environment[name] = value;
  }
  Object.assign(environment, pinnedVariables, {
    GIT_CEILING_DIRECTORIES: dirname(directory),
    GIT_CONFIG_COUNT: String(pinnedSettings.length),
  });
  pinnedSettings.forEach(([key, value], index) => {
    environment[`GIT_CONFIG_KEY_${index}`] = key;
    environment[`GIT_CONFIG_VALUE_${index}`] = value;
  });
  return Object.assign(environment, extra);
}

/** Owns which glob patterns are accepted: relative ones that stay in the worktree. Pure. */
import { isAbsolute } from 'node:path';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import { refuseOutside } from './file-system-errors.ts';

/** More alternatives than anyone writes by hand. */
const maxAlternatives = 64;

/** Never listed and never searched. */
export const excludedFolders = ['node_modules', '.git'] as const;

/** Throws `SB_PATH_OUTSIDE` for a pattern that names places outside, whatever braces or groups hide it. */
export function refuseOutsidePattern(pattern: string): void {
  if (isAbsolute(pattern)) throw refuseOutside(pattern, 'is absolute; patterns are relative');
  const names = pattern.split(/[/\\{},()|]/u);
  if (names.includes('..')) throw refuseOutside(pattern, 'holds "..", which is not allowed');
  if (pattern.includes('\0')) throw refuseOutside(pattern.replaceAll('\0', '\\0'), 'holds a NUL');
  if (pattern.startsWith('!')) {
    throw new SignalboxError('SB_TOOL_FAILED', `"${pattern}" says only what not to find`, {
      next: 'Give a pattern of what to find.',
    });
  }
}

/** `a.{ts,js}` becomes `a.ts` and `a.js`, for programs that know no braces. Throws `SB_TOOL_FAILED` when too many. */
export function expandBraces(pattern: string): readonly string[] {
  let patterns: readonly string[] = [pattern];
  for (;;) {
    const expanded = patterns.flatMap(expandFirst);
    if (expanded.length === patterns.length) return [...new Set(expanded)];
    if (expanded.length > maxAlternatives) {
      throw new SignalboxError('SB_TOOL_FAILED', `"${pattern}" has too many alternatives`, {
        next: 'Use a simpler pattern.',
      });
    }
    patterns = expanded;
  }
}

/** Expands the first innermost group that has a comma. */
function expandFirst(pattern: string): readonly string[] {
  const match = /\{([^{}]*,[^{}]*)\}/u.exec(pattern);
  if (match === null) return [pattern];
  const before = pattern.slice(0, match.index);
  const after = pattern.slice(match.index + match[0].length);
  return (match[1] ?? '').split(',').map((choice) => `${before}${choice}${after}`);
}

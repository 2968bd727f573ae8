/** The fix for each kind of YAML syntax error, by the parser's code. */
import type { ErrorCode } from 'yaml';

const fixes: Readonly<Partial<Record<ErrorCode, string>>> = {
  BAD_ALIAS: 'Write the value out: aliases are not part of the language.',
  BAD_DIRECTIVE: 'Remove the line: directives are not part of the language.',
  BAD_DQ_ESCAPE: 'Write \\\\ for a backslash, or use single quotes.',
  BAD_INDENT: 'Indent with spaces, keys of one mapping in one column; close every "[" and "{".',
  BAD_SCALAR_START: 'Put the value in quotes.',
  BLOCK_AS_IMPLICIT_KEY:
    'Put the value in quotes, or start the nested keys on a line of their own.',
  BLOCK_IN_FLOW: 'Close the "[" or "{", or write the list with one "-" line per item.',
  MISSING_CHAR: 'Check indentation, quotes and brackets here, and put ": " between key and value.',
  MULTILINE_IMPLICIT_KEY: 'Put ":" after the key, or the whole value in quotes.',
  MULTIPLE_DOCS: 'Keep one definition per file: remove the second "---".',
  TAB_AS_INDENT: 'Indent with spaces.',
  TAG_RESOLVE_FAILED: 'Remove it: tags are not part of the language.',
};

export function suggestSyntaxFix(code: ErrorCode): string {
  return fixes[code] ?? 'Put texts with special characters in quotes, and check the lines above.';
}

/**
 * `{{ name }}` in texts: finding them, and putting values in their place. One pass over the text and
 * own properties only: a value that holds braces is shown as it is, and no expression is evaluated.
 */
import { SignalboxError } from '../../runtime/contract/errors.ts';

export type Placeholder =
  | { readonly type: 'name'; readonly name: string; readonly offset: number }
  | { readonly type: 'malformed'; readonly text: string; readonly offset: number }
  | { readonly type: 'unclosed'; readonly offset: number };

const namePattern = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

export function findPlaceholders(text: string): readonly Placeholder[] {
  const found: Placeholder[] = [];
  let offset = text.indexOf('{{');
  while (offset !== -1) {
    const end = text.indexOf('}}', offset + 2);
    if (end === -1) {
      found.push({ type: 'unclosed', offset });
      break;
    }
    const name = text.slice(offset + 2, end).trim();
    found.push(
      namePattern.test(name)
        ? { type: 'name', name, offset }
        : { type: 'malformed', text: text.slice(offset, end + 2), offset },
    );
    offset = text.indexOf('{{', end + 2);
  }
  return found;
}

/** Errors: `SB_WORKFLOW_INVALID` for a name without a value; a parsed definition has none. */
export function renderText(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{\{([^{}]*)\}\}/g, (_match, inner: string) => {
    const name = inner.trim();
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) {
      throw new SignalboxError('SB_WORKFLOW_INVALID', `"{{ ${name} }}" has no value`, {
        next: 'Use definitions that parseWorkflow accepted.',
      });
    }
    return value;
  });
}

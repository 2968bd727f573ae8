/** Addresses to routes: `/runs/:id` against a path. Pure. */

export type PathParameters = Readonly<Record<string, string>>;

/** The parameters when the pattern matches the whole path, else undefined. */
export function matchPath(pattern: string, path: string): PathParameters | undefined {
  const wanted = splitPath(pattern);
  const given = splitPath(path);
  if (wanted.length !== given.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const text = given[index] ?? '';
    if (part.startsWith(':')) {
      const decoded = decode(text);
      if (decoded === undefined) return undefined;
      parameters[part.slice(1)] = decoded;
    } else if (part !== text) {
      return undefined;
    }
  }
  return parameters;
}

function splitPath(path: string): readonly string[] {
  return path.split('/').filter((part) => part !== '');
}

/** Undefined for an address with a broken escape: it names no page. */
function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Which file of the built console a URL path names. The only part that touches the file system by a path from outside. */
import { realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

export type FoundFile =
  | { readonly status: 'found'; readonly path: string }
  /** Not a file: a page of the app if the path looks like one. */
  | { readonly status: 'missing'; readonly looksLikeFile: boolean }
  /** Leads, or tries to lead, outside of the folder. */
  | { readonly status: 'refused' };

/** `urlPath` as it came, still percent-encoded. Symbolic links are followed, but not out of the folder. */
export async function findConsoleFile(folder: string, urlPath: string): Promise<FoundFile> {
  const path = decodePath(urlPath);
  if (path === undefined || hasDetour(path)) return { status: 'refused' };
  const missing = { status: 'missing', looksLikeFile: extname(path) !== '' } as const;
  const root = await resolveFile(folder);
  const file = await resolveFile(join(folder, path));
  if (root === undefined || file === undefined) return missing;
  if (file !== root && !file.startsWith(`${root}${sep}`)) return { status: 'refused' };
  return (await stat(file)).isFile() ? { status: 'found', path: file } : missing;
}

/** Hidden names, "..", backslashes and control characters have no business in a built file or an app route. */
function hasDetour(path: string): boolean {
  return /[\p{Cc}\\]/u.test(path) || path.split('/').some((part) => part.startsWith('.'));
}

function decodePath(urlPath: string): string | undefined {
  try {
    return decodeURIComponent(urlPath);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

const absentCodes = new Set<unknown>(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG']);

async function resolveFile(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && absentCodes.has(error.code)) return undefined;
    throw error;
  }
}

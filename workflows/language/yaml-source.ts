/**
 * Reads YAML text into plain values and remembers where each value stands. Owns everything about the
 * `yaml` package; the meaning of the values is for others. The language uses the plain part of YAML:
 * mappings with text keys, lists, text, numbers, true, false and null.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Node, ParsedNode } from 'yaml';
import { describeError } from '../../runtime/contract/errors.ts';
import type { LocatedProblem, Position } from './problem.ts';
import { quoteValue } from './problem.ts';
import { suggestSyntaxFix } from './syntax-fixes.ts';
import { maxFileLength } from './vocabulary.ts';

export type ValuePath = readonly (string | number)[];

export interface YamlSource {
  /** What the text says, as far as it can be read. */
  readonly value: unknown;
  readonly problems: readonly LocatedProblem[];
  /** False when errors of syntax make the value a guess: judging it would only add noise. */
  readonly readable: boolean;
  /** Where the value at a path starts; of the nearest enclosing value when there is none. */
  locateValue(path: ValuePath): Position;
  /** Where the key at the end of a path stands. */
  locateKey(path: ValuePath): Position;
  /** Where the (n+1)th `marker` inside the text at a path stands. */
  locateInText(path: ValuePath, marker: string, n: number): Position;
}

const fileStart: Position = { line: 1, column: 1 };

export function readYaml(text: string): YamlSource {
  if (text.length > maxFileLength) {
    return createUnreadable({
      position: fileStart,
      message: `the file has ${text.length} characters; a definition has at most ${maxFileLength}`,
      suggestion: 'Move long texts out of the definition, into files the agent reads.',
    });
  }
  try {
    return readDocument(text);
  } catch (error) {
    // The parser is recursive: nesting thousands of levels deep exhausts its stack.
    return createUnreadable({
      position: fileStart,
      message: `the file cannot be read as YAML (${describeError(error)})`,
      suggestion: 'Write plain mappings and lists, nested a few levels deep.',
    });
  }
}

function createUnreadable(problem: LocatedProblem): YamlSource {
  const locate = (): Position => fileStart;
  return {
    value: null,
    problems: [problem],
    readable: false,
    locateValue: locate,
    locateKey: locate,
    locateInText: locate,
  };
}

function readDocument(text: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    schema: 'core',
    // The parser compares every key with every other: `readNode` finds duplicates in linear time.
    uniqueKeys: false,
  });
  const toPosition = (offset: number): Position => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  // A tag that resolves to nothing is a warning here; `readNode` reports every tag itself.
  const warnings = document.warnings.filter(({ code }) => code !== 'TAG_RESOLVE_FAILED');
  const syntaxErrors = [...document.errors, ...warnings];
  const problems = syntaxErrors.map(({ code, message, pos }) => ({
    position: toPosition(pos[0]),
    message: `YAML: ${message}`,
    suggestion: suggestSyntaxFix(code),
  }));
  const report: Report = (node, message, suggestion, lead = '') => {
    const start = node.range?.[0] ?? 0;
    // A node starts after its anchor and tag.
    const offset = lead === '' ? start : text.lastIndexOf(lead, start);
    problems.push({ position: toPosition(Math.max(offset, 0)), message, suggestion });
  };
  const root = document.contents;
  const locateNode = (node: Node | null): Position => toPosition(node?.range?.[0] ?? 0);
  return {
    value: readNode(root, report),
    problems,
    readable: syntaxErrors.length === 0,
    locateValue: (path) => locateNode(findNearestNode(root, path)),
    locateKey: (path) => locateNode(findKeyNode(root, path)),
    locateInText: (path, marker, n) =>
      toPosition(findMarkerOffset(text, findNearestNode(root, path), marker, n)),
  };
}

/** `lead`: what the problem is about when it stands before the node itself. */
type Report = (node: Node, message: string, suggestion: string, lead?: string) => void;

/** What could not be read, and was reported, is undefined. */
function readNode(node: ParsedNode | null, report: Report): unknown {
  if (node === null) return null;
  if (isAlias(node)) {
    const advice = 'Write the value out: aliases are not part of the language.';
    report(node, `"*${node.source}" is an alias`, advice);
    return undefined;
  }
  reportProperties(node, report);
  if (isSeq(node)) return node.items.map((item) => readNode(item, report));
  if (isMap(node)) {
    const entries = new Map<string, unknown>();
    for (const { key, value } of node.items) {
      const name: unknown = isScalar(key) ? readNode(key, report) : undefined;
      if (typeof name !== 'string') {
        const message = `a key must be text, not ${quoteValue(name ?? null)}`;
        report(key ?? node, message, 'Use one of the known keys.');
      } else if (entries.has(name)) {
        const message = `key ${quoteValue(name)} is written twice`;
        report(key, message, 'Remove one, or give it the name it was meant to have.');
      } else {
        entries.set(name, readNode(value, report));
      }
    }
    // Object.fromEntries makes "__proto__" a key like any other.
    return Object.fromEntries(entries);
  }
  const value: unknown = node.value;
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value;
  report(node, 'the value is not text, a number, true, false or null', 'Put it in quotes.');
  return undefined;
}

function reportProperties(node: Node, report: Report): void {
  const { anchor, tag } = node as { readonly anchor?: string; readonly tag?: string };
  if (anchor !== undefined) {
    const advice = 'Remove it: anchors are not part of the language.';
    report(node, `"&${anchor}" is an anchor`, advice, `&${anchor}`);
  }
  if (tag !== undefined && !isPlainTag(tag)) {
    report(node, `"${tag}" is a tag`, 'Remove it: tags are not part of the language.', '!');
  }
}

/** Tags that the core schema gives by itself. */
function isPlainTag(tag: string): boolean {
  return /^tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq)$/.test(tag);
}

function findNearestNode(root: ParsedNode | null, path: ValuePath): Node | null {
  let node: Node | null = root;
  for (const part of path) {
    const child = findPair(node, part);
    if (child?.value === undefined || child.value === null) break;
    node = child.value;
  }
  return node;
}

function findKeyNode(root: ParsedNode | null, path: ValuePath): Node | null {
  const parent = findNearestNode(root, path.slice(0, -1));
  const last = path.at(-1);
  return (last === undefined ? undefined : findPair(parent, last)?.key) ?? parent;
}

interface FoundPair {
  readonly key: Node | null;
  readonly value: Node | null;
}

function findPair(node: Node | null, part: string | number): FoundPair | undefined {
  if (isSeq<Node>(node) && typeof part === 'number') {
    return { key: null, value: node.items[part] ?? null };
  }
  if (!isMap<Node, Node>(node)) return undefined;
  return node.items.find(({ key }) => isScalar(key) && key.value === part);
}

/**
 * Counting the marker in the source text works for every style of text (plain, quoted, block), since
 * folding and indentation never alter two braces. A marker written with escapes is not found: then
 * the text's own place is given.
 */
function findMarkerOffset(text: string, node: Node | null, marker: string, n: number): number {
  const [start, end] = node?.range ?? [0, 0];
  const isBlock = isScalar(node) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED');
  // The header line of a block text may end in a comment, which is not part of the text.
  let offset = isBlock ? text.indexOf('\n', start) : start;
  for (let count = 0; count <= n; count += 1) {
    offset = text.indexOf(marker, count === 0 ? offset : offset + marker.length);
    if (offset === -1 || offset >= end) return start;
  }
  return offset;
}

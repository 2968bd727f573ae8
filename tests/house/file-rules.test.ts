/** The house rules that can be read off the files, as CONTRIBUTING.md lists them. A failure names file and line. */
import { homedir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { errorCodes } from '../../runtime/contract/errors.ts';
import { repositoryRoot } from '../../runtime/testing/repository-root.ts';
import { findLines, isProgramText, isTestText, listFiles, readText } from './source-tree.ts';

const maxLines = 400;
const maxTestLines = 600;
const maxMedianLines = 120;

const files = listFiles();
const texts = files.filter(isProgramText);
const program = texts.filter((file) => !isTestText(file));
/** Rules about words: the file that spells the words out is not subject to them. */
const thisFile = 'tests/house/file-rules.test.ts';
const others = texts.filter((file) => file !== thisFile);

function countLines(file: string): number {
  return readText(file).split('\n').length - 1;
}

describe('a file', () => {
  it('is there to be checked', () => {
    expect(program.length).toBeGreaterThan(200);
  });

  it(`has at most ${maxLines} lines, a test ${maxTestLines}`, () => {
    const tooLong = texts
      .map((file) => ({ file, lines: countLines(file) }))
      .filter(({ file, lines }) => lines > (isTestText(file) ? maxTestLines : maxLines));
    expect(tooLong).toEqual([]);
  });

  it(`has fewer than ${maxMedianLines} lines in the median`, () => {
    const lengths = program.map(countLines).sort((left, right) => left - right);
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThan(maxMedianLines);
  });

  it('begins with a header comment that says what it owns', () => {
    const without = program.filter(
      (file) => !/^(?:#![^\n]*\n)?\/\*\*/u.test(readText(file)) && !file.endsWith('.config.ts'),
    );
    expect(without).toEqual([]);
  });

  it('is named in kebab-case', () => {
    const named = /^(?:[a-z0-9-]+\/)*[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)*$/u;
    expect(texts.filter((file) => !named.test(file))).toEqual([]);
  });

  it('is no bucket', () => {
    const bucket = /(?:^|\/)(?:common|utils?|helpers?|models|types|misc|shared)(?:\.[a-z]+|\/)/u;
    expect(texts.filter((file) => bucket.test(file))).toEqual([]);
  });
});

interface LineRule {
  /** Completes "no file …". */
  readonly name: string;
  readonly offends: RegExp;
  /** A line that offends, and one that looks like it and does not: a rule that sees nothing is found out. */
  readonly bad: string;
  readonly good: string;
  /** Where the line may stand. */
  readonly except?: RegExp;
}

const lineRules: readonly LineRule[] = [
  {
    name: 'leaves work for later',
    offends: /\b(?:TODO|FIXME|XXX)\b/u,
    bad: '// TODO: finish',
    good: '// What is to do is said elsewhere.',
  },
  {
    name: 'leaves a test out',
    offends: /\b(?:it|test|describe)\.(?:skip|only|todo|fails)\b|\b(?:xit|xdescribe|fit)\(/u,
    bad: "it.skip('works', () => {});",
    good: "it.each(['a'])('works', () => {});",
  },
  {
    name: 'silences the compiler without a reason on the line',
    offends: /\bas any\b[\s]*[;),\]}]|\bas unknown as\b(?!.*\/\/)|@ts-(?!expect-error\s+\S)[a-z]+/u,
    bad: 'const value = given as unknown as string;',
    good: 'const value = given as unknown as string; // the library types it as a number',
  },
  {
    name: 'silences the linter without a reason on the line',
    offends: /(?:ox|es)lint-disable(?!.* -- \S)/u,
    bad: '// oxlint-disable-next-line no-console',
    good: '// oxlint-disable-next-line no-console -- this program prints',
  },
  {
    name: 'asserts that a value is there',
    offends: /[\w)\]]!(?:\.|;|,|\)|\])/u,
    bad: 'return found!.name;',
    good: "return found?.name ?? 'Hello!';",
  },
  {
    name: 'has a default export but the configuration of a tool',
    offends: /^export (?:default\b|\{[^}]*\bas default\b)/u,
    bad: 'export default function start(): void {}',
    good: 'export function start(): void {}',
    except: /\.config\.ts$/u,
  },
  {
    name: 'reads the environment but the command line, the set-up and tests',
    offends: /^(?!\s*(?:\/?\*|\/\/)).*\bprocess\.env\b/u,
    bad: "const home = process.env['HOME'];",
    good: '/** Nothing else reads `process.env`. */',
    except:
      /^(?:cli\/main\.ts|examples\/program\.ts|setup\/.*|bin\/.*|.*\.test\.ts|.*\/testing\/.*|tests\/.*)$/u,
  },
];

describe('no file', () => {
  it.each(lineRules.map((rule) => [rule.name, rule] as const))('%s', (_, rule) => {
    const { offends, except, bad, good } = rule;
    expect([offends.test(bad), offends.test(good)]).toEqual([true, false]);
    const subject = others.filter((file) => except?.test(file) !== true);
    expect(findLines(subject, (line) => offends.test(line))).toEqual([]);
  });

  it('passes on the exports of others but the two that users of the library import', () => {
    const passesOn = /^export (?:type )?(?:\*[^;'"]*|\{[^}]*\}) from /mu;
    const barrels = others.filter((file) => passesOn.test(readText(file)));
    expect(barrels.toSorted()).toEqual(['runtime/mod.ts', 'runtime/testing/mod.ts']);
  });

  it('names the host of a package registry, or a place on the machine it was written on', () => {
    const registry =
      /\bregistry\.[a-z0-9-]+\.(?:org|com|io|dev)\b|\bpypi\.[a-z]+\b|\bproxy\.golang\.[a-z]+\b/u;
    expect(registry.test(['https://registry', 'example', 'org/'].join('.'))).toBe(true);
    const places = [`${repositoryRoot}/`, `${homedir()}/`].filter(
      (place) => place.split('/').length > 3,
    );
    const isNamed = (line: string): boolean =>
      registry.test(line) || places.some((place) => line.includes(place));
    const readable = files.filter((file) => !/\.(?:png|ico|woff2)$/u.test(file));
    expect(findLines(readable, isNamed)).toEqual([]);
  });
});

describe('package.json', () => {
  const manifest = z
    .object({
      dependencies: z.record(z.string(), z.string()),
      devDependencies: z.record(z.string(), z.string()),
      overrides: z.record(z.string(), z.string()),
    })
    .parse(JSON.parse(readText('package.json')));

  it('pins every dependency to one version', () => {
    const { dependencies, devDependencies, overrides } = manifest;
    const pins = Object.entries({ ...dependencies, ...devDependencies, ...overrides });
    expect(pins.map(([name]) => name)).toEqual(
      expect.arrayContaining(['xstate', '@nats-io/jetstream']),
    );
    expect(pins.filter(([, version]) => !/^\d+\.\d+\.\d+$/u.test(version))).toEqual([]);
  });

  it('has all of @nats-io in one version', () => {
    const { dependencies } = manifest;
    const versions = Object.entries(dependencies).filter(([name]) => name.startsWith('@nats-io/'));
    expect(new Set(versions.map(([, version]) => version)).size).toBe(1);
  });
});

describe('error codes', () => {
  it('are all used by the program', () => {
    const users = program.filter((file) => file !== 'runtime/contract/errors.ts').map(readText);
    const unused = Object.keys(errorCodes).filter(
      (code) => !users.some((text) => text.includes(`'${code}'`) || text.includes(`${code}:`)),
    );
    expect(unused).toEqual([]);
  });
});

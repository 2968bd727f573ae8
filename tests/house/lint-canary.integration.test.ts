/**
 * Proves that the linter's rules are not vacuous: for each boundary a file that breaks it is refused with that
 * boundary's own message, and a file in the same place that does not break it passes.
 *
 * The canaries lie in folders called `dist` inside the real ones. Git, the type checker, the build and a lint of the
 * whole tree leave those out, so that nothing that runs at the same time sees them; a lint that names a file reads it.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { repositoryRoot } from '../../runtime/testing/repository-root.ts';

interface Canary {
  /** What is broken. */
  readonly name: string;
  readonly folder: string;
  readonly text: string;
  readonly rule: string;
  /** The rule's message or help. */
  readonly message: string;
}

const boundary = 'eslint(no-restricted-imports)';

/** An import that breaks a boundary. Paths are seen from a `dist` folder in `folder`. */
function crossing(folder: string, imported: string, message: string): Canary {
  const text = `import * as imported from '${imported}';\nexport const used = imported;\n`;
  return { name: `${folder} imports ${imported}`, folder, text, rule: boundary, message };
}

const leaf = 'runtime/contract is a leaf: it imports nothing of ours.';
const generic = 'runtime knows nothing of agents, git or workflows.';
const natsAlone = 'Only runtime/nats imports @nats-io/*.';
const contractOnly = 'console -> runtime/contract only.';

const crossings: readonly Canary[] = [
  crossing('runtime/contract', '../../core/step.ts', leaf),
  crossing('runtime/contract', '../../../actors/session/session.schema.ts', leaf),
  crossing('runtime/contract', 'node:fs', 'runtime/contract is browser-safe.'),
  crossing(
    'runtime/core',
    '../../nats/streams.ts',
    'contract <- core <- nats, history: core knows no adapter.',
  ),
  crossing('runtime/core', '../../../actors/trigger/delivery.ts', generic),
  crossing('runtime/core', 'node:fs', 'runtime/core is pure: IO arrives through ports.'),
  crossing('runtime/history', '@nats-io/jetstream', natsAlone),
  crossing('runtime/history', '../../../workflows/library/library.ts', generic),
  crossing('runtime/processes', '@nats-io/nats-core', natsAlone),
  crossing('runtime/nats', '../../../integrations/git/repositories.ts', generic),
  crossing(
    'runtime/nats',
    '../../history/history.ts',
    'nats and history are siblings; neither imports the other.',
  ),
  crossing(
    'workflows/session',
    '../../../actors/session/session.schema.ts',
    'runtime <- workflows <- actors: workflows are below actors.',
  ),
  crossing(
    'workflows/language',
    '../../../runtime/nats/streams.ts',
    'The engine is pure: it imports no adapter.',
  ),
  crossing('workflows/library', '@nats-io/jetstream', natsAlone),
  crossing(
    'actors/session',
    '../../../integrations/git/repositories.ts',
    'Actors declare ports; integrations implement them; cli wires them.',
  ),
  crossing(
    'actors/coordinator',
    '../../../runtime/nats/streams.ts',
    'Actors see runtime/mod.ts, not its adapters.',
  ),
  crossing('actors/trigger', '@nats-io/kv', 'Actors reach the outside through ports.'),
  crossing(
    'integrations/git',
    '../../../cli/settings.ts',
    'Integrations implement ports and are wired only in cli.',
  ),
  crossing(
    'integrations/sandbox',
    '../../../runtime/nats/streams.ts',
    "Integrations know the runtime's contract, not its adapters.",
  ),
  crossing('integrations/model', '@nats-io/obj', natsAlone),
  crossing(
    'gateway/hooks',
    '../../../cli/settings.ts',
    'The gateway gets what it needs as arguments from cli.',
  ),
  crossing(
    'gateway/api',
    '../../../console/app/access.ts',
    'The gateway gets what it needs as arguments from cli.',
  ),
  crossing(
    'gateway/login',
    '../../../runtime/nats/streams.ts',
    'The gateway speaks to ports; cli wires the NATS side.',
  ),
  crossing('gateway/security', '@nats-io/nats-core', natsAlone),
  crossing('console/folds', '../../../runtime/core/step.ts', contractOnly),
  crossing('console/pages', '../../../gateway/problem.ts', contractOnly),
  crossing('console/format', 'node:path', 'The console runs in a browser.'),
  crossing('console/router', '@nats-io/nats-core', 'Only console/transport talks to the server.'),
  crossing('console/transport', '../../../runtime/nats/streams.ts', contractOnly),
  crossing(
    'console/testing',
    '../../../cli/settings.ts',
    "The console's tests stand on the runtime's contract and test server alone.",
  ),
  crossing('cli/system', '../../../console/app/access.ts', 'Nothing imports console.'),
  crossing('cli/client', '@nats-io/transport-node', natsAlone),
];

/** Rules that need the types of a program, and the ones without which the types mean little. */
const typed: readonly Canary[] = [
  {
    name: 'a promise that nobody waits for',
    folder: 'runtime/core',
    text: 'export function start(): void {\n  Promise.resolve(1);\n}\n',
    rule: 'typescript(no-floating-promises)',
    message: 'Promises must be awaited',
  },
  {
    name: 'any',
    folder: 'actors/session',
    text: 'export function read(value: any): unknown {\n  return value;\n}\n',
    rule: 'typescript(no-explicit-any)',
    message: 'any',
  },
  {
    name: 'what JSON.parse returns, used as if it were known',
    folder: 'gateway/api',
    text: "export const length: number = JSON.parse('[]').length;\n",
    rule: 'typescript(no-unsafe-member-access)',
    message: 'any',
  },
  {
    name: 'a union whose cases are not all there',
    folder: 'workflows/session',
    text: "export function name(state: 'open' | 'closed'): string | undefined {\n  switch (state) {\n    case 'open':\n      return state;\n  }\n  return undefined;\n}\n",
    rule: 'typescript(switch-exhaustiveness-check)',
    message: 'closed',
  },
  {
    name: 'a default export',
    folder: 'cli/system',
    text: 'export default function start(): void {}\n',
    rule: 'import(no-default-export)',
    message: 'named export',
  },
];

const broken = [...crossings, ...typed];
const cleanText =
  "import { z } from 'zod';\n\nexport const nameSchema = z.string().min(1);\n\nexport async function readName(value: unknown): Promise<string> {\n  return nameSchema.parseAsync(value);\n}\n";

const diagnosticsSchema = z.object({
  diagnostics: z.array(
    z.object({
      message: z.string(),
      code: z.string().default(''),
      help: z.string().default(''),
      filename: z.string(),
    }),
  ),
});
type Diagnostic = z.infer<typeof diagnosticsSchema>['diagnostics'][number];

const canaries: string[] = [];
let found: readonly Diagnostic[] = [];
const brokenFiles = new Map<Canary, string>();
const cleanFiles = new Map<string, string>();

/** A canary has a name of its own, so that two runs at once do not meet. */
function release(folder: string, text: string): string {
  const file = join(folder, 'dist', `lint-canary-${randomUUID()}.ts`);
  mkdirSync(join(repositoryRoot, dirname(file)), { recursive: true });
  writeFileSync(join(repositoryRoot, file), `/** A canary: gone in a moment. */\n${text}`);
  canaries.push(file);
  return file;
}

function lint(files: readonly string[]): Promise<readonly Diagnostic[]> {
  const program = join(repositoryRoot, 'node_modules', '.bin', 'oxlint');
  const options = ['--type-aware', '--format', 'json'];
  return new Promise((resolve, reject) => {
    execFile(program, [...options, ...files], { cwd: repositoryRoot }, (error, stdout) => {
      // Exit code 1 says that there were diagnostics; what is printed then says which.
      if (error !== null && error.code !== 1) reject(error);
      else resolve(diagnosticsSchema.parse(JSON.parse(stdout)).diagnostics);
    });
  });
}

beforeAll(async () => {
  for (const canary of broken) brokenFiles.set(canary, release(canary.folder, canary.text));
  for (const { folder } of broken) {
    if (!cleanFiles.has(folder)) cleanFiles.set(folder, release(folder, cleanText));
  }
  found = await lint(canaries);
});

afterAll(() => {
  for (const file of canaries) rmSync(join(repositoryRoot, file), { force: true });
  for (const folder of new Set(canaries.map((file) => join(repositoryRoot, dirname(file))))) {
    // Another run's canaries may still be in it: that run removes it.
    if (readdirSync(folder).length === 0) rmdirSync(folder);
  }
});

function diagnosticsOf(file: string | undefined): readonly Diagnostic[] {
  return found.filter(({ filename }) => basename(filename) === basename(file ?? ''));
}

describe('the linter refuses', () => {
  it.each(broken.map((canary) => [canary.name, canary] as const))('%s', (_, canary) => {
    const told = diagnosticsOf(brokenFiles.get(canary))
      .filter(({ code }) => code === canary.rule)
      .map(({ message, help }) => `${message} ${help}`);
    expect(told).toEqual([expect.stringContaining(canary.message)]);
  });
});

describe('the linter takes', () => {
  it.each([...new Set(broken.map(({ folder }) => folder))])('a clean file in %s', (folder) => {
    expect(diagnosticsOf(cleanFiles.get(folder))).toEqual([]);
  });
});

/** The program in docs/write-an-actor.md, exactly as it is printed there, on a real server. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestServer, type TestServer } from './real-server.ts';
import { startTypeScript } from './typescript-program.ts';

const document = fileURLToPath(new URL('../../docs/write-an-actor.md', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));
let server: TestServer;
let folder: string;

beforeAll(async () => {
  server = await startTestServer();
  folder = await mkdtemp(join(here, '.snippet-'));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

function readBlock(markdown: string, fence: string): string {
  const begin = markdown.indexOf(`\n${fence}\n`);
  if (begin < 0) throw new Error(`the document has no ${fence} block`);
  const from = begin + fence.length + 2;
  return markdown.slice(from, markdown.indexOf('\n```', from));
}

async function runProgram(path: string): Promise<string> {
  const { url, user, password } = server.connection;
  const credentials = user === undefined ? '' : `${user}:${password ?? ''}@`;
  const program = startTypeScript(`await load(${JSON.stringify(path)});`, {
    ...process.env,
    NATS_URL: url.replace('://', `://${credentials}`),
  });
  return text(program.stdout);
}

it('prints what the document says, and nothing is applied twice when it runs again', async () => {
  const markdown = await readFile(document, 'utf8');
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, 'program.ts'),
    readBlock(markdown, '```ts').replace('../runtime/', '../../'),
  );
  const path = `runtime/testing/${basename(folder)}/program.ts`;
  const printed = `${readBlock(markdown, 'It prints\n\n```')}\n`;
  expect(await runProgram(path)).toBe(printed);
  expect(await runProgram(path)).toBe(printed);
});

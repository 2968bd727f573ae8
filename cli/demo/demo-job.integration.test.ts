/** Which demo job a start of the demo is about: the one that nobody has been told the end of, else another one. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createLocalForge } from '../../integrations/forge/local/local-forge.ts';
import { layOutHome } from '../home.ts';
import { beginDemo, concludeDemo } from './demo-job.ts';

it('goes on with a demo until its end is told, and makes its repository whole', async ({
  onTestFinished,
}) => {
  const root = await mkdtemp(join(tmpdir(), 'signalbox-demo-'));
  const gateway = createServer((_, response) => response.writeHead(202).end());
  gateway.listen(0, '127.0.0.1');
  await once(gateway, 'listening');
  onTestFinished(async () => {
    gateway.close();
    await rm(root, { recursive: true, force: true });
  });
  const address = gateway.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const home = layOutHome(root);
  const answer = async () => ({ commandId: 'c', seq: 1, duplicate: false });
  const context = {
    home,
    environment: process.env,
    gatewayUrl: `http://127.0.0.1:${address.port}`,
    commands: { start: answer, deliver: answer },
    insist: <Value>(_: string, run: () => Promise<Value>) => run(),
    forge: createLocalForge({ clock: () => new Date(), onDamaged: () => undefined }),
  };
  const first = await beginDemo(context);
  expect(await beginDemo(context)).toEqual(first);
  const references = execFileSync('git', ['for-each-ref', '--format=%(refname)'], {
    cwd: first.repository.path,
    encoding: 'utf8',
  });
  expect(references.trim().split('\n')).toEqual(['refs/heads/main', 'refs/remotes/origin/main']);
  await concludeDemo(home);
  const second = await beginDemo(context);
  expect([first.number, second.number]).toEqual([1, 2]);
  expect(second.run).not.toBe(first.run);
});

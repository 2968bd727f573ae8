/** Makes the demo repository on the spot: a bare origin and a clone of it. A half-made one is made again. */
import { execFile } from 'node:child_process';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { demoFiles } from './demo-files.ts';

const run = promisify(execFile);

export interface DemoRepository {
  readonly path: string;
  readonly origin: string;
}

export async function ensureDemoRepository(
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<DemoRepository> {
  const repository = { path: join(folder, 'repository'), origin: join(folder, 'origin.git') };
  if (await exists(folder)) return repository;
  // Built beside and renamed: what stands under its final name is whole.
  const draft = `${folder}.draft`;
  await rm(draft, { recursive: true, force: true });
  const origin = join(draft, 'origin.git');
  const work = join(draft, 'repository');
  await mkdir(work, { recursive: true });
  for (const [path, content] of Object.entries(demoFiles)) {
    await mkdir(dirname(join(work, path)), { recursive: true });
    await writeFile(join(work, path), content);
  }
  const git = (cwd: string, ...args: string[]) =>
    run(
      'git',
      [
        '-c',
        'user.name=Signalbox demo',
        '-c',
        'user.email=demo@localhost',
        '-c',
        'commit.gpgsign=false',
        ...args,
      ],
      {
        cwd,
        env: { ...environment },
      },
    );
  await git(draft, 'init', '--quiet', '--bare', '--initial-branch=main', origin);
  await git(work, 'init', '--quiet', '--initial-branch=main');
  await git(work, 'add', '.');
  await git(work, 'commit', '--quiet', '-m', 'Add slugify');
  await git(work, 'push', '--quiet', origin, 'main');
  await git(work, 'remote', 'add', 'origin', repository.origin);
  // What a fetch would say, said before the origin has its final name.
  await git(work, 'update-ref', 'refs/remotes/origin/main', 'refs/heads/main');
  await rename(draft, folder);
  return repository;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

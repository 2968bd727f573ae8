/** DBOS: a PostgreSQL of its own with fsync, and the library in this process, which drives it too. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  chainLength,
  findFreePort,
  makeFolder,
  servePeer,
  startServer,
  waitUntilReady,
} from './peer.mjs';

const run = promisify(execFile);

/** Connections of the library: its default of 10 is too few for 200 workflows at once. */
const poolSize = 40;

await servePeer(async (undo) => {
  const folder = await makeFolder(undo);
  const url = await startPostgres(undo, folder);
  const { DBOS } = await import('@dbos-inc/dbos-sdk');
  DBOS.setConfig({
    name: 'bench',
    systemDatabaseUrl: url,
    systemDatabasePoolSize: poolSize,
    logLevel: 'error',
  });
  const chain = DBOS.registerWorkflow(
    async () => {
      let step = 0;
      for (let index = 0; index < chainLength; index += 1) {
        const before = step;
        step = await DBOS.runStep(() => Promise.resolve(before + 1), { name: `step-${index}` });
      }
      return step;
    },
    { name: 'chain' },
  );
  await DBOS.launch();
  undo.push(() => DBOS.shutdown());
  return chain;
});

/**
 * @param {Array<() => Promise<void> | void>} undo
 * @param {string} folder
 */
async function startPostgres(undo, folder) {
  const binaries = await findPostgres();
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  const password = randomBytes(16).toString('hex');
  await mkdir(data);
  await writeFile(passwordFile, password);
  const user = await unprivilegedUser();
  if (user.uid !== undefined) {
    for (const path of [folder, data, passwordFile]) await chown(path, user.uid, user.gid);
  }
  const port = await findFreePort();
  await run(
    join(binaries, 'initdb'),
    ['-D', data, '-U', 'bench', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8'],
    { ...user, cwd: folder },
  );
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    port,
    max_connections: 100,
    fsync: 'on',
    synchronous_commit: 'on',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  startServer(undo, join(binaries, 'postgres'), ['-D', data, ...options], { ...user, cwd: folder });
  const isReady = async () => {
    await run(join(binaries, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port)]);
    return true;
  };
  await waitUntilReady('PostgreSQL', isReady);
  return `postgresql://bench:${password}@127.0.0.1:${port}/bench`;
}

/** Debian keeps the servers of all versions beside each other, none of them on the path. */
async function findPostgres() {
  const root = '/usr/lib/postgresql';
  const versions = await readdir(root).catch(() => []);
  const newest = versions.map(Number).toSorted((left, right) => right - left)[0];
  if (newest !== undefined) return join(root, String(newest), 'bin');
  const { stdout } = await run('pg_config', ['--bindir']).catch(() => {
    throw new Error('there is no PostgreSQL here (Debian: apt-get install postgresql)');
  });
  return stdout.trim();
}

/** PostgreSQL refuses to run as root: there the packages' user `postgres` runs it. */
async function unprivilegedUser() {
  if (process.getuid?.() !== 0) return {};
  const idOf = async (/** @type {string} */ option) =>
    Number((await run('id', [option, 'postgres'])).stdout);
  return { uid: await idOf('-u'), gid: await idOf('-g') };
}

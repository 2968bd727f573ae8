/**
 * Owns one nats-server process from its start to the moment it has proved itself: it listens, it answers, and it runs
 * the version, the folder and the sync mode that were asked for. Restarting it is the supervisor's work.
 */
import { once } from 'node:events';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createInterface } from 'node:readline';
import type { NatsConnection } from '@nats-io/transport-node';
import { z } from 'zod';
import { SignalboxError } from '../../contract/errors.ts';
import { spawnGuarded } from '../../processes/guarded-child.ts';
import type { ChildExit, GuardedChild } from '../../processes/guarded-child.ts';
import { isRecentEnough, minimumServerVersion } from '../server-binary/server-version.ts';
import { serverEnvironment } from './server-environment.ts';
import type { ServerSettings } from './server-environment.ts';
import { connectMonitor, readServerFacts } from './server-facts.ts';
import type { ServerFacts } from './server-facts.ts';

export interface ServerProgram {
  readonly binary: string;
  readonly configFile: string;
  /** Holds the store (`jetstream/`) and what belongs to one start. */
  readonly dataDir: string;
  readonly log: (line: string) => void;
}

export interface ServerProcess {
  readonly child: GuardedChild;
  readonly monitor: NatsConnection;
  readonly facts: ServerFacts;
  readonly clientPort: number;
  readonly websocketPort: number;
}

const portsSchema = z.object({ nats: z.tuple([z.string()]), websocket: z.tuple([z.string()]) });

/** A store of many gigabytes takes a while to recover; an empty one takes milliseconds. */
const startTimeoutMs = 60_000;
const pollMs = 10;
/** Time for JetStream to write out what it holds. */
const stopGraceMs = 10_000;
/** Enough to see why a server gave up. */
const keptLogLines = 10;

/** Throws `SB_PORT_IN_USE` or `SB_NATS_SERVER`; no process is left behind then. */
export async function startServerProcess(
  program: ServerProgram,
  settings: ServerSettings,
): Promise<ServerProcess> {
  await assertPortFree(settings.clientPort, 'NATS clients');
  await assertPortFree(settings.websocketPort, 'the console (WebSocket)');
  const portsDir = join(program.dataDir, 'ports');
  await rm(portsDir, { recursive: true, force: true });
  await mkdir(portsDir, { recursive: true });
  const child = await spawnGuarded({
    command: [program.binary, '--config', program.configFile, '--ports_file_dir', portsDir],
    cwd: program.dataDir,
    env: serverEnvironment(settings),
    graceMs: stopGraceMs,
    // A server that is killed loses nothing it has acknowledged, and the next start need not wait for this one.
    onDeath: 'kill',
  });
  const output = followOutput(child, program.log);
  try {
    const portsFile = join(portsDir, `${basename(program.binary)}_${child.pid}.ports`);
    const ports = await waitForPorts(child, portsFile, program, output);
    const monitor = await connectMonitor(
      `127.0.0.1:${ports.clientPort}`,
      settings.passwords.monitor,
    );
    const facts = await readServerFacts(monitor);
    assertFacts(facts, program, settings);
    return { child, monitor, facts, ...ports };
  } catch (error) {
    await child.kill();
    throw error;
  }
}

/** Idempotent. With a grace of 0 the server is not asked, for when it does not listen. */
export async function endServerProcess(
  server: ServerProcess,
  graceMs = stopGraceMs,
): Promise<void> {
  await server.child.kill(graceMs);
  await server.monitor.close();
}

interface FollowedOutput {
  /** The most recent ones: they explain an early end. */
  readonly lastLines: readonly string[];
  readonly finished: Promise<unknown>;
}

function followOutput(child: GuardedChild, log: (line: string) => void): FollowedOutput {
  const lastLines: string[] = [];
  const readers = [child.stdout, child.stderr].map((input) => createInterface({ input }));
  for (const reader of readers) {
    reader.on('line', (line) => {
      lastLines.push(line);
      if (lastLines.length > keptLogLines) lastLines.shift();
      log(line);
    });
  }
  return { lastLines, finished: Promise.all(readers.map((reader) => once(reader, 'close'))) };
}

async function waitForPorts(
  child: GuardedChild,
  portsFile: string,
  program: ServerProgram,
  output: FollowedOutput,
): Promise<{ clientPort: number; websocketPort: number }> {
  let exit: ChildExit | undefined;
  const ended = child.exited.then((value) => (exit = value));
  for (let waitedMs = 0; waitedMs < startTimeoutMs; waitedMs += pollMs) {
    const ports = await readPorts(portsFile);
    if (ports !== undefined) return ports;
    if (exit !== undefined) {
      await output.finished;
      throw endedEarly(program, exit, output.lastLines);
    }
    await Promise.race([ended, wait(pollMs)]);
  }
  throw new SignalboxError(
    'SB_NATS_SERVER',
    `nats-server (${program.binary}) was not ready in ${startTimeoutMs} ms`,
    {
      retryable: true,
      next: `Its last words: ${output.lastLines.join(' | ')}`,
    },
  );
}

/** The server writes the file when it listens, and not in one go: what does not parse is not there yet. */
async function readPorts(
  file: string,
): Promise<{ clientPort: number; websocketPort: number } | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  try {
    const ports = portsSchema.parse(JSON.parse(text));
    return {
      clientPort: Number(new URL(ports.nats[0]).port),
      websocketPort: Number(new URL(ports.websocket[0]).port),
    };
  } catch {
    return undefined;
  }
}

function endedEarly(
  program: ServerProgram,
  exit: ChildExit,
  lastLines: readonly string[],
): SignalboxError {
  const how = exit.type === 'exited' ? `exit code ${exit.exitCode}` : exit.signal;
  const said = lastLines.length === 0 ? 'nothing' : `\n  ${lastLines.join('\n  ')}`;
  return new SignalboxError(
    'SB_NATS_SERVER',
    `nats-server (${program.binary}) ended at its start with ${how}; it said: ${said}`,
    {
      retryable: true,
      next: `Check the configuration (${program.configFile}) and the folder ${program.dataDir}.`,
    },
  );
}

function assertFacts(facts: ServerFacts, program: ServerProgram, settings: ServerSettings): void {
  if (!isRecentEnough(facts.version)) throw tooOld(program.binary, facts.version);
  if (facts.storeDir !== join(settings.storeDir, 'jetstream')) {
    throw new SignalboxError(
      'SB_NATS_SERVER',
      `nats-server keeps its data in ${facts.storeDir}, not in ${settings.storeDir}`,
      {
        next: `Set store_dir to $SIGNALBOX_NATS_STORE in ${program.configFile}.`,
      },
    );
  }
  if (facts.syncMode !== settings.syncMode) {
    throw new SignalboxError(
      'SB_NATS_SERVER',
      `nats-server runs with sync mode "${facts.syncMode}", not with "${settings.syncMode}" as asked`,
      { next: `Set sync_interval to $SIGNALBOX_NATS_SYNC in ${program.configFile}.` },
    );
  }
}

export function tooOld(binary: string, version: string): SignalboxError {
  return new SignalboxError(
    'SB_NATS_SERVER',
    `${binary} is nats-server ${version}; Signalbox needs ${minimumServerVersion} or newer`,
    { next: 'Set NATS_SERVER to the path of a newer one, or unset it: the set-up then gets one.' },
  );
}

/** Asked before the server is started, because its own refusal is a line of log. 0 stands for any free port. */
async function assertPortFree(port: number, purpose: string): Promise<void> {
  if (port === 0) return;
  const probe = createServer();
  try {
    probe.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(probe, 'listening');
  } catch (cause) {
    const taken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
    throw new SignalboxError(
      taken ? 'SB_PORT_IN_USE' : 'SB_CONFIG_INVALID',
      `port ${port} on 127.0.0.1, meant for ${purpose}, ${taken ? 'is taken' : 'cannot be used'}`,
      {
        cause,
        retryable: taken,
        next: taken
          ? `Stop what listens there ("ss -ltnp" or "lsof -i :${port}" names it), or choose another port.`
          : 'Choose another port; those below 1024 belong to root.',
      },
    );
  } finally {
    if (probe.listening) {
      probe.close();
      await once(probe, 'close');
    }
  }
}

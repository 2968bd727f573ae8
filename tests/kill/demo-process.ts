/** Runs the demo job as a person would, in a home of its own, and kills it with everything below it at chosen instants. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { vi } from 'vitest';
import { z } from 'zod';
import { assertNever } from '../../runtime/contract/errors.ts';
import {
  identifyProcess,
  isSameProcessAlive,
  type ProcessIdentity,
} from '../../runtime/processes/process-identity.ts';
import { repositoryRoot } from '../../runtime/testing/repository-root.ts';
import { findTestServerBinary } from '../../runtime/testing/real-server.ts';
import { describeInstant, type Instant } from './instants.ts';
import { findProcessesOf, killTree, listTree } from './process-tree.ts';
import { tracePrograms, type TracedPrograms } from './traced-programs.ts';

const pollMs = 5;
/** Of one start: a job that does not come to its end is a finding, and its last lines are what explains it. */
const endTimeoutMs = 60_000;
const natsRecordSchema = z.object({ pid: z.number() });

export interface DemoEnd {
  readonly exitCode: number | null;
  readonly stdout: string;
}

export class DemoProcess {
  readonly home: string;
  readonly traced: TracedPrograms;
  /** What was killed and when, for the message of a failure. */
  readonly kills: string[] = [];
  readonly killsMs: number[] = [];
  private readonly folder: string;
  private readonly natsServer: string;
  private readonly killed: ProcessIdentity[] = [];
  private child: ChildProcess | undefined;
  private end: Promise<DemoEnd> | undefined;
  private ended = false;
  private stderr: string[] = [];

  private constructor(folder: string, natsServer: string) {
    this.folder = folder;
    this.home = join(folder, 'home');
    this.natsServer = natsServer;
    this.traced = tracePrograms(folder, process.env['PATH'] ?? '');
  }

  static async prepare(): Promise<DemoProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'signalbox-kill-'));
    return new DemoProcess(folder, await findTestServerBinary());
  }

  /** Starts the demo and kills it at the instant; false when the job had come to its end before. */
  async killAt(instant: Instant): Promise<boolean> {
    if (instant.type === 'git') this.traced.holdNextGit(instant.command, instant.following);
    const child = this.start(instant);
    await this.untilReached(instant);
    if ('afterMs' in instant && instant.type !== 'commit')
      await Promise.race([wait(instant.afterMs), this.end]);
    if (this.ended) return false;
    const tree = listTree(child).map(identifyProcess);
    this.killsMs.push(Date.now());
    if ('alone' in instant) process.kill(child, 'SIGKILL');
    else await killTree(child);
    await this.end;
    this.traced.releaseGit();
    this.killed.push(...tree);
    this.kills.push(
      `${describeInstant(instant)}; ${this.progress} lines told, ${tree.length} processes`,
    );
    return true;
  }

  /** Starts the demo, or goes on with the one that was started, until it ends by itself. */
  async finish(): Promise<DemoEnd> {
    if (this.end === undefined || this.ended) this.start(undefined);
    await this.until(() => this.ended);
    if (this.end === undefined) throw new Error('no demo was started');
    return this.end;
  }

  /** Starts the demo without an instant in mind. */
  startOnly(): void {
    this.start(undefined);
  }

  async untilTold(text: string, times = 1): Promise<void> {
    await this.until(() => this.ended || this.isTold({ text, times }));
  }

  /** Lines told about the job, from its beginning on: the same after every restart. */
  get progress(): number {
    return this.stderr.filter((line) => /^\d\d:\d\d:\d\d {2}/u.test(line)).length;
  }

  /** Ends the NATS server alone, as the out-of-memory killer would. */
  async killNatsServer(): Promise<void> {
    // The record of a server that has just been started again is written a moment after clients are back.
    await vi.waitFor(async () => {
      const record = await readFile(join(this.home, 'nats', 'server.json'), 'utf8');
      process.kill(natsRecordSchema.parse(JSON.parse(record)).pid, 'SIGKILL');
    });
  }

  /** Everything of this job that still runs. */
  findSurvivors(): readonly string[] {
    return [
      ...this.killed.filter(isSameProcessAlive).map(({ pid }) => `killed process ${pid}`),
      ...findProcessesOf(this.folder),
    ];
  }

  /** For the message of a failure. */
  describe(): string {
    return [...this.kills.map((kill) => `killed ${kill}`), ...this.stderr.slice(-40)].join('\n');
  }

  async until(condition: () => boolean): Promise<void> {
    const giveUpAt = Date.now() + endTimeoutMs;
    while (!condition()) {
      if (Date.now() > giveUpAt)
        throw new Error(`waited ${endTimeoutMs} ms in vain\n${this.describe()}`);
      await wait(pollMs);
    }
  }

  async remove(): Promise<void> {
    if (this.child?.pid !== undefined && !this.ended) await killTree(this.child.pid);
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  private async untilReached(instant: Instant): Promise<void> {
    if (instant.type === 'command') {
      await this.until(() => this.ended || this.isTold(instant));
      const executed = this.traced.executions().length;
      await this.until(() => this.ended || this.traced.executions().length > executed);
    } else {
      await this.until(() => this.ended || this.isReached(instant));
    }
  }

  private isReached(instant: Exclude<Instant, { type: 'command' }>): boolean {
    switch (instant.type) {
      case 'startUp':
        return true;
      case 'line':
        return this.progress >= instant.line;
      case 'told':
        return this.isTold(instant);
      case 'git':
        return this.traced.isGitHeld();
      case 'commit':
        return this.stderr.some((line) => line.startsWith('halted '));
      default:
        return assertNever(instant);
    }
  }

  private isTold({ text, times = 1 }: { readonly text: string; readonly times?: number }): boolean {
    return this.stderr.filter((line) => line.includes(text)).length >= times;
  }

  private start(instant: Instant | undefined): number {
    const halting = instant?.type === 'commit';
    const program = halting
      ? [join('tests', 'programs', 'halting-demo.js')]
      : [join('cli', 'main.js'), 'demo', '--json', '--port', '0'];
    const [file = '', ...options] = program;
    this.stderr = [];
    this.ended = false;
    const child = spawn(process.execPath, [join(repositoryRoot, 'dist', file), ...options], {
      cwd: this.folder,
      env: {
        HOME: process.env['HOME'],
        PATH: this.traced.path,
        SIGNALBOX_HOME: this.home,
        NATS_SERVER: this.natsServer,
        ...(halting ? { HALT_AT: JSON.stringify(instant) } : {}),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (child.pid === undefined) throw new Error('the demo cannot be started');
    this.child = child;
    this.end = this.follow(child);
    return child.pid;
  }

  private async follow(child: ChildProcess): Promise<DemoEnd> {
    if (child.stdout === null || child.stderr === null)
      throw new Error('a child spawned with pipes has none');
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    const { stderr } = this;
    createInterface({ input: child.stderr }).on('line', (line) => stderr.push(line));
    await once(child, 'close');
    this.ended = true;
    return { exitCode: child.exitCode, stdout };
  }
}

/**
 * The demo job, from webhook to merged change. It holds no state of its own: every step looks at what is
 * there, so a demo that was killed goes on where it was, with nobody typing anything but the start.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { TriggerDefinition } from '../../actors/trigger/trigger.schema.ts';
import { testsCheckName } from '../../actors/coordinator/run-spec.schema.ts';
import { defaultSessionLimits } from '../../actors/session/session.schema.ts';
import { signBody } from '../../gateway/hooks/signature.ts';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import { runIdFor } from '../../runtime/contract/run-id.ts';
import type { ForgePort } from '../../actors/ports/forge.ts';
import type { CommandSender } from '../../runtime/core/ports.ts';
import type { HomeLayout } from '../home.ts';
import { packageRoot } from '../system/package-root.ts';
import { configureTrigger } from '../system/standing-actors.ts';
import { ensureTriggerSecret, writeTrigger } from '../system/triggers.ts';
import { demoIssue, demoReview } from './demo-files.ts';
import { ensureDemoRepository, type DemoRepository } from './demo-repository.ts';

const triggerId = 'demo';
const testTimeoutMs = 120_000;

export interface DemoContext {
  readonly home: HomeLayout;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly gatewayUrl: string;
  readonly commands: CommandSender;
  readonly forge: ForgePort;
  /** Repeats what failed because NATS is away until it is back: the demo's own part survives what the system survives. */
  readonly insist: <Value>(what: string, run: () => Promise<Value>) => Promise<Value>;
}

export interface DemoJob {
  readonly number: number;
  readonly run: string;
  readonly repository: DemoRepository;
}

const currentFile = 'current.json';
const currentSchema = z.object({
  number: z.number().int().positive(),
  /** Whether whoever started it has been told how it ended. */
  told: z.boolean(),
});

/** The demo that is under way, or a new one; its webhook is sent, once or again: repeats do nothing. */
export async function beginDemo(context: DemoContext): Promise<DemoJob> {
  const number = await chooseNumber(context);
  const repository = await ensureDemoRepository(
    join(context.home.demo, String(number)),
    context.environment,
  );
  const definition = describeTrigger(repository);
  const secret = await ensureTriggerSecret(context.home, triggerId);
  await writeTrigger(context.home, definition);
  await context.insist('trigger of the demo', () =>
    configureTrigger(context.commands, context.home, definition),
  );
  await context.insist('webhook of the demo', () =>
    sendWebhook(context.gatewayUrl, secret, deliveryId(number)),
  );
  return { number, repository, run: runIdFor(triggerId, deliveryId(number)) };
}

function deliveryId(number: number): string {
  return `demo-${number}`;
}

/** The demo that nobody has been told the end of, else the next one: a kill behind its end starts no other one. */
async function chooseNumber({ home }: DemoContext): Promise<number> {
  await mkdir(home.demo, { recursive: true, mode: 0o700 });
  const current = await readCurrent(home);
  if (current?.told === false) return current.number;
  const number = (current?.number ?? 0) + 1;
  await writeCurrent(home, { number, told: false });
  return number;
}

/** Whoever started the demo knows its end: the next one is another one. */
export async function concludeDemo(home: HomeLayout): Promise<void> {
  const current = await readCurrent(home);
  if (current !== undefined) await writeCurrent(home, { ...current, told: true });
}

async function readCurrent({
  demo,
}: HomeLayout): Promise<z.infer<typeof currentSchema> | undefined> {
  const text = await readFile(join(demo, currentFile), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : currentSchema.parse(JSON.parse(text));
}

async function writeCurrent(
  { demo }: HomeLayout,
  current: z.infer<typeof currentSchema>,
): Promise<void> {
  const file = join(demo, currentFile);
  await writeFile(`${file}.draft`, JSON.stringify(current));
  await rename(`${file}.draft`, file);
}

function describeTrigger(repository: DemoRepository): TriggerDefinition {
  return {
    id: triggerId,
    goalTemplate: '{{ issue.title }}\n\n{{ issue.body }}',
    condition: { path: 'action', equals: 'opened' },
    run: {
      repository: repository.path,
      workflow: 'change',
      model: {
        provider: 'replay',
        recording: join(packageRoot, 'cli', 'demo', 'recordings', 'slug.json'),
      },
      testCommand: 'npm test',
      testTimeoutMs,
      merge: {
        merge: 'whenGreen',
        review: 'addressed',
        requiredChecks: [testsCheckName],
        maxReviewRounds: 3,
      },
      limits: defaultSessionLimits,
      priority: 'normal',
    },
  };
}

async function sendWebhook(gatewayUrl: string, secret: string, delivery: string): Promise<void> {
  const body = JSON.stringify(demoIssue);
  const response = await fetch(new URL(`/hooks/${triggerId}`, gatewayUrl), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-signalbox-delivery': delivery,
      'x-signalbox-signature-256': signBody(secret, body),
    },
    body,
  });
  if (response.status === 202) return;
  throw new SignalboxError(
    'SB_COMMAND_REFUSED',
    `the gateway answered ${response.status} to the demo's webhook: ${await response.text()}`,
    { retryable: response.status >= 500 },
  );
}

/** Says what a reviewer would say, once; then tells the manager of the merge request to look. */
export async function reviewDemo(
  context: DemoContext,
  job: DemoJob,
  mergeRequest: { readonly repository: string; readonly number: number },
): Promise<void> {
  await context.forge.addComment(mergeRequest, {
    ...demoReview,
    verdict: 'changesRequested',
    idempotencyKey: `demo-review-${job.number}`,
  });
  const manager = { kind: 'merge-request', id: `${job.run}::merge-request` };
  await context.insist('review of the demo', () =>
    context.commands.deliver(manager, { type: 'forgeChanged' }, `demo-review-${job.run}`),
  );
}

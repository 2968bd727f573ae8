import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { findTestServerBinary, serverConfigFile } from '../runtime/testing/real-server.ts';

const root = join(import.meta.dirname, '..');

const composeSchema = z.object({
  services: z.object({
    nats: z.object({
      image: z.string(),
      network_mode: z.literal('host'),
      environment: z.record(z.string(), z.string()),
    }),
    signalbox: z.object({ network_mode: z.literal('host') }),
  }),
});

async function readCompose() {
  const text = await readFile(join(root, 'docker-compose.yml'), 'utf8');
  return composeSchema.parse(parse(text)).services;
}

/** As docker compose does it for `${NAME:?message}`. */
function fillIn(text: string): string {
  return text.replaceAll(/\$\{[A-Z_]+:\?[^}]*\}/g, '0123456789abcdef');
}

test('the containers run nats.conf: it is valid with their environment, and misses none of it', async () => {
  const { nats } = await readCompose();
  const env = Object.fromEntries(
    Object.entries(nats.environment).map(([name, value]) => [name, fillIn(value)]),
  );
  const check = [await findTestServerBinary(), ['-t', '--config', serverConfigFile]] as const;
  const { stderr } = await promisify(execFile)(...check, { env });
  expect(stderr).toContain('is valid');

  const configuration = await readFile(serverConfigFile, 'utf8');
  const settings = configuration.replaceAll(/#.*$/gm, '').match(/\$SIGNALBOX_[A-Z_]+/g) ?? [];
  expect(new Set(settings)).toEqual(new Set(Object.keys(env).map((name) => `$${name}`)));
});

test('the image is of a version the program accepts', async () => {
  const { nats } = await readCompose();
  const [, minor] = /^nats:2\.(\d+)\./.exec(nats.image) ?? [];
  expect(Number(minor)).toBeGreaterThanOrEqual(12);
});

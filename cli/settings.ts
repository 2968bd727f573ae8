/** Every setting, parsed once from environment and flags into one readonly object. Nothing else reads `process.env`. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { SignalboxError } from '../runtime/contract/errors.ts';
import { defaultRetention, type Retention } from '../runtime/nats/retention.ts';
import { mostWaiting, type SlotLimits } from '../runtime/mod.ts';

/** Digits only: a blank or `0x10` is a slip, not a number. */
const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .refine((text) => /^\d{1,6}$/u.test(text) && Number(text) >= least && Number(text) <= most, {
      error: `must be a whole number from ${least} to ${most}`,
    })
    .transform(Number);

const httpUrlSchema = z.string().refine(
  (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    return url?.protocol === 'http:' || url?.protocol === 'https:';
  },
  { error: 'must be an address that begins with https:// or http://' },
);

/** Credentials are split off at once: what is logged or stored as an address holds none. */
const natsUrl = (schemes: readonly string[], example: string) =>
  z.string().transform((text, context) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const user = decodePart(url?.username);
    const password = decodePart(url?.password);
    if (
      url === undefined ||
      url.host === '' ||
      !schemes.includes(url.protocol) ||
      user.status === 'malformed' ||
      password.status === 'malformed'
    ) {
      const message = `must look like ${example}, with % in a name or password written as %25`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
    // A path says which of several servers behind one address is meant.
    const path = url.pathname === '/' ? '' : url.pathname;
    return {
      url: `${url.protocol}//${url.host}${path}`,
      user: user.text,
      password: password.text,
    };
  });

/** One server, or those of a cluster: the first names user and password, the scheme may be left out behind it. */
const natsUrls = (schemes: readonly string[], example: string) =>
  z.string().transform((text, context) => {
    const [first = '', ...others] = text.split(',').map((part) => part.trim());
    const one = natsUrl(schemes, example);
    const parsed = [first, ...others.map((url) => withScheme(url, first))].map((url) =>
      one.safeParse(url),
    );
    const servers = parsed.flatMap(({ data }) => (data === undefined ? [] : [data]));
    const [leader] = servers;
    if (leader === undefined || servers.length < parsed.length) {
      const message = parsed.find(({ error }) => error !== undefined)?.error?.issues[0]?.message;
      context.addIssue({ code: 'custom', message: message ?? `must look like ${example}` });
      return z.NEVER;
    }
    return { ...leader, url: servers.map(({ url }) => url).join(',') };
  });

function withScheme(url: string, first: string): string {
  return url.includes('://') ? url : `${first.slice(0, first.indexOf('://'))}://${url}`;
}

type DecodedPart =
  | { readonly status: 'decoded'; readonly text: string | undefined }
  | { readonly status: 'malformed' };

function decodePart(part = ''): DecodedPart {
  try {
    return { status: 'decoded', text: part === '' ? undefined : decodeURIComponent(part) };
  } catch {
    // A lone % is no encoding of anything.
    return { status: 'malformed' };
  }
}

const settingsSchema = z.object({
  SIGNALBOX_HOME: z.string().min(1).optional(),
  SIGNALBOX_PORT: wholeNumber(0, 65_535).default(7070),
  SIGNALBOX_HOST: z.string().min(1).default('127.0.0.1'),
  SIGNALBOX_ALLOWED_HOSTS: z.string().default(''),
  /** How NATS writes: `always` syncs every message; `interval` is faster and may lose the last seconds on a power cut. */
  SIGNALBOX_SYNC: z.enum(['always', 'interval']).optional(),
  SIGNALBOX_MAX_SESSIONS: wholeNumber(1, 1_000).default(8),
  SIGNALBOX_MAX_SESSIONS_PER_REPOSITORY: wholeNumber(1, 1_000).optional(),
  /** Sessions that may wait for a slot; one more is refused. */
  SIGNALBOX_MAX_WAITING: wholeNumber(0, mostWaiting).default(mostWaiting),
  /** How long things are kept, in days; 0 keeps them for ever. */
  SIGNALBOX_RETENTION_EVENTS_DAYS: wholeNumber(0, 36_500).default(defaultRetention.eventsDays),
  SIGNALBOX_RETENTION_JOURNAL_DAYS: wholeNumber(0, 36_500).default(defaultRetention.journalDays),
  SIGNALBOX_RETENTION_ENDED_DAYS: wholeNumber(0, 36_500).default(defaultRetention.endedActorsDays),
  /** Of all workers together. */
  SIGNALBOX_MODEL_REQUESTS_PER_MINUTE: wholeNumber(1, 100_000).default(600),
  SIGNALBOX_MODEL: z.string().min(1).default('claude-opus-4-5'),
  /** `nats://user:password@host:port` of a server of your own; of a cluster, several with commas in between. */
  NATS_URL: natsUrls(['nats:', 'tls:'], 'nats://user:password@host:port').optional(),
  NATS_REPLICAS: wholeNumber(1, 5).optional(),
  /** `ws://user:password@host:port`: where browsers reach that server, with the user of nats.conf that may do the least. */
  NATS_WEBSOCKET_URL: natsUrl(['ws:', 'wss:'], 'ws://user:password@host:port')
    .refine(({ user, password }) => user !== undefined && password !== undefined, {
      error:
        'must name user and password (ws://user:password@host:port): browsers log in with them',
    })
    .optional(),
  NATS_SERVER: z.string().min(1).optional(),
  ANTHROPIC_API_KEY: z.string().min(1).optional(),
  ANTHROPIC_BASE_URL: httpUrlSchema.optional(),
  /** Where traces go; without it there are none. */
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrlSchema.optional(),
  OTEL_SERVICE_NAME: z.string().min(1).default('signalbox'),
  '--record': z.string().min(1).optional(),
});

/** What says nothing without the other, or against it. */
const settingsWithNatsSchema = settingsSchema.check(({ value, issues }) => {
  const refuse = (name: keyof typeof value, message: string): void => {
    if (value[name] === undefined) return;
    issues.push({ code: 'custom', path: [name], message, input: value[name] });
  };
  if (value.NATS_URL === undefined) {
    refuse('NATS_REPLICAS', 'is of a server of your own: set NATS_URL, too');
    refuse('NATS_WEBSOCKET_URL', 'is of a server of your own: set NATS_URL, too');
  } else {
    refuse(
      'SIGNALBOX_SYNC',
      'is of the embedded server; that of NATS_URL has its own configuration',
    );
  }
});

/** What a setting is called where it was given. */
const flagOf: Readonly<Partial<Record<string, keyof SettingFlags>>> = {
  SIGNALBOX_HOME: 'home',
  SIGNALBOX_PORT: 'port',
  SIGNALBOX_SYNC: 'sync',
  NATS_URL: 'nats',
};

export interface ExternalNats {
  readonly url: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly replicas: number;
  readonly console:
    | { readonly url: string; readonly user: string; readonly password: string }
    | undefined;
}

export interface Settings {
  /** Absolute. Holds all state. */
  readonly home: string;
  readonly gateway: {
    readonly host: string;
    readonly port: number;
    readonly allowedHosts: readonly string[];
  };
  readonly nats: ExternalNats | undefined;
  readonly natsServer: string | undefined;
  readonly syncMode: 'always' | 'interval';
  /** Of sessions at work and of those that wait. */
  readonly limits: SlotLimits;
  readonly retention: Retention;
  readonly modelRequestsPerMinute: number;
  readonly defaultModel: string;
  readonly anthropic: { readonly apiKey: string; readonly baseUrl: string | undefined } | undefined;
  readonly tracing: { readonly endpoint: string; readonly serviceName: string } | undefined;
  /** Where a live run is recorded to. */
  readonly record: string | undefined;
  /** The whole environment, for programs that are started. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface SettingFlags {
  readonly home?: string | undefined;
  readonly port?: string | undefined;
  readonly record?: string | undefined;
  readonly sync?: string | undefined;
  readonly nats?: string | undefined;
}

/** Throws `SB_CONFIG_INVALID` naming the variable or flag. Flags win over the environment. */
export function parseSettings(
  environment: Readonly<Record<string, string | undefined>>,
  flags: SettingFlags,
): Settings {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = settingsWithNatsSchema.safeParse({
    ...given,
    ...(flags.home === undefined ? {} : { SIGNALBOX_HOME: flags.home }),
    ...(flags.port === undefined ? {} : { SIGNALBOX_PORT: flags.port }),
    ...(flags.sync === undefined ? {} : { SIGNALBOX_SYNC: flags.sync }),
    ...(flags.nats === undefined ? {} : { NATS_URL: flags.nats }),
    '--record': flags.record,
  });
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `${nameSetting(path.join('.'), flags)}: ${message}`,
    );
    throw new SignalboxError(
      'SB_CONFIG_INVALID',
      `these settings are not accepted: ${problems.join('; ')}`,
      {
        next: 'Correct them in the environment or on the command line; README.md lists them.',
      },
    );
  }
  const values = parsed.data;
  return {
    home: resolve(values.SIGNALBOX_HOME ?? join(homedir(), '.signalbox')),
    gateway: {
      host: values.SIGNALBOX_HOST,
      port: values.SIGNALBOX_PORT,
      allowedHosts: values.SIGNALBOX_ALLOWED_HOSTS.split(',')
        .map((host) => host.trim())
        .filter((host) => host !== ''),
    },
    nats: readExternalNats(values),
    natsServer: values.NATS_SERVER,
    syncMode: values.SIGNALBOX_SYNC ?? 'always',
    limits: {
      total: values.SIGNALBOX_MAX_SESSIONS,
      maxWaiting: values.SIGNALBOX_MAX_WAITING,
      ...(values.SIGNALBOX_MAX_SESSIONS_PER_REPOSITORY === undefined
        ? {}
        : { perKey: values.SIGNALBOX_MAX_SESSIONS_PER_REPOSITORY }),
    },
    retention: {
      eventsDays: values.SIGNALBOX_RETENTION_EVENTS_DAYS,
      journalDays: values.SIGNALBOX_RETENTION_JOURNAL_DAYS,
      endedActorsDays: values.SIGNALBOX_RETENTION_ENDED_DAYS,
    },
    modelRequestsPerMinute: values.SIGNALBOX_MODEL_REQUESTS_PER_MINUTE,
    defaultModel: values.SIGNALBOX_MODEL,
    anthropic:
      values.ANTHROPIC_API_KEY === undefined
        ? undefined
        : { apiKey: values.ANTHROPIC_API_KEY, baseUrl: values.ANTHROPIC_BASE_URL },
    tracing:
      values.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
        ? undefined
        : {
            endpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT,
            serviceName: values.OTEL_SERVICE_NAME,
          },
    record: values['--record'] === undefined ? undefined : resolve(values['--record']),
    environment,
  };
}

function nameSetting(name: string, flags: SettingFlags): string {
  const flag = flagOf[name];
  return flag === undefined || flags[flag] === undefined ? name : `--${flag}`;
}

function readExternalNats(values: z.infer<typeof settingsSchema>): ExternalNats | undefined {
  const { NATS_URL: server, NATS_WEBSOCKET_URL: live, NATS_REPLICAS: replicas = 1 } = values;
  if (server === undefined) return undefined;
  const { url, user, password } = server;
  return {
    url,
    user,
    password,
    replicas,
    console:
      live?.user === undefined || live.password === undefined
        ? undefined
        : { url: live.url, user: live.user, password: live.password },
  };
}

/** Every setting, parsed once from environment and flags into one readonly object. Nothing else reads `process.env`. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { SignalboxError } from '../runtime/contract/errors.ts';

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
  SIGNALBOX_SYNC: z.enum(['always', 'interval']).default('always'),
  SIGNALBOX_MAX_SESSIONS: wholeNumber(1, 1_000).default(8),
  SIGNALBOX_MODEL: z.string().min(1).default('claude-opus-4-5'),
  /** `nats://user:password@host:port` of a server of your own. */
  NATS_URL: natsUrl(['nats:', 'tls:'], 'nats://user:password@host:port').optional(),
  NATS_REPLICAS: wholeNumber(1, 5).default(1),
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
  '--record': z.string().min(1).optional(),
});

/** What a setting is called where it was given. */
const flagOf: Readonly<Partial<Record<string, keyof SettingFlags>>> = {
  SIGNALBOX_HOME: 'home',
  SIGNALBOX_PORT: 'port',
  SIGNALBOX_SYNC: 'sync',
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
  readonly maxSessions: number;
  readonly defaultModel: string;
  readonly anthropic: { readonly apiKey: string; readonly baseUrl: string | undefined } | undefined;
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
}

/** Throws `SB_CONFIG_INVALID` naming the variable or flag. Flags win over the environment. */
export function parseSettings(
  environment: Readonly<Record<string, string | undefined>>,
  flags: SettingFlags,
): Settings {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = settingsSchema.safeParse({
    ...given,
    ...(flags.home === undefined ? {} : { SIGNALBOX_HOME: flags.home }),
    ...(flags.port === undefined ? {} : { SIGNALBOX_PORT: flags.port }),
    ...(flags.sync === undefined ? {} : { SIGNALBOX_SYNC: flags.sync }),
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
    syncMode: values.SIGNALBOX_SYNC,
    maxSessions: values.SIGNALBOX_MAX_SESSIONS,
    defaultModel: values.SIGNALBOX_MODEL,
    anthropic:
      values.ANTHROPIC_API_KEY === undefined
        ? undefined
        : { apiKey: values.ANTHROPIC_API_KEY, baseUrl: values.ANTHROPIC_BASE_URL },
    record: values['--record'] === undefined ? undefined : resolve(values['--record']),
    environment,
  };
}

function nameSetting(name: string, flags: SettingFlags): string {
  const flag = flagOf[name];
  return flag === undefined || flags[flag] === undefined ? name : `--${flag}`;
}

function readExternalNats(values: z.infer<typeof settingsSchema>): ExternalNats | undefined {
  const { NATS_URL: server, NATS_WEBSOCKET_URL: live, NATS_REPLICAS: replicas } = values;
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

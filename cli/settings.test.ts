/** What is set where, what wins, and what is refused by name. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SignalboxError } from '../runtime/contract/errors.ts';
import { parseSettings, type SettingFlags, type Settings } from './settings.ts';

type Environment = Readonly<Record<string, string>>;

function parse(environment: Environment = {}, flags: SettingFlags = {}): Settings {
  return parseSettings(environment, flags);
}

function refusalOf(environment: Environment, flags: SettingFlags = {}): SignalboxError {
  try {
    parse(environment, flags);
  } catch (error) {
    if (error instanceof SignalboxError) return error;
    throw error;
  }
  throw new Error('the settings were accepted');
}

/** The settings without the environment itself, which is passed on whole. */
function withoutEnvironment(settings: Settings): Omit<Settings, 'environment'> {
  const { environment: _, ...rest } = settings;
  return rest;
}

const natsUrl = 'nats://signalbox:s3cret%40%2F@nats.example:4222';

describe('without anything set', () => {
  it('the system is one for this machine alone', () => {
    expect(withoutEnvironment(parse())).toEqual({
      home: join(homedir(), '.signalbox'),
      gateway: { host: '127.0.0.1', port: 7070, allowedHosts: [] },
      nats: undefined,
      natsServer: undefined,
      syncMode: 'always',
      limits: { total: 8, maxWaiting: 2_000 },
      retention: { eventsDays: 30, journalDays: 14, endedActorsDays: 90 },
      modelRequestsPerMinute: 600,
      defaultModel: 'claude-opus-4-5',
      anthropic: undefined,
      record: undefined,
    });
  });
});

describe('a variable takes effect', () => {
  it.each<[string, Environment, Partial<Settings>]>([
    ['SIGNALBOX_HOME', { SIGNALBOX_HOME: '/tmp/home' }, { home: '/tmp/home' }],
    ['SIGNALBOX_HOME, relative', { SIGNALBOX_HOME: 'home' }, { home: resolve('home') }],
    [
      'SIGNALBOX_PORT, SIGNALBOX_HOST, SIGNALBOX_ALLOWED_HOSTS',
      {
        SIGNALBOX_PORT: '0',
        SIGNALBOX_HOST: '127.0.0.2',
        SIGNALBOX_ALLOWED_HOSTS: ' box.example, ,box.example:8443,',
      },
      {
        gateway: {
          host: '127.0.0.2',
          port: 0,
          allowedHosts: ['box.example', 'box.example:8443'],
        },
      },
    ],
    ['SIGNALBOX_SYNC', { SIGNALBOX_SYNC: 'interval' }, { syncMode: 'interval' }],
    [
      'the retention',
      {
        SIGNALBOX_RETENTION_EVENTS_DAYS: '7',
        SIGNALBOX_RETENTION_JOURNAL_DAYS: '3',
        SIGNALBOX_RETENTION_ENDED_DAYS: '0',
      },
      { retention: { eventsDays: 7, journalDays: 3, endedActorsDays: 0 } },
    ],
    [
      'SIGNALBOX_MAX_SESSIONS',
      { SIGNALBOX_MAX_SESSIONS: '3' },
      { limits: { total: 3, maxWaiting: 2_000 } },
    ],
    [
      'SIGNALBOX_MAX_SESSIONS_PER_REPOSITORY',
      { SIGNALBOX_MAX_SESSIONS_PER_REPOSITORY: '2' },
      { limits: { total: 8, maxWaiting: 2_000, perKey: 2 } },
    ],
    [
      'SIGNALBOX_MAX_WAITING',
      { SIGNALBOX_MAX_WAITING: '0' },
      { limits: { total: 8, maxWaiting: 0 } },
    ],
    [
      'SIGNALBOX_MODEL_REQUESTS_PER_MINUTE',
      { SIGNALBOX_MODEL_REQUESTS_PER_MINUTE: '50' },
      { modelRequestsPerMinute: 50 },
    ],
    ['SIGNALBOX_MODEL', { SIGNALBOX_MODEL: 'another' }, { defaultModel: 'another' }],
    ['NATS_SERVER', { NATS_SERVER: '/opt/nats-server' }, { natsServer: '/opt/nats-server' }],
    [
      'ANTHROPIC_API_KEY',
      { ANTHROPIC_API_KEY: 'key' },
      { anthropic: { apiKey: 'key', baseUrl: undefined } },
    ],
    [
      'ANTHROPIC_BASE_URL',
      { ANTHROPIC_API_KEY: 'key', ANTHROPIC_BASE_URL: 'http://127.0.0.1:1' },
      { anthropic: { apiKey: 'key', baseUrl: 'http://127.0.0.1:1' } },
    ],
    [
      'NATS_URL, NATS_REPLICAS',
      { NATS_URL: 'nats://nats.example:4222', NATS_REPLICAS: '3' },
      {
        nats: {
          url: 'nats://nats.example:4222',
          user: undefined,
          password: undefined,
          replicas: 3,
          console: undefined,
        },
      },
    ],
  ])('%s', (_, environment, expected) => {
    expect(parse(environment)).toMatchObject(expected);
  });

  it('and is passed on with the rest of the environment', () => {
    const environment = { SIGNALBOX_PORT: '0', OTHER: 'x' };
    expect(parse(environment).environment).toEqual(environment);
  });
});

describe('a flag', () => {
  const environment = {
    SIGNALBOX_HOME: '/tmp/of-environment',
    SIGNALBOX_PORT: '1',
    SIGNALBOX_SYNC: 'interval',
  };

  it('wins over the variable', () => {
    const settings = parse(environment, { home: '/tmp/of-flag', port: '2', sync: 'always' });
    expect(settings.home).toBe('/tmp/of-flag');
    expect(settings.gateway.port).toBe(2);
    expect(settings.syncMode).toBe('always');
  });

  it('wins over a variable that would be refused', () => {
    expect(parse({ SIGNALBOX_PORT: 'many' }, { port: '2' }).gateway.port).toBe(2);
  });

  it('that is not given leaves the variable alone', () => {
    const settings = parse(environment, { home: undefined });
    expect(settings.home).toBe('/tmp/of-environment');
    expect(settings.gateway.port).toBe(1);
    expect(settings.syncMode).toBe('interval');
  });

  it('names the recording, from the folder one is in', () => {
    expect(parse({}, { record: 'run.json' }).record).toBe(resolve('run.json'));
  });
});

it('an empty variable counts as not set', () => {
  const names = [
    'SIGNALBOX_HOME',
    'SIGNALBOX_PORT',
    'SIGNALBOX_HOST',
    'SIGNALBOX_ALLOWED_HOSTS',
    'SIGNALBOX_SYNC',
    'SIGNALBOX_MAX_SESSIONS',
    'SIGNALBOX_MODEL_REQUESTS_PER_MINUTE',
    'SIGNALBOX_MODEL',
    'NATS_URL',
    'NATS_REPLICAS',
    'NATS_WEBSOCKET_URL',
    'NATS_SERVER',
    'ANTHROPIC_API_KEY',
    'ANTHROPIC_BASE_URL',
  ];
  const empty = Object.fromEntries(names.map((name) => [name, '']));
  expect(withoutEnvironment(parse(empty))).toEqual(withoutEnvironment(parse()));
});

describe('a cluster', () => {
  it('is named by its servers; the first says who we are, and the scheme of those without', () => {
    expect(parse({}, { nats: 'tls://us:s3cret@a:4222, b:4222,tls://c:4222' }).nats).toMatchObject({
      url: 'tls://a:4222,tls://b:4222,tls://c:4222',
      user: 'us',
      password: 's3cret',
    });
  });

  it('is refused as a whole when one of its servers is none', () => {
    expect(refusalOf({ NATS_URL: 'nats://a:4222,nats://b:port' }).message).toContain('NATS_URL');
    expect(refusalOf({ NATS_URL: 'nats://a:4222,' }).message).toContain('NATS_URL');
  });
});

describe('what says nothing', () => {
  it.each<[string, Environment, SettingFlags]>([
    ['NATS_REPLICAS', { NATS_REPLICAS: '3' }, {}],
    ['NATS_WEBSOCKET_URL', { NATS_WEBSOCKET_URL: 'ws://console:x@host:1' }, {}],
    ['SIGNALBOX_SYNC', { NATS_URL: 'nats://host:4222', SIGNALBOX_SYNC: 'always' }, {}],
    ['--sync', { NATS_URL: 'nats://host:4222' }, { sync: 'always' }],
  ])('without NATS_URL, or beside it, is refused: %s', (name, environment, flags) => {
    expect(() => parse(environment, flags)).toThrowError(name);
  });
});

describe('credentials of NATS', () => {
  it('are split off the addresses, and decoded', () => {
    const { nats } = parse({
      NATS_URL: natsUrl,
      NATS_WEBSOCKET_URL: 'wss://console:also%20s3cret@nats.example:4223/live',
    });
    expect(nats).toEqual({
      url: 'nats://nats.example:4222',
      user: 'signalbox',
      password: 's3cret@/',
      replicas: 1,
      console: {
        url: 'wss://nats.example:4223/live',
        user: 'console',
        password: 'also s3cret',
      },
    });
  });

  it.each([
    'nats://signalbox:s3cret@nats.example:4222',
    'nats://s3cret@nats.example:4222/',
    'tls://signalbox:s3cret@[::1]:4222?token=s3cret#s3cret',
  ])('never remain in the address of %s', (url) => {
    expect(parse({ NATS_URL: url }).nats?.url).not.toContain('s3cret');
  });

  it('are not in the words of a refusal', () => {
    for (const url of ['http://signalbox:s3cret@host', 'nats://signalbox:s3cret%@host', 's3cret']) {
      expect(refusalOf({ NATS_URL: url }).message).not.toContain('s3cret');
    }
  });

  it('must be in the address that browsers get', () => {
    for (const url of ['ws://nats.example:4223', 'ws://console@nats.example:4223']) {
      const { message } = refusalOf({ NATS_URL: natsUrl, NATS_WEBSOCKET_URL: url });
      expect(message).toContain('NATS_WEBSOCKET_URL: must name user and password');
    }
  });
});

describe('a refusal names', () => {
  it.each([
    ['SIGNALBOX_PORT', '65536'],
    ['SIGNALBOX_PORT', '-1'],
    ['SIGNALBOX_PORT', ' '],
    ['SIGNALBOX_PORT', '0x10'],
    ['SIGNALBOX_SYNC', 'never'],
    ['SIGNALBOX_MAX_SESSIONS', '0'],
    ['SIGNALBOX_MAX_SESSIONS', '2.5'],
    ['SIGNALBOX_MAX_SESSIONS', 'many'],
    ['SIGNALBOX_MAX_SESSIONS_PER_REPOSITORY', '0'],
    ['SIGNALBOX_MAX_WAITING', '2001'],
    ['SIGNALBOX_RETENTION_ENDED_DAYS', '-1'],
    ['NATS_URL', 'nats.example:4222'],
    ['NATS_URL', 'http://nats.example:4222'],
    ['NATS_URL', 'nats://user:half%@nats.example:4222'],
    ['NATS_REPLICAS', '6'],
    ['NATS_WEBSOCKET_URL', 'nats://user:password@nats.example:4222'],
    ['ANTHROPIC_BASE_URL', 'api.example'],
  ])('the variable %s that is "%s"', (name, value) => {
    const error = refusalOf({ [name]: value });
    expect(error.code).toBe('SB_CONFIG_INVALID');
    expect(error.message).toContain(`${name}: `);
    expect(error.next).toMatch(/\S/u);
  });

  it.each<[string, SettingFlags]>([
    ['--port', { port: 'many' }],
    ['--port', { port: '' }],
    ['--home', { home: '' }],
    ['--sync', { sync: 'never' }],
    ['--record', { record: '' }],
  ])('the flag %s', (name, flags) => {
    const { message } = refusalOf({ SIGNALBOX_PORT: '1' }, flags);
    expect(message).toContain(`${name}: `);
    expect(message).not.toContain('SIGNALBOX_');
  });

  it('everything that is wrong, at once', () => {
    const { message } = refusalOf({ SIGNALBOX_PORT: 'x', NATS_REPLICAS: 'y' }, { sync: 'z' });
    for (const name of ['SIGNALBOX_PORT', 'NATS_REPLICAS', '--sync'])
      expect(message).toContain(name);
  });
});

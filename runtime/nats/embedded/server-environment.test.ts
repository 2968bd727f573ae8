import { expect, test } from 'vitest';
import { createPasswords, serverEnvironment } from './server-environment.ts';

const settings = {
  clientPort: 0,
  websocketPort: 4223,
  storeDir: '/home/o"brien/back\\slash',
  syncMode: 'always',
  allowedOrigins: ['http://127.0.0.1:7070', 'http://localhost:7070'],
  passwords: { signalbox: '123', console: 'two', monitor: 'three' },
} as const;

test('texts are quoted as NATS reads them, ports and lists are not', () => {
  expect(serverEnvironment(settings)).toEqual({
    SIGNALBOX_NATS_PORT: '-1',
    SIGNALBOX_NATS_WEBSOCKET_PORT: '4223',
    SIGNALBOX_NATS_STORE: '"/home/o\\"brien/back\\\\slash"',
    SIGNALBOX_NATS_SYNC: '"always"',
    SIGNALBOX_NATS_ORIGINS: '["http://127.0.0.1:7070", "http://localhost:7070"]',
    SIGNALBOX_NATS_PASSWORD: '"123"',
    SIGNALBOX_NATS_CONSOLE_PASSWORD: '"two"',
    SIGNALBOX_NATS_MONITOR_PASSWORD: '"three"',
  });
});

test('no origin means no page, where NATS would let every page in', () => {
  const environment = serverEnvironment({ ...settings, allowedOrigins: [] });
  expect(environment['SIGNALBOX_NATS_ORIGINS']).toBe('["http://nobody.invalid"]');
});

test('passwords differ between users and between starts', () => {
  const all = [createPasswords(), createPasswords()].flatMap((passwords) => [
    passwords.signalbox,
    passwords.console,
    passwords.monitor,
  ]);
  expect(new Set(all).size).toBe(6);
});

import { expect, test } from 'vitest';
import { compareVersions, isRecentEnough, parseVersion } from './server-version.ts';

test.each([
  ['nats-server: v2.15.1\n', '2.15.1'],
  ['2.10.18-1ubuntu1', '2.10.18'],
  ['2.12.0-RC.3', '2.12.0'],
  ['nats-server', undefined],
])('the version in %j is %s', (text, version) => {
  expect(parseVersion(text)).toBe(version);
});

test('versions compare by number, not by letter', () => {
  expect(compareVersions('2.9.10', '2.12.0')).toBeLessThan(0);
  expect(compareVersions('2.12.0', '2.12.0')).toBe(0);
  expect(compareVersions('3.0.0', '2.99.99')).toBeGreaterThan(0);
});

test.each([
  ['2.11.9', false],
  ['2.12.0', true],
  ['2.15.1', true],
])('%s is recent enough: %s', (version, expected) => {
  expect(isRecentEnough(version)).toBe(expected);
});

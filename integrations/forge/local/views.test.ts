import { describe, expect, it } from 'vitest';
import { commandFor } from './views.ts';

describe('commandFor', () => {
  it.each([
    ['/srv/a.git', '/srv/a.git'],
    ['/srv/with space', "'/srv/with space'"],
    ["/srv/it's $(odd)", `'/srv/it'\\''s $(odd)'`],
  ])('quotes %s', (repository, quoted) => {
    expect(commandFor({ repository, number: 7 })).toBe(`signalbox mr show --repo ${quoted} 7`);
  });
});

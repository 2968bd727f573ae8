import { describe, expect, it } from 'vitest';
import { allPools, allRoles, describeRoles, parseRoles } from './roles.ts';

const none = { actors: false, pools: [], gateway: false, history: false };

describe('roles', () => {
  it.each([
    ['actors', { ...none, actors: true }],
    ['effects', { ...none, pools: allPools }],
    ['effects=tools', { ...none, pools: ['tools'] }],
    ['effects=tools,git,gateway', { ...none, pools: ['tools', 'git'], gateway: true }],
    ['history, actors', { ...none, actors: true, history: true }],
    ['actors,effects,gateway,history', allRoles],
  ])('%s', (text, expected) => {
    expect(parseRoles(text)).toEqual(expected);
  });

  it.each([
    ['everything', '"everything" is none'],
    ['', '"" is none'],
    ['actors,tools', '"tools" is none'],
    ['effects,tools', '"tools" is none'],
    ['effects=hammers', '"hammers" is neither a role nor a pool'],
    ['effects=', '"" is neither a role nor a pool'],
    ['effects=tools,hammers', '"hammers" is neither a role nor a pool'],
    ['actors=tools', '"actors=tools" is none'],
  ])('"%s" is refused', (text, reason) => {
    expect(() => parseRoles(text)).toThrowError(reason);
    expect(() => parseRoles(text)).toThrowError(
      expect.objectContaining({ code: 'SB_INPUT_INVALID' }),
    );
  });

  it('are said in words', () => {
    expect(describeRoles(parseRoles('actors,effects=git,history'))).toBe(
      'hosts actors; runs effects of git; keeps history',
    );
  });
});

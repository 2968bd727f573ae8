/** What a process does for the system: `--roles` as text, parsed and described. Pure. */
import { SignalboxError } from '../../runtime/contract/errors.ts';
import { poolConcurrency } from './actors.ts';

export type PoolName = keyof typeof poolConcurrency;

export interface Roles {
  /** Hosts actors: decides, and runs their local effects. */
  readonly actors: boolean;
  /** Runs the effects of these pools. */
  readonly pools: readonly PoolName[];
  /** HTTP, console, triggers. */
  readonly gateway: boolean;
  /** Keeps the read model. */
  readonly history: boolean;
}

const roleNames = ['actors', 'effects', 'gateway', 'history'] as const;
type RoleName = (typeof roleNames)[number];

export const allPools = Object.keys(poolConcurrency).filter(isPool);
export const allRoles: Roles = { actors: true, pools: allPools, gateway: true, history: true };

/** `actors,effects=tools,git,history`: names behind `effects=` are pools up to the next role. Throws `SB_INPUT_INVALID`. */
export function parseRoles(text: string): Roles {
  const given = new Set<RoleName>();
  const pools = new Set<PoolName>();
  let namesPools = false;
  for (const word of text.split(',').map((part) => part.trim())) {
    const [name, pool] = splitOnce(word);
    if (isRole(name) && (pool === undefined || name === 'effects')) {
      given.add(name);
      namesPools = pool !== undefined;
      if (name === 'effects') addPools(pools, pool, text);
    } else if (namesPools) addPools(pools, word, text);
    else throw refuse(text, `"${word}" is none`);
  }
  return {
    actors: given.has('actors'),
    pools: [...pools],
    gateway: given.has('gateway'),
    history: given.has('history'),
  };
}

/** As a person would say it. */
export function describeRoles({ actors, pools, gateway, history }: Roles): string {
  const parts = [
    ...(actors ? ['hosts actors'] : []),
    ...(pools.length > 0 ? [`runs effects of ${pools.join(', ')}`] : []),
    ...(gateway ? ['serves the gateway'] : []),
    ...(history ? ['keeps history'] : []),
  ];
  return parts.join('; ');
}

function addPools(pools: Set<PoolName>, name: string | undefined, text: string): void {
  if (name === undefined) for (const pool of allPools) pools.add(pool);
  else if (isPool(name)) pools.add(name);
  else throw refuse(text, `"${name}" is neither a role nor a pool`);
}

function splitOnce(word: string): readonly [string, string | undefined] {
  const at = word.indexOf('=');
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

function isRole(name: string): name is RoleName {
  return roleNames.some((role) => role === name);
}

function isPool(name: string): name is PoolName {
  return Object.hasOwn(poolConcurrency, name);
}

function refuse(text: string, reason: string): SignalboxError {
  return new SignalboxError('SB_INPUT_INVALID', `--roles ${text}: ${reason}`, {
    next: `The roles are ${roleNames.join(', ')}; effects may name pools, as in effects=${allPools.join(',')}.`,
  });
}

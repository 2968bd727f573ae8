/** What the workers of the benchmarks host, in this process and in processes of their own. */
import { createRegistry, type Registry } from '../runtime/core/registry.ts';
import { alarm } from './alarm.machine.ts';
import { chainPool, localChain, poolChain } from './chain.machine.ts';
import { echo } from './echo.machine.ts';
import { ledger } from './ledger.machine.ts';
import { waiter } from './waiter.machine.ts';

/** Effects of the pool that run at once. */
const poolConcurrency = 64;

export const concurrency = { [chainPool]: poolConcurrency };

export function createBenchRegistry(): Registry {
  return createRegistry([alarm, ledger, localChain, poolChain, echo, waiter]);
}

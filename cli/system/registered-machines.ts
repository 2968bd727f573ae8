/** The actor kinds of this program for looking at machines only: nothing of it can be run. */
import { SignalboxError } from '../../runtime/contract/errors.ts';
import { createRegistry, type Registry } from '../../runtime/core/registry.ts';
import type { Settings } from '../settings.ts';
import { createActors } from './actors.ts';
import type { SystemLog } from './log.ts';
import type { Stores } from './patient-stores.ts';

export function registerMachines(settings: Settings, log: SystemLog): Registry {
  return createRegistry(createActors(settings, noStores, log, new AbortController().signal));
}

const refuse = (): Promise<never> =>
  Promise.reject(
    new SignalboxError('SB_NATS_UNAVAILABLE', 'machines are looked at without their stores'),
  );
const noStores: Stores = {
  blobs: { put: refuse, get: refuse },
  transcripts: { append: refuse, read: refuse },
};

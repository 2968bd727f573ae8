/** Where things lie in the home folder. Pure. */
import { join } from 'node:path';

export interface HomeLayout {
  readonly root: string;
  readonly nats: string;
  readonly record: string;
  readonly history: string;
  readonly worktrees: string;
  readonly triggers: string;
  readonly secrets: string;
  readonly login: string;
  readonly log: string;
  readonly metricsToken: string;
  readonly workerId: string;
  readonly demo: string;
}

export function layOutHome(root: string): HomeLayout {
  return {
    root,
    nats: join(root, 'nats'),
    record: join(root, 'system.json'),
    history: join(root, 'history', 'history.sqlite'),
    worktrees: join(root, 'worktrees'),
    triggers: join(root, 'triggers'),
    secrets: join(root, 'secrets'),
    login: join(root, 'login'),
    log: join(root, 'logs', 'signalbox.log'),
    metricsToken: join(root, 'metrics-token'),
    workerId: join(root, 'worker-id'),
    demo: join(root, 'demo'),
  };
}

/** The route table: which page belongs to which path. Pages are loaded when they are first opened. */
import type { PageModule } from '../pages/open-page.ts';
import { matchPath, type PathParameters } from './match-path.ts';

export interface Route {
  readonly pattern: string;
  readonly load: () => Promise<PageModule>;
}

const routes: readonly Route[] = [
  { pattern: '/', load: () => import('../pages/runs/page.ts') },
  { pattern: '/runs/:id', load: () => import('../pages/run/page.ts') },
];

const missing: Route = { pattern: '*', load: () => import('../pages/missing/page.ts') };

export function findRoute(path: string): {
  readonly route: Route;
  readonly parameters: PathParameters;
} {
  for (const route of routes) {
    const parameters = matchPath(route.pattern, path);
    if (parameters !== undefined) return { route, parameters };
  }
  return { route: missing, parameters: {} };
}

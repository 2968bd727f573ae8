/** What a page gives the console when it is opened. Each page module exports one such function. */
import type { Clock } from '../clock/clock.ts';
import type { Router } from '../router/router.ts';
import type { PathParameters } from '../router/match-path.ts';
import type { Live } from '../transport/live.ts';
import type { Rest } from '../transport/rest.ts';

/** A page takes from these what it needs and passes on no more: actions get the transport, elements data. */
export interface PageServices {
  readonly rest: Rest;
  readonly live: Live;
  readonly router: Router;
  readonly clock: Clock;
  readonly newId: () => string;
}

export interface OpenPage {
  readonly element: HTMLElement;
  close(): void;
}

export type PageModule = {
  openPage(services: PageServices, parameters: PathParameters): OpenPage;
};

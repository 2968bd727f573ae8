/**
 * The address bar: says which path is open, and turns clicks on links of this console into navigation
 * without a page load. What belongs to an address is decided by the route table.
 */
import { createStore } from '@xstate/store';

export interface Place {
  readonly path: string;
  readonly query: string;
}

export type PlaceStore = ReturnType<typeof createPlaceStore>;

function createPlaceStore(place: Place) {
  return createStore({
    context: { place },
    on: { moved: (_context, event: { readonly place: Place }) => ({ place: event.place }) },
  });
}

export interface Router {
  readonly store: PlaceStore;
  /** Goes to an address of this console; `replace` leaves no entry to go back to. */
  navigate(address: string, how?: 'push' | 'replace'): void;
  stop(): void;
}

export function startRouter(browser: Window): Router {
  const read = (): Place => ({
    path: browser.location.pathname,
    query: browser.location.search,
  });
  const store = createPlaceStore(read());
  const moved = (): void => store.trigger.moved({ place: read() });
  const navigate: Router['navigate'] = (address, how = 'push') => {
    if (how === 'push') browser.history.pushState(undefined, '', address);
    else browser.history.replaceState(undefined, '', address);
    moved();
  };
  const clicked = (event: MouseEvent): void => {
    const address = addressOfClick(event, browser.location.origin);
    if (address === undefined) return;
    event.preventDefault();
    navigate(address);
  };
  browser.addEventListener('popstate', moved);
  browser.addEventListener('click', clicked);
  return {
    store,
    navigate,
    stop: () => {
      browser.removeEventListener('popstate', moved);
      browser.removeEventListener('click', clicked);
    },
  };
}

/** The address within this console that a plain click on a link asks for. */
function addressOfClick(event: MouseEvent, origin: string): string | undefined {
  const isPlain =
    event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!isPlain || event.defaultPrevented) return undefined;
  const link = event.composedPath().find((target) => target instanceof HTMLAnchorElement);
  if (link === undefined || link.target !== '' || link.hasAttribute('download')) return undefined;
  if (link.origin !== origin || link.hash !== '') return undefined;
  return `${link.pathname}${link.search}`;
}

/** Renders a Lit element again whenever a store changes, for as long as the element is connected. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';

interface Watchable<Context> {
  get(): { readonly context: Context };
  subscribe(listener: () => void): { unsubscribe(): void };
}

export class StoreController<Context> implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #store: Watchable<Context>;
  #end = (): void => undefined;

  constructor(host: ReactiveControllerHost, store: Watchable<Context>) {
    this.#host = host;
    this.#store = store;
    host.addController(this);
  }

  get value(): Context {
    return this.#store.get().context;
  }

  hostConnected(): void {
    const subscription = this.#store.subscribe(() => this.#host.requestUpdate());
    this.#end = () => subscription.unsubscribe();
    this.#host.requestUpdate();
  }

  hostDisconnected(): void {
    this.#end();
  }
}

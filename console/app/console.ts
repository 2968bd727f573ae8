/** The frame of the console: the bar with the connection indicator, and the page that is open. */
import { LitElement, html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import '../elements/connection-indicator/connection-indicator.ts';
import '../elements/notice-box/notice-box.ts';
import { baseStyles } from '../elements/base.styles.ts';
import type { OpenPage, PageServices } from '../pages/open-page.ts';
import '../pages/login/page.ts';
import { StoreController } from '../reactive/store-controller.ts';
import { findRoute } from '../router/routes.ts';
import type { AccessState, AccessStore } from './access.ts';
import { consoleStyles } from './console.styles.ts';
import type { LiveState } from '../transport/live-state.ts';

@customElement('sb-console')
export class Console extends LitElement {
  static override readonly styles = [baseStyles, consoleStyles];

  #services: PageServices | undefined;
  #access: StoreController<AccessState> | undefined;
  #live: StoreController<{ readonly state: LiveState }> | undefined;
  #openPath: string | undefined;
  @state() private page: OpenPage | undefined;
  @state() private loadFailed = false;

  /** Called once by main.ts. */
  connect(services: PageServices, access: AccessStore): void {
    this.#services = services;
    this.#access = new StoreController(this, access);
    this.#live = new StoreController(this, services.live.store);
    services.router.store.subscribe(() => void this.#openPage());
    void this.#openPage();
  }

  async #openPage(): Promise<void> {
    const services = this.#services;
    const path = services?.router.store.get().context.place.path;
    if (services === undefined || path === undefined || path === this.#openPath) return;
    const isFirst = this.#openPath === undefined;
    this.#openPath = path;
    const { route, parameters } = findRoute(path);
    try {
      const module = await route.load();
      if (this.#openPath !== path) return;
      this.page?.close();
      this.page = module.openPage(services, parameters);
      this.loadFailed = false;
      if (!isFirst) await this.#focusPage();
    } catch {
      // After an update of the server the files of the old console are gone.
      this.loadFailed = true;
    }
  }

  /** Whoever navigates by keyboard or screen reader starts at the top of the new page. */
  async #focusPage(): Promise<void> {
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('main')?.focus({ preventScroll: true });
    scrollTo({ top: 0 });
  }

  protected override render() {
    const access = this.#access?.value;
    const isLoginRequired = access?.isLoginRequired === true;
    return html`
      <header>
        <a class="brand" href="/">${signal} Signalbox</a>
        ${
          access === undefined || isLoginRequired
            ? nothing
            : html`<sb-connection-indicator
                .state=${this.#live?.value.state}
                .heardMs=${access.heardMs}
              ></sb-connection-indicator>`
        }
      </header>
      <main tabindex="-1">
        ${isLoginRequired ? html`<sb-login-page></sb-login-page>` : this.#renderPage()}
      </main>
    `;
  }

  #renderPage() {
    if (!this.loadFailed) return this.page?.element ?? nothing;
    return html`<sb-notice class="frame" heading="This page could not be loaded" tone="warning">
      <p>The console may have been updated in the meantime. Reload to get the new one.</p>
    </sb-notice>`;
  }
}

const signal = html`<svg viewBox="0 0 16 16" aria-hidden="true">
  <rect class="post" x="4" y="0" width="8" height="16" rx="4" />
  <circle class="off" cx="8" cy="4.25" r="2.25" />
  <circle class="clear" cx="8" cy="11.25" r="2.25" />
</svg>`;

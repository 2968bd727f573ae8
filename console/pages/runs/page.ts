/** The list of runs. */
import { LitElement, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import { baseStyles } from '../../elements/base.styles.ts';
import '../../elements/event-timeline/event-timeline.ts';
import '../../elements/notice-box/notice-box.ts';
import '../../elements/run-list/run-list.ts';
import { StoreController } from '../../reactive/store-controller.ts';
import type { Place, PlaceStore } from '../../router/router.ts';
import { formatCount } from '../../format/value.ts';
import type { OpenPage, PageServices } from '../open-page.ts';
import { pageStyles } from '../page.styles.ts';
import { createRunsActions } from './actions.ts';
import {
  addressOfFilter,
  filterTitles,
  passesFilter,
  readFilter,
  runFilters,
  type RunFilter,
} from './filter.ts';
import { createRunsStore, type RunsState, type RunsStore } from './state.ts';
import { runsPageStyles } from './page.styles.ts';

@customElement('sb-runs-page')
export class RunsPage extends LitElement {
  static override readonly styles = [baseStyles, pageStyles, runsPageStyles];

  readonly #runs: StoreController<RunsState>;
  readonly #place: StoreController<{ readonly place: Place }>;

  constructor(runs: RunsStore, place: PlaceStore) {
    super();
    this.#runs = new StoreController(this, runs);
    this.#place = new StoreController(this, place);
  }

  protected override render() {
    const { phase, runs, standing, trouble } = this.#runs.value;
    const filter = readFilter(this.#place.value.place.query);
    return html`
      <div class="head">
        <h1 tabindex="-1">Runs</h1>
        <nav aria-label="Filter by state">
          <ul>
            ${runFilters.map((each) => {
              const count = runs.filter(({ run }) => passesFilter(run, each)).length;
              return html`<li>
                <a href=${addressOfFilter(each)} aria-current=${each === filter ? 'page' : nothing}
                  >${filterTitles[each]} <span class="count">${count}</span></a
                >
              </li>`;
            })}
          </ul>
        </nav>
      </div>
      ${trouble === undefined ? nothing : html`<p class="trouble" role="status">Not up to date: ${trouble}.</p>`}
      ${phase === 'loading' ? renderLoading(trouble) : renderRuns(runs, filter)}
      ${standing.length === 0 ? nothing : renderStanding(standing)}
    `;
  }
}

function renderLoading(trouble: string | undefined) {
  return trouble === undefined ? html`<p class="muted" role="status">Loading runs…</p>` : nothing;
}

function renderRuns(runs: RunsState['runs'], filter: RunFilter) {
  if (runs.length === 0) {
    return html`<sb-notice heading="No runs yet">
      <p>A run starts when a webhook is delivered or when you dispatch a goal to a repository:</p>
      <p><code>signalbox dispatch --repo . --goal "Fix the failing test"</code></p>
      <p>To watch a whole run on a repository made for it: <code>signalbox demo</code></p>
    </sb-notice>`;
  }
  const shown = runs.filter(({ run }) => passesFilter(run, filter));
  if (shown.length === 0) {
    return html`<sb-notice heading="No run is ${filterTitles[filter].toLowerCase()}">
      <p><a href=${addressOfFilter('all')}>Show all runs</a></p>
    </sb-notice>`;
  }
  return html`<sb-run-list .runs=${shown}></sb-run-list>`;
}

/** Why a delivery became no run is seen here, and nowhere else. */
function renderStanding(standing: RunsState['standing']) {
  const refused = standing.filter(({ type }) => type === 'deliveryRefused').length;
  return html`<details class="standing">
    <summary>
      <h2>Triggers and work queue</h2>
      ${refused === 0 ? nothing : html`<span class="refused">${formatCount(refused, 'delivery refused', 'deliveries refused')}</span>`}
    </summary>
    <sb-event-timeline .events=${standing}></sb-event-timeline>
  </details>`;
}

export function openPage({ rest, live, router, clock }: PageServices): OpenPage {
  const store = createRunsStore();
  const actions = createRunsActions(store, { rest, live, clock });
  const element = new RunsPage(store, router.store);
  document.title = 'Runs · Signalbox';
  actions.start();
  return { element, close: () => actions.stop() };
}

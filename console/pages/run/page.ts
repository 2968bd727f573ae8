/** The page of one run: its header, and three panes that follow it live. */
import { LitElement, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import { baseStyles, toneStyles } from '../../elements/base.styles.ts';
import '../../elements/event-timeline/event-timeline.ts';
import '../../elements/follow-pane/follow-pane.ts';
import '../../elements/notice-box/notice-box.ts';
import { StoreController } from '../../reactive/store-controller.ts';
import { listToolCalls } from '../../folds/tool-calls.ts';
import { textOf } from '../../folds/run-outcome.ts';
import { firstLine, formatCount } from '../../format/value.ts';
import type { PathParameters } from '../../router/match-path.ts';
import type { OpenPage, PageServices } from '../open-page.ts';
import { pageStyles } from '../page.styles.ts';
import { createRunActions, type RunActions } from './actions.ts';
import { runPageStyles } from './page.styles.ts';
import { renderRunHeader } from './run-header.ts';
import { renderStatePane } from './state-pane.ts';
import {
  coordinatorOf,
  createRunStore,
  runPanes,
  type RunPane,
  type RunState,
  type RunStore,
} from './state.ts';
import { renderTranscriptPane } from './transcript-pane.ts';

const paneTitles: Readonly<Record<RunPane, string>> = {
  events: 'Events',
  transcript: 'Transcript',
  state: 'State',
};

@customElement('sb-run-page')
export class RunPage extends LitElement {
  static override readonly styles = [baseStyles, toneStyles, pageStyles, runPageStyles];

  readonly #run: StoreController<RunState>;
  readonly #store: RunStore;
  readonly #actions: RunActions;

  constructor(store: RunStore, actions: RunActions) {
    super();
    this.#store = store;
    this.#actions = actions;
    this.#run = new StoreController(this, store);
  }

  protected override updated(): void {
    const goal = textOf(coordinatorOf(this.#run.value)?.facts['goal']);
    document.title = `${firstLine(goal ?? this.#run.value.runId, 60)} · Signalbox`;
  }

  protected override render() {
    const state = this.#run.value;
    if (state.actors.length === 0) return renderNothingYet(state);
    return html`
      ${renderRunHeader(state)} ${renderTrouble(state.eventsTrouble ?? state.transcriptTrouble)}
      ${this.#renderTabs(state)}
      <div class="panes">
        ${this.#renderPane('events', renderEventsPane(state))}
        ${this.#renderPane('transcript', renderTranscriptPane(state, this.#actions))}
        ${this.#renderPane('state', renderStatePane(state))}
      </div>
    `;
  }

  #renderPane(pane: RunPane, content: unknown) {
    const isChosen = pane === this.#run.value.pane;
    return html`<section
      id="pane-${pane}"
      class="pane ${isChosen ? 'chosen' : ''}"
      aria-labelledby="title-${pane}"
    >
      <h2 id="title-${pane}">
        ${paneTitles[pane]} <span class="count">${this.#count(pane)}</span>
      </h2>
      ${content}
    </section>`;
  }

  #count(pane: RunPane): string {
    const { events, entries, actors } = this.#run.value;
    if (pane === 'events') return formatCount(events.length, 'event');
    return pane === 'transcript'
      ? formatCount(entries.length, 'entry', 'entries')
      : formatCount(actors.length, 'actor');
  }

  /** Shown on narrow screens only. */
  #renderTabs(state: RunState) {
    return html`<nav class="tabs" aria-label="Panes">
      ${runPanes.map(
        (pane) =>
          html`<button
            type="button"
            aria-pressed=${pane === state.pane}
            aria-controls="pane-${pane}"
            @click=${() => this.#store.trigger.paneChosen({ pane })}
          >
            ${paneTitles[pane]}
          </button>`,
      )}
    </nav>`;
  }
}

function renderEventsPane({ events, entries }: RunState) {
  return html`<sb-follow-pane label="Events, oldest first">
    <sb-event-timeline .events=${events} .toolCalls=${listToolCalls(entries)}></sb-event-timeline>
  </sb-follow-pane>`;
}

function renderTrouble(trouble: string | undefined) {
  return trouble === undefined
    ? nothing
    : html`<p class="trouble" role="status">Not up to date: ${trouble}.</p>`;
}

function renderNothingYet({ runId, isLoaded, eventsTrouble }: RunState) {
  if (eventsTrouble !== undefined) return renderTrouble(eventsTrouble);
  if (!isLoaded) return html`<p class="muted" role="status">Loading the run…</p>`;
  return html`<sb-notice heading="No run “${runId}” so far" tone="waiting">
    <p>
      If it was started a moment ago, it appears here by itself as soon as its first step is
      recorded.
    </p>
    <p>Otherwise the address may be mistyped: <a href="/">show all runs</a></p>
  </sb-notice>`;
}

export function openPage(services: PageServices, parameters: PathParameters): OpenPage {
  const { rest, live, clock, newId } = services;
  const store = createRunStore(parameters['id'] ?? '');
  const actions = createRunActions(store, { rest, live, clock, newId });
  const element = new RunPage(store, actions);
  actions.start();
  return { element, close: () => actions.stop() };
}

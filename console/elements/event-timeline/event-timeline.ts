/**
 * The events of a run, oldest first: each in words, opening to everything it carries. Milestones stand
 * out, and what only matters when looking for a fault steps back; nothing is left out.
 */
import { LitElement, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { StoredEvent } from '../../../runtime/contract/event.ts';
import { describeEvent } from '../../format/describe-event.ts';
import { formatClockTime, formatFullTime } from '../../format/time.ts';
import { formatKind } from '../../format/value.ts';
import { baseStyles, toneStyles } from '../base.styles.ts';
import '../fact-list/fact-list.ts';
import { eventTimelineStyles } from './event-timeline.styles.ts';

@customElement('sb-event-timeline')
export class EventTimeline extends LitElement {
  static override readonly styles = [baseStyles, toneStyles, eventTimelineStyles];

  @property({ attribute: false }) events: readonly StoredEvent[] = [];
  /** What tool calls are about, by session and call: `run-1::session/call-2` -> `npm test`. */
  @property({ attribute: false }) toolCalls: ReadonlyMap<string, string> = new Map();

  protected override render() {
    return html`<ol>
      ${repeat(
        this.events,
        ({ id }) => id,
        (event) => this.#renderEvent(event),
      )}
    </ol>`;
  }

  #renderEvent(event: StoredEvent) {
    const { title, detail, tone, weight } = describeEvent(event);
    const { toolCall } = event.data;
    const about =
      typeof toolCall === 'string' ? this.toolCalls.get(`${event.actor}/${toolCall}`) : undefined;
    return html`<li class="tone-${tone} ${weight}" data-event=${event.id} data-type=${event.type}>
      <details>
        <summary>
          <span class="lamp" aria-hidden="true"></span>
          <span class="title"
            >${title}${about === undefined ? nothing : html` <code class="muted">${about}</code>`}</span
          >
          <time class="code muted" datetime=${event.at} title=${formatFullTime(event.at)}
            >${formatClockTime(event.at)}</time
          >
          ${detail === '' ? nothing : html`<span class="detail muted">${detail}</span>`}
        </summary>
        <div class="data">
          <p class="code muted">
            #${event.seq} · ${event.type} · ${formatKind(event.kind)} · commit ${event.n} ·
            ${event.state}
          </p>
          <sb-fact-list .facts=${event.data}></sb-fact-list>
        </div>
      </details>
    </li>`;
  }
}

/** The events of a run, oldest first: one line each, opening to everything the event carries. */
import { LitElement, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { StoredEvent } from '../../../runtime/contract/event.ts';
import { describeEvent, toneOfEvent } from '../../format/event-line.ts';
import { formatClockTime, formatFullTime } from '../../format/time.ts';
import { formatEventType, formatKind } from '../../format/value.ts';
import { baseStyles, toneStyles } from '../base.styles.ts';
import '../fact-list/fact-list.ts';
import { eventTimelineStyles } from './event-timeline.styles.ts';

@customElement('sb-event-timeline')
export class EventTimeline extends LitElement {
  static override readonly styles = [baseStyles, toneStyles, eventTimelineStyles];

  @property({ attribute: false }) events: readonly StoredEvent[] = [];

  protected override render() {
    return html`<ol>
      ${repeat(
        this.events,
        ({ seq }) => seq,
        (event) => renderEvent(event),
      )}
    </ol>`;
  }
}

function renderEvent(event: StoredEvent) {
  const line = describeEvent(event);
  return html`<li class="tone-${toneOfEvent(event)}" data-seq=${event.seq}>
    <details>
      <summary>
        <span class="lamp" aria-hidden="true"></span>
        <span class="head">
          <span class="type">${formatEventType(event.type)}</span>
          <time class="code muted" datetime=${event.at} title=${formatFullTime(event.at)}
            >${formatClockTime(event.at)}</time
          >
        </span>
        <span class="line"><span class="kind muted">${formatKind(event.kind)}</span> ${line}</span>
      </summary>
      <div class="data">
        <p class="code muted">
          #${event.seq} · ${event.kind}/${event.actor} · commit ${event.n} · ${event.state}
        </p>
        <sb-fact-list .facts=${event.data}></sb-fact-list>
      </div>
    </details>
  </li>`;
}

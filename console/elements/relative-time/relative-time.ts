/** An age (`3 min ago`) or a duration that moves on; the exact time is in the tooltip. */
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { formatAge, formatDuration, formatFullTime } from '../../format/time.ts';
import { TickerController } from '../../reactive/ticker-controller.ts';

@customElement('sb-relative-time')
export class RelativeTime extends LitElement {
  static override readonly styles = css`
    :host {
      white-space: nowrap;
      font-variant-numeric: tabular-nums;
    }
  `;

  /** ISO 8601. */
  @property() from = '';
  /** ISO 8601. With it, the fixed time between the two is shown; with `duration` only, the time until now. */
  @property() until = '';
  @property({ type: Boolean }) duration = false;

  readonly ticker = new TickerController(this);

  protected override render() {
    const fromMs = Date.parse(this.from);
    if (Number.isNaN(fromMs)) return html`–`;
    const untilMs = this.until === '' ? Date.now() : Date.parse(this.until);
    const spanMs = untilMs - fromMs;
    const text =
      this.duration || this.until !== '' ? formatDuration(wholeSeconds(spanMs)) : formatAge(spanMs);
    return html`<time datetime=${this.from} title=${formatFullTime(this.from)}>${text}</time>`;
  }
}

/** Tenths of a second only flicker in a display that moves once a second. */
function wholeSeconds(spanMs: number): number {
  return spanMs < 1_000 || spanMs >= 10_000 ? spanMs : Math.floor(spanMs / 1_000) * 1_000;
}

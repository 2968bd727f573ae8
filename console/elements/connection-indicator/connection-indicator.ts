/** Whether what is shown is live, and if not, since when. Announced to screen readers when it changes. */
import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { TickerController } from '../../reactive/ticker-controller.ts';
import type { LiveState } from '../../transport/live-state.ts';
import '../state-badge/state-badge.ts';
import { describeConnection } from './describe-connection.ts';

@customElement('sb-connection-indicator')
export class ConnectionIndicator extends LitElement {
  static override readonly styles = css`
    :host {
      display: inline-flex;
    }
  `;

  @property({ attribute: false }) state: LiveState = { phase: 'connecting', sinceMs: 0 };
  /** When the gateway was last heard, by whatever way. */
  @property({ type: Number }) heardMs = 0;

  readonly ticker = new TickerController(this);

  protected override render() {
    const { tone, label, detail } = describeConnection(this.state, this.heardMs, Date.now());
    return html`<span role="status" title=${detail}>
      <sb-state-badge .tone=${tone} .label=${label} ?busy=${tone === 'warning'}></sb-state-badge>
    </span>`;
  }
}

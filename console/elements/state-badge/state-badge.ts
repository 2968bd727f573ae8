/** The state of an actor as a signal lamp and a word. The colour never says more than the word. */
import { LitElement, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Tone } from '../../folds/run-outcome.ts';
import { formatKey } from '../../format/value.ts';
import { baseStyles, toneStyles } from '../base.styles.ts';
import { stateBadgeStyles } from './state-badge.styles.ts';

@customElement('sb-state-badge')
export class StateBadge extends LitElement {
  static override readonly styles = [baseStyles, toneStyles, stateBadgeStyles];

  /** As the actor names it: `awaitingReview`; nested states joined with dots. */
  @property() label = '';
  @property() tone: Tone = 'neutral';
  /** The lamp breathes while work is under way. */
  @property({ type: Boolean }) busy = false;

  protected override render() {
    const words = this.label.split('.').map(formatKey).join(' › ');
    return html`<span class="badge tone-${this.tone}">
      <span class="lamp ${this.busy ? 'busy' : ''}" aria-hidden="true"></span>${words}
    </span>`;
  }
}

/** Ends a session for good. Asks first; the event `kill` is sent only after the second, explicit click. */
import { LitElement, html, nothing } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { describeCommandOutcome, type CommandState } from '../../transport/command-outcome.ts';
import { baseStyles, buttonStyles, toneStyles } from '../base.styles.ts';
import { killButtonStyles } from './kill-button.styles.ts';

export class KillEvent extends Event {
  constructor() {
    super('kill', { bubbles: true, composed: true });
  }
}

@customElement('sb-kill-button')
export class KillButton extends LitElement {
  static override readonly styles = [baseStyles, toneStyles, buttonStyles, killButtonStyles];

  @property() session = '';
  @property({ attribute: false }) command: CommandState = { phase: 'idle' };
  @property({ type: Boolean }) disabled = false;
  @query('dialog') private dialog!: HTMLDialogElement | null;

  #confirm(): void {
    this.dialog?.close();
    this.dispatchEvent(new KillEvent());
  }

  protected override render() {
    const isSending = this.command.phase === 'sending';
    return html`
      <span role="status">${this.#renderAnswer()}</span>
      <button
        type="button"
        class="danger"
        ?disabled=${this.disabled || isSending}
        @click=${() => this.dialog?.showModal()}
      >
        ${isSending ? 'Killing…' : 'Kill session'}
      </button>
      <dialog aria-labelledby="question">
        <h2 id="question">Kill this session?</h2>
        <p>
          <code>${this.session}</code> ends now and cannot be resumed. What is committed stays; the
          run ends as failed, and its reason says that the session was killed.
        </p>
        <div class="choices">
          <button type="button" autofocus @click=${() => this.dialog?.close()}>Keep it</button>
          <button type="button" class="danger" @click=${() => this.#confirm()}>Kill session</button>
        </div>
      </dialog>
    `;
  }

  #renderAnswer() {
    if (this.command.phase !== 'settled') return nothing;
    const { tone, text } = describeCommandOutcome(
      this.command.outcome,
      'Accepted: the session is ending.',
    );
    return html`<span class="answer tone-${tone}">${text}</span>`;
  }
}

/**
 * Writes to a session: it reads the message at its next turn, parked or running. Asks for the sending
 * with the event `steer`, keeps the text until the gateway has accepted it,
 * and has room beside its title for other commands.
 */
import { LitElement, html, nothing, type PropertyValues } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { maxSteerLength } from '../../../runtime/contract/live.ts';
import { describeCommandOutcome, type CommandState } from '../../transport/command-outcome.ts';
import { baseStyles, buttonStyles, toneStyles } from '../base.styles.ts';
import { steerBoxStyles } from './steer-box.styles.ts';

export class SteerEvent extends Event {
  readonly text: string;
  constructor(text: string) {
    super('steer', { bubbles: true, composed: true });
    this.text = text;
  }
}

@customElement('sb-steer-box')
export class SteerBox extends LitElement {
  static override readonly styles = [baseStyles, toneStyles, buttonStyles, steerBoxStyles];

  @property({ attribute: false }) command: CommandState = { phase: 'idle' };
  /** A parked session is woken by what it is told. */
  @property({ type: Boolean }) parked = false;
  @state() private text = '';
  @query('textarea') private field!: HTMLTextAreaElement | null;

  protected override willUpdate(changed: PropertyValues<this>): void {
    const { command } = this;
    if (!changed.has('command') || command.phase !== 'settled') return;
    if (command.outcome.status === 'accepted') this.text = '';
  }

  #send(): void {
    const text = this.text.trim();
    if (text !== '' && !this.#isBlocked()) this.dispatchEvent(new SteerEvent(text));
    this.field?.focus();
  }

  #isBlocked(): boolean {
    return this.command.phase === 'sending';
  }

  #handleKey(event: KeyboardEvent): void {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.#send();
    }
  }

  protected override render() {
    return html`<form
      @submit=${(event: Event) => {
        event.preventDefault();
        this.#send();
      }}
    >
      <div class="title">
        <label for="text">Steer this session</label>
        <slot></slot>
      </div>
      <textarea
        id="text"
        rows="2"
        maxlength=${maxSteerLength}
        aria-describedby="answer"
        aria-keyshortcuts="Control+Enter Meta+Enter"
        placeholder=${this.parked ? 'Say what else to do. It wakes the session.' : 'Say what to do differently. It is read at the next turn.'}
        .value=${this.text}
        @input=${() => (this.text = this.field?.value ?? '')}
        @keydown=${(event: KeyboardEvent) => this.#handleKey(event)}
      ></textarea>
      <div class="actions">
        <p id="answer" role="status">${this.#renderAnswer()}</p>
        <button class="primary" ?disabled=${this.#isBlocked() || this.text.trim() === ''}>
          ${this.command.phase === 'sending' ? 'Sending…' : 'Send'}
        </button>
      </div>
    </form>`;
  }

  #renderAnswer() {
    if (this.command.phase !== 'settled') return nothing;
    const accepted = 'Accepted: the session reads it at its next turn.';
    const { tone, text } = describeCommandOutcome(this.command.outcome, accepted);
    return html`<span class="answer tone-${tone}">${text}</span>`;
  }
}

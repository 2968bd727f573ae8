/**
 * A scrolling region that follows its end: while the reader is at the bottom, new content scrolls into
 * view; a reader who has scrolled up is left alone, and gets a button back to the latest.
 */
import { LitElement, html, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { baseStyles, buttonStyles } from '../base.styles.ts';
import { followPaneStyles } from './follow-pane.styles.ts';
import { isAtEnd } from './is-at-end.ts';

@customElement('sb-follow-pane')
export class FollowPane extends LitElement {
  static override readonly styles = [baseStyles, buttonStyles, followPaneStyles];

  /** Names the region for people who cannot see it. */
  @property() label = '';
  @query('.scroll') private scroller!: HTMLElement | null;
  @state() private isFollowing = true;

  readonly #observer = new ResizeObserver(() => this.#follow());

  protected override firstUpdated(): void {
    const content = this.scroller?.querySelector('.content');
    if (content !== null && content !== undefined) this.#observer.observe(content);
    if (this.scroller !== null) this.#observer.observe(this.scroller);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#observer.disconnect();
  }

  #follow(): void {
    if (this.isFollowing) this.scroller?.scrollTo({ top: this.scroller.scrollHeight });
  }

  #noticeScroll(): void {
    if (this.scroller !== null) this.isFollowing = isAtEnd(this.scroller);
  }

  protected override render() {
    return html`
      <div
        class="scroll"
        role="region"
        aria-label=${this.label}
        tabindex="0"
        @scroll=${() => this.#noticeScroll()}
      >
        <div class="content"><slot></slot></div>
      </div>
      ${
        this.isFollowing
          ? nothing
          : html`<button
              type="button"
              class="latest"
              @click=${() => {
                this.isFollowing = true;
                this.#follow();
              }}
            >
              <span aria-hidden="true">↓</span> Latest
            </button>`
      }
    `;
  }
}

/**
 * A scrolling region that follows its end: while the reader is at the bottom, new content scrolls into
 * view; a reader who has scrolled up is left alone, and gets a button back to the latest.
 */
import { LitElement, html, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { baseStyles, buttonStyles } from '../base.styles.ts';
import { followPaneStyles } from './follow-pane.styles.ts';
import { isAtEnd, isScrolledUp, type ScrollPlace } from './is-at-end.ts';

@customElement('sb-follow-pane')
export class FollowPane extends LitElement {
  static override readonly styles = [baseStyles, buttonStyles, followPaneStyles];

  /** Names the region for people who cannot see it. */
  @property() label = '';
  @query('.scroll') private scroller!: HTMLElement | null;
  @state() private isFollowing = true;

  /** As it was when last looked at: what the reader does is told from what the layout does by comparing. */
  #last: ScrollPlace = { scrollTop: 0, clientHeight: 0, scrollHeight: 0 };

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
    this.#look();
  }

  #look(): void {
    if (this.scroller === null) return;
    const { scrollTop, clientHeight, scrollHeight } = this.scroller;
    this.#last = { scrollTop, clientHeight, scrollHeight };
  }

  #noticeScroll(): void {
    if (this.scroller === null) return;
    if (isAtEnd(this.scroller)) this.isFollowing = true;
    else if (isScrolledUp(this.#last, this.scroller)) this.isFollowing = false;
    else if (this.isFollowing) this.#follow();
    this.#look();
  }

  /** Wheels and fingers are readers; entries that get their size when they come into view are not. */
  #noticeReader(): void {
    const { scroller } = this;
    if (scroller !== null && scroller.scrollHeight > scroller.clientHeight)
      this.isFollowing = false;
  }

  protected override render() {
    return html`
      <div
        class="scroll"
        role="region"
        aria-label=${this.label}
        tabindex="0"
        @scroll=${() => this.#noticeScroll()}
        @wheel=${(event: WheelEvent) => {
          if (event.deltaY < 0) this.#noticeReader();
        }}
        @touchmove=${() => this.#noticeReader()}
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

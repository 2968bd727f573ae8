/** Shown instead of everything else when the gateway does not know this browser. */
import { LitElement, css, html } from 'lit';
import { customElement } from 'lit/decorators.js';
import { baseStyles, buttonStyles } from '../../elements/base.styles.ts';
import { pageStyles } from '../page.styles.ts';

@customElement('sb-login-page')
export class LoginPage extends LitElement {
  static override readonly styles = [
    baseStyles,
    buttonStyles,
    pageStyles,
    css`
      .login {
        display: grid;
        justify-items: start;
        gap: var(--space-large);
        max-inline-size: 34rem;
        margin: var(--space-page) auto;
      }
      pre {
        inline-size: 100%;
        padding: var(--space) var(--space-large);
        border: var(--line-width) solid var(--line);
        border-radius: var(--radius);
        background: var(--surface-sunken);
        overflow-x: auto;
      }
    `,
  ];

  protected override render() {
    return html`<div class="login">
      <h1 tabindex="-1">This browser is not logged in</h1>
      <p>
        Signalbox lets a browser in with a link that works once. On the machine where it runs, ask
        for one:
      </p>
      <pre tabindex="0">signalbox login</pre>
      <p class="muted">
        Open the printed link in this browser; it brings you back here. Links expire after a few
        minutes, logins when the gateway forgets them.
      </p>
      <button type="button" @click=${() => location.reload()}>I have opened the link</button>
    </div>`;
  }
}

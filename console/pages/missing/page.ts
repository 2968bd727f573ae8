/** An address that names no page. */
import { LitElement, html } from 'lit';
import { customElement } from 'lit/decorators.js';
import { baseStyles } from '../../elements/base.styles.ts';
import '../../elements/notice-box/notice-box.ts';
import type { OpenPage } from '../open-page.ts';
import { pageStyles } from '../page.styles.ts';

@customElement('sb-missing-page')
export class MissingPage extends LitElement {
  static override readonly styles = [baseStyles, pageStyles];

  protected override render() {
    return html`<sb-notice heading="There is no such page">
      <p><a href="/">Show all runs</a></p>
    </sb-notice>`;
  }
}

export function openPage(): OpenPage {
  document.title = 'Not found · Signalbox';
  return { element: new MissingPage(), close: () => undefined };
}

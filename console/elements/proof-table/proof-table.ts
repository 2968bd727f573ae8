/** The proof record of one delivery: the command that was run, and the files declared and really changed. */
import { LitElement, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Proof } from '../../folds/proof.ts';
import { formatClockTime, formatDuration } from '../../format/time.ts';
import { baseStyles } from '../base.styles.ts';
import '../state-badge/state-badge.ts';
import { proofTableStyles } from './proof-table.styles.ts';

@customElement('sb-proof-table')
export class ProofTable extends LitElement {
  static override readonly styles = [baseStyles, proofTableStyles];

  @property({ attribute: false }) proof: Proof | undefined;

  protected override render() {
    const { proof } = this;
    if (proof === undefined) return nothing;
    const passed = proof.exitCode === 0;
    return html`<table>
      <caption>
        Proof record
        <span class="muted">${formatClockTime(proof.at)}</span>
      </caption>
      <tbody>
        ${proof.verdict === undefined ? nothing : row('Verdict', html`<strong>${proof.verdict}</strong>`)}
        ${proof.command === undefined ? nothing : row('Command', html`<code>${proof.command}</code>`)}
        ${
          proof.exitCode === undefined
            ? nothing
            : row(
                'Result',
                html`<sb-state-badge
                    .label=${proof.exitCode === null ? 'no exit code' : `exit ${proof.exitCode}`}
                    .tone=${passed ? 'good' : 'bad'}
                  ></sb-state-badge>
                  ${proof.durationMs === undefined ? nothing : html`in ${formatDuration(proof.durationMs)}`}`,
              )
        }
        ${fileRow('Declared', proof.declaredFiles)} ${fileRow('Changed', proof.changedFiles)}
        ${fileRow('Undeclared', proof.undeclared)} ${fileRow('Missing', proof.missing)}
      </tbody>
    </table>`;
  }
}

function row(name: string, value: unknown) {
  return html`<tr>
    <th scope="row">${name}</th>
    <td>${value}</td>
  </tr>`;
}

function fileRow(name: string, files: readonly string[] | undefined) {
  if (files === undefined) return nothing;
  if (files.length === 0) return row(name, html`<span class="muted">none</span>`);
  return row(
    name,
    html`<ul>
      ${files.map((file) => html`<li><code>${file}</code></li>`)}
    </ul>`,
  );
}

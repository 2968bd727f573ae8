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
    return html`<table>
      <caption>
        Proof record${proof.round === 0 ? nothing : html`, round ${proof.round}`}
        <span class="muted">${formatClockTime(proof.at)}</span>
      </caption>
      <tbody>
        ${row(
          'Verdict',
          html`<sb-state-badge
            .label=${proof.verdict}
            .tone=${proof.verdict === 'passed' ? 'good' : 'bad'}
          ></sb-state-badge>`,
        )}
        ${row('Tests', renderTests(proof))} ${row('Changed', renderFiles(proof.changedFiles))}
        ${isAsDeclared(proof) ? nothing : row('Declared', renderFiles(proof.declaredFiles))}
        ${proof.undeclared.length === 0 ? nothing : row('Undeclared', renderFiles(proof.undeclared))}
        ${proof.missing.length === 0 ? nothing : row('Missing', renderFiles(proof.missing))}
        ${row('Side effects', renderFiles(proof.sideEffects))}
        ${proof.output === null ? nothing : row('Output', html`<code>${proof.output}</code>`)}
      </tbody>
    </table>`;
  }
}

function isAsDeclared({ undeclared, missing }: Proof): boolean {
  return undeclared.length === 0 && missing.length === 0;
}

function renderTests({ command, exitCode, durationMs }: Proof) {
  if (command === null) return html`<span class="muted">none were asked for</span>`;
  const exit = exitCode === null ? 'no exit code' : `exit ${exitCode}`;
  return html`<code>${command}</code> ${exit} in ${formatDuration(durationMs)}`;
}

function row(name: string, value: unknown) {
  return html`<tr>
    <th scope="row">${name}</th>
    <td>${value}</td>
  </tr>`;
}

function renderFiles(files: readonly string[]) {
  if (files.length === 0) return html`<span class="muted">none</span>`;
  return html`<ul>
    ${files.map((file) => html`<li><code>${file}</code></li>`)}
  </ul>`;
}

/** Runs as a table; on a narrow screen each row becomes a card. */
import { LitElement, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { ActorSummary } from '../../../runtime/contract/run-view.ts';
import { textOf } from '../../folds/run-outcome.ts';
import { describeStanding } from '../../folds/run-standing.ts';
import { firstLine } from '../../format/value.ts';
import { baseStyles } from '../base.styles.ts';
import '../relative-time/relative-time.ts';
import '../state-badge/state-badge.ts';
import { runListStyles } from './run-list.styles.ts';

const maxGoalLength = 160;

export interface RunRow {
  readonly run: ActorSummary;
  readonly members: readonly ActorSummary[];
}

@customElement('sb-run-list')
export class RunList extends LitElement {
  static override readonly styles = [baseStyles, runListStyles];

  @property({ attribute: false }) runs: readonly RunRow[] = [];

  protected override render() {
    return html`<table>
      <caption class="hidden-text">
        Runs, newest first
      </caption>
      <thead>
        <tr>
          <th scope="col">Goal</th>
          <th scope="col">Standing</th>
          <th scope="col"><span class="hidden-text">In words</span></th>
          <th scope="col">Started</th>
          <th scope="col" class="number">Duration</th>
        </tr>
      </thead>
      <tbody>
        ${repeat(
          this.runs,
          ({ run }) => run.id,
          (row) => renderRun(row),
        )}
      </tbody>
    </table>`;
  }
}

function renderRun({ run, members }: RunRow) {
  const { tone, label, detail } = describeStanding(run, members);
  return html`<tr data-run=${run.id}>
    <th scope="row">
      <div class="subject">
        <a href="/runs/${encodeURIComponent(run.id)}"
          >${firstLine(textOf(run.facts['goal']) ?? 'No goal recorded', maxGoalLength)}</a
        >
        <span class="code muted">${run.id}${renderRepository(run)}</span>
      </div>
    </th>
    <td class="state">
      <sb-state-badge .label=${label} .tone=${tone} ?busy=${tone === 'active'}></sb-state-badge>
    </td>
    <td class="detail ${detail === '' ? 'none' : ''}">${firstLine(detail, maxGoalLength)}</td>
    <td class="started"><sb-relative-time .from=${run.startedAt}></sb-relative-time></td>
    <td class="number">
      <sb-relative-time
        duration
        .from=${run.startedAt}
        .until=${run.status === 'active' ? '' : run.updatedAt}
      ></sb-relative-time>
    </td>
  </tr>`;
}

function renderRepository(run: ActorSummary) {
  const repository = textOf(run.facts['repository']);
  if (repository === undefined) return nothing;
  return html` · ${repository.split('/').findLast((part) => part !== '') ?? repository}`;
}

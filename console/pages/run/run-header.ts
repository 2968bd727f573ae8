/** The header of a run: what it is for, where it stands, what came of it, and who takes part. */
import { html, nothing } from 'lit';
import type { ActorSummary } from '../../../runtime/contract/run-view.ts';
import '../../elements/relative-time/relative-time.ts';
import '../../elements/state-badge/state-badge.ts';
import { describeOutcome, textOf, toneOf } from '../../folds/run-outcome.ts';
import { formatKey, formatKind, shortenSha } from '../../format/value.ts';
import { coordinatorOf, membersOf, type RunState } from './state.ts';

export function renderRunHeader(state: RunState) {
  const run = coordinatorOf(state);
  const outcome = run === undefined ? undefined : describeOutcome(run);
  return html`<header class="run">
    <div class="identity">
      <p class="crumbs code muted"><a href="/">Runs</a> / ${state.runId}</p>
      <h1 tabindex="-1">${textOf(run?.facts['goal']) ?? 'No goal recorded'}</h1>
    </div>
    <div class="standing" aria-live="polite">
      ${run === undefined ? nothing : renderState(run)}
      ${outcome === undefined ? nothing : html`<span class="outcome">${outcome}</span>`}
      ${run === undefined ? nothing : renderTimes(run)}
    </div>
    <dl class="facts">
      ${run === undefined ? nothing : renderRunFacts(run)}
      ${membersOf(state).map((member) => renderMember(member))}
    </dl>
  </header>`;
}

function renderState(actor: ActorSummary) {
  const tone = toneOf(actor);
  return html`<sb-state-badge
    .label=${actor.state}
    .tone=${tone}
    ?busy=${tone === 'active'}
  ></sb-state-badge>`;
}

function renderTimes(run: ActorSummary) {
  return html`<span class="muted">
    started <sb-relative-time .from=${run.startedAt}></sb-relative-time>,
    ${run.status === 'active' ? 'for' : 'took'}
    <sb-relative-time
      duration
      .from=${run.startedAt}
      .until=${run.status === 'active' ? '' : run.updatedAt}
    ></sb-relative-time>
  </span>`;
}

/** The facts a person looks for first; all the others are in the state pane. */
const headerFacts = ['repository', 'branch', 'sha'];

function renderRunFacts(run: ActorSummary) {
  return headerFacts.map((key) => {
    const text = textOf(run.facts[key]);
    return text === undefined
      ? nothing
      : renderFact(formatKey(key), html`<code>${shortenSha(text)}</code>`);
  });
}

function renderMember(member: ActorSummary) {
  const number = textOf(member.facts['number']);
  return renderFact(
    formatKind(member.kind),
    html`${number === undefined ? nothing : html`<code>!${number}</code>`} ${renderState(member)}
    ${renderLink(textOf(member.facts['link']))}`,
  );
}

/** Only web addresses become links: a local forge may name a path or a command. */
function renderLink(link: string | undefined) {
  if (link === undefined) return nothing;
  if (!/^https?:\/\//u.test(link)) return html`<code>${link}</code>`;
  return html`<a href=${link} target="_blank" rel="noreferrer">open</a>`;
}

function renderFact(name: string, value: unknown) {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}

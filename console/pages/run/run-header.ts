/** The header of a run: what it is for, where it stands and why, and what has come of it so far. */
import { html, nothing } from 'lit';
import type { ActorSummary } from '../../../runtime/contract/run-view.ts';
import '../../elements/long-text/long-text.ts';
import '../../elements/relative-time/relative-time.ts';
import '../../elements/state-badge/state-badge.ts';
import { textOf } from '../../folds/run-outcome.ts';
import { describeStanding } from '../../folds/run-standing.ts';
import { firstLine, formatCount, formatKey, shortenShas } from '../../format/value.ts';
import { coordinatorOf, membersOf, type RunState } from './state.ts';

const maxTitleLength = 120;

export function renderRunHeader(state: RunState) {
  const run = coordinatorOf(state);
  const goal = textOf(run?.facts['goal']) ?? 'No goal recorded';
  const title = firstLine(goal, maxTitleLength);
  const rest = title.endsWith('…') ? goal : goal.slice(title.length).trim();
  return html`<header class="run">
    <p class="crumbs code muted"><a href="/">Runs</a> / ${state.runId}</p>
    <h1 tabindex="-1">${title}</h1>
    ${rest === '' ? nothing : html`<sb-long-text class="goal" lines="2" .text=${rest}></sb-long-text>`}
    ${run === undefined ? nothing : renderStanding(run, state)}
    ${run === undefined ? nothing : renderFacts(run, state)}
  </header>`;
}

function renderStanding(run: ActorSummary, state: RunState) {
  const { tone, label, detail } = describeStanding(run, membersOf(state));
  const isEnded = run.status !== 'active';
  return html`<p class="standing tone-${tone} ${isEnded ? 'ended' : ''}">
    <span class="hidden-text" role="status">The run is ${label}</span>
    <sb-state-badge .label=${label} .tone=${tone} ?busy=${tone === 'active'}></sb-state-badge>
    <span class="detail">${detail}</span>
  </p>`;
}

function renderFacts(run: ActorSummary, state: RunState) {
  const mergeRequest = membersOf(state).findLast(({ kind }) => kind === 'merge-request');
  return html`<dl class="facts">
    ${renderFact('Started', html`<sb-relative-time .from=${run.startedAt}></sb-relative-time>`)}
    ${renderFact(run.status === 'active' ? 'For' : 'Took', renderDuration(run))}
    ${mergeRequest === undefined ? nothing : renderFact('Merge request', renderMergeRequest(mergeRequest))}
    ${renderCommits(run)} ${renderCode('Branch', run.facts['branch'])}
    ${renderCode('Repository', run.facts['repository'])}
  </dl>`;
}

function renderDuration(run: ActorSummary) {
  return html`<sb-relative-time
    duration
    .from=${run.startedAt}
    .until=${run.status === 'active' ? '' : run.updatedAt}
  ></sb-relative-time>`;
}

/** Only web addresses become links: a local forge names a command, which the state pane shows. */
function renderMergeRequest({ facts, state }: ActorSummary) {
  const name = `!${textOf(facts['number']) ?? ''}`;
  const link = textOf(facts['link']) ?? '';
  const standing = formatKey(state.split('.', 1)[0] ?? state);
  return /^https?:\/\//u.test(link)
    ? html`<a href=${link} target="_blank" rel="noreferrer">${name}</a> ${standing}`
    : html`${name} ${standing}`;
}

function renderCommits({ facts }: ActorSummary) {
  const { commits, sha } = facts;
  if (typeof commits !== 'number') return nothing;
  const last = shortenShas(textOf(sha) ?? '');
  return renderFact(
    'Change',
    html`${formatCount(commits, 'commit')}, ${commits === 1 ? '' : 'the last one '}<code
        >${last}</code
      >`,
  );
}

function renderCode(name: string, fact: ActorSummary['facts'][string] | undefined) {
  const text = textOf(fact);
  return text === undefined ? nothing : renderFact(name, html`<code>${text}</code>`, 'wide');
}

function renderFact(name: string, value: unknown, width = '') {
  return html`<div class=${width}>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}

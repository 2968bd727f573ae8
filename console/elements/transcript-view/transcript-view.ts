/** The conversation of one session: prompts, what the agent said, and each tool call with its result. */
import { LitElement, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { assertNever } from '../../../runtime/contract/errors.ts';
import type { StoredTranscriptEntry } from '../../../runtime/contract/transcript.ts';
import { readConversation, type ConversationPart } from '../../folds/conversation.ts';
import type { Tone } from '../../folds/run-outcome.ts';
import { describeToolCall } from '../../format/describe-tool-call.ts';
import { formatClockTime, formatDuration, formatFullTime } from '../../format/time.ts';
import { formatCount } from '../../format/value.ts';
import { baseStyles, toneStyles } from '../base.styles.ts';
import '../fact-list/fact-list.ts';
import '../long-text/long-text.ts';
import '../state-badge/state-badge.ts';
import { transcriptViewStyles } from './transcript-view.styles.ts';

type PartOf<Type extends ConversationPart['type']> = Extract<ConversationPart, { type: Type }>;

const promptTitles = { step: 'Step', steer: 'Message', nudge: 'Reminder' } as const;

@customElement('sb-transcript-view')
export class TranscriptView extends LitElement {
  static override readonly styles = [baseStyles, toneStyles, transcriptViewStyles];

  @property({ attribute: false }) entries: readonly StoredTranscriptEntry[] = [];
  /** The ids of the tool calls that run now. */
  @property({ attribute: false }) running: ReadonlySet<string> = new Set();

  protected override render() {
    const { parts, turns, usage } = readConversation(this.entries);
    return html`
      <ol>
        ${repeat(
          parts,
          ({ key }) => key,
          (part) =>
            html`<li class="part part-${part.type}" data-key=${part.key}>
              ${this.#renderPart(part)}
            </li>`,
        )}
      </ol>
      ${
        turns === 0
          ? nothing
          : html`<p class="usage muted">
              ${formatCount(turns, 'turn')} · ${formatCount(usage.inputTokens, 'token')} in ·
              ${formatCount(usage.outputTokens, 'token')} out
            </p>`
      }
    `;
  }

  #renderPart(part: ConversationPart) {
    switch (part.type) {
      case 'prompt':
        return renderPrompt(part);
      case 'said':
        return html`<sb-long-text lines="24" .text=${part.text}></sb-long-text>`;
      case 'tool':
        return renderTool(part, part.call !== undefined && this.running.has(part.call.id));
      default:
        return assertNever(part);
    }
  }
}

function renderPrompt({ prompt, at }: PartOf<'prompt'>) {
  const isSteer = prompt.source === 'steer';
  return html`<div class="prompt ${isSteer ? 'tone-active' : 'tone-neutral'}">
    <p class="title">
      <span>${promptTitles[prompt.source]}</span>
      ${prompt.stepId === undefined ? nothing : html`<code>${prompt.stepId}</code>`}
      <time class="code muted" datetime=${at} title=${formatFullTime(at)}
        >${formatClockTime(at)}</time
      >
    </p>
    <sb-long-text lines=${isSteer ? 12 : 4} .text=${prompt.text}></sb-long-text>
  </div>`;
}

function renderTool({ tool, call, result }: PartOf<'tool'>, isRunning: boolean) {
  const { lead, isProse, rest } = describeToolCall(call?.input ?? {});
  return html`<div class="tool">
    <div class="title">
      <code class="name">${tool}</code>
      <span class="verdict">${renderVerdict(result, isRunning)}</span>
    </div>
    ${
      lead === ''
        ? nothing
        : html`<sb-long-text class="lead" lines="6" ?code=${!isProse} .text=${lead}></sb-long-text>`
    }
    ${
      Object.keys(rest).length === 0
        ? nothing
        : html`<sb-fact-list class="input" .facts=${rest}></sb-fact-list>`
    }
    ${
      result === undefined || result.text === ''
        ? nothing
        : html`<sb-long-text class="output" code lines="6" .text=${result.text}></sb-long-text>`
    }
    ${
      result?.full === undefined
        ? nothing
        : html`<p class="muted">
            Shown in part; the full text (${formatCount(result.full.bytes, 'byte')}) is kept as
            <code>${result.full.blob}</code>.
          </p>`
    }
  </div>`;
}

/** A call without a result either runs, waits for its turn, or is answered when the next turn begins. */
function renderVerdict(result: ToolResult | undefined, isRunning: boolean) {
  if (result !== undefined) {
    return html`${
        result.durationMs === 0
          ? nothing
          : html`<span class="code muted">${formatDuration(result.durationMs)}</span>`
      }
      <sb-state-badge .label=${resultLabel(result)} .tone=${resultTone(result)}></sb-state-badge>`;
  }
  return isRunning
    ? html`<sb-state-badge label="running" tone="active" busy></sb-state-badge>`
    : nothing;
}

type ToolResult = NonNullable<PartOf<'tool'>['result']>;

function resultLabel({ outcome, exitCode }: ToolResult): string {
  if (outcome === 'interrupted') return 'interrupted';
  if (exitCode === undefined) return outcome;
  return exitCode === null ? `${outcome}, no exit code` : `exit ${exitCode}`;
}

function resultTone({ outcome, exitCode }: ToolResult): Tone {
  if (outcome === 'interrupted') return 'warning';
  return outcome === 'failed' || (exitCode !== undefined && exitCode !== 0) ? 'bad' : 'good';
}

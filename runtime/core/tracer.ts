/** How traces leave the runtime. `cli` makes a tracer of OpenTelemetry; without one nothing of this is called. */

export interface SpanStart {
  readonly name: string;
  /** `traceparent` of what led here; undefined begins a trace, and whether it is recorded is decided there. */
  readonly parent: string | undefined;
  /** `traceparent` of what else led here: a commit applies several commands together. */
  readonly links: readonly string[];
  readonly attributes: Readonly<Record<string, string | number>>;
}

export interface Span {
  /** For what this leads to. */
  readonly traceparent: string;
  /** `failure` says why, when it went wrong. Calls after the first change nothing. */
  end(failure?: string): void;
}

export interface Tracer {
  begin(start: SpanStart): Span;
}

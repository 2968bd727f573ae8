/**
 * Traces by OpenTelemetry: on when OTEL_EXPORTER_OTLP_ENDPOINT says where they go, else there is no tracer and nothing is
 * made or sent. What is sampled, headers and the service's name are the standard variables of OpenTelemetry.
 */
import {
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  type Context,
  type SpanContext,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base';
import { describeError } from '../../runtime/contract/errors.ts';
import type { Tracer } from '../../runtime/core/tracer.ts';
import type { SystemLog } from './log.ts';

/** A collector that is away must not hold up a stop for longer. */
const stopWithinMs = 3_000;
const exportTimeoutMs = 2_000;

export interface Tracing {
  readonly tracer: Tracer;
  /** Sends what is held, as far as that goes in a few seconds. */
  stop(): Promise<void>;
}

export interface TracingSettings {
  /** Of a collector that takes OTLP over HTTP, without `/v1/traces`. */
  readonly endpoint: string;
  readonly serviceName: string;
}

export function openTracing(
  { endpoint, serviceName }: TracingSettings,
  attributes: Readonly<Record<string, string>>,
  log: SystemLog,
): Tracing {
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/u, '')}/v1/traces`,
    timeoutMillis: exportTimeoutMs,
  });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName, ...attributes }),
    spanProcessors: [new BatchSpanProcessor(sayWhenFailing(exporter, endpoint, log))],
  });
  return {
    tracer: createTracer(provider),
    stop: async () => {
      const shutdown = provider.shutdown().catch((error: unknown) => {
        log.warn('the last traces were not delivered', { error: describeError(error) });
      });
      await Promise.race([shutdown, passed(stopWithinMs)]);
    },
  };
}

/** The runtime's port on an OpenTelemetry provider. */
export function createTracer(provider: Pick<BasicTracerProvider, 'getTracer'>): Tracer {
  const spans = provider.getTracer('signalbox');
  return {
    begin: ({ name, parent, links, attributes }) => {
      const span = spans.startSpan(
        name,
        { attributes, links: links.map((link) => ({ context: parseTraceparent(link) })) },
        parent === undefined ? ROOT_CONTEXT : contextOf(parent),
      );
      return {
        traceparent: formatTraceparent(span.spanContext()),
        end: (failure) => {
          if (!span.isRecording()) return;
          if (failure !== undefined)
            span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
          span.end();
        },
      };
    },
  };
}

function contextOf(traceparent: string): Context {
  return trace.setSpanContext(ROOT_CONTEXT, parseTraceparent(traceparent));
}

/** What is stored has the shape already; anything else is a defect. */
function parseTraceparent(text: string): SpanContext {
  const [, traceId = '', spanId = '', flags = '00'] = text.split('-');
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}

function formatTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/** Says once that traces are lost, and once that they are not any more: each batch would be a line otherwise. */
function sayWhenFailing(exporter: SpanExporter, endpoint: string, log: SystemLog): SpanExporter {
  let failing = false;
  const forceFlush = exporter.forceFlush?.bind(exporter);
  return {
    export: (spans, resultCallback) => {
      exporter.export(spans, (result) => {
        const fails = result.error !== undefined;
        if (fails && !failing)
          log.warn('traces are not delivered', { endpoint, error: describeError(result.error) });
        if (!fails && failing) log.info('traces are delivered again', { endpoint });
        failing = fails;
        resultCallback(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    ...(forceFlush === undefined ? {} : { forceFlush }),
  };
}

function passed(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs).unref();
  });
}

/**
 * The system's log: one JSON object per line to a file always, and a readable line to a terminal when asked. Whatever a
 * line is about goes by the same names everywhere: `actor`, `commandId`, `effectId`, `traceId`, `workerId`.
 */
import { pino } from 'pino';
import { openLogFile } from './log-file.ts';
import { censored, createSecretValues, secretFields } from './log-secrets.ts';

type Facts = Readonly<Record<string, unknown>>;

export interface SystemLog {
  info(message: string, facts?: Facts): void;
  warn(message: string, facts?: Facts): void;
  error(message: string, facts?: Facts): void;
  /** What a person who waits should see, verbose or not. */
  progress(message: string): void;
  /** From now on this value appears in no line. */
  hide(secret: string | undefined): void;
  /** A log whose lines all have these facts. */
  with(facts: Facts): SystemLog;
}

type Level = 'info' | 'warn' | 'error';

interface Line extends Facts {
  readonly at: string;
  readonly level: Level;
  readonly message: string;
}

/** `show` gets a readable line; it is called for progress, warnings and errors, and for the rest when `verbose`. */
export function openLog(options: {
  readonly file: string;
  readonly verbose: boolean;
  readonly now: () => Date;
  readonly show: (line: string) => void;
  /** Values that must appear in no line. */
  readonly secrets?: readonly (string | undefined)[];
  readonly maxBytes?: number;
}): SystemLog {
  const { file, verbose, maxBytes } = options;
  const secrets = createSecretValues(options.secrets ?? []);
  const logFile = openLogFile({
    file,
    ...(maxBytes === undefined ? {} : { maxBytes }),
    losing: options.show,
  });
  const write = (text: string): void => {
    const safe = secrets.hideInJson(text);
    logFile.write(safe);
    const line = JSON.parse(safe) as Line;
    if (verbose || line.level !== 'info') options.show(formatLine(line));
  };
  const logger = pino(
    {
      base: null,
      messageKey: 'message',
      timestamp: () => `,"at":"${options.now().toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
      redact: {
        paths: secretFields.flatMap((name) => [name, `*.${name}`]),
        censor: censored,
      },
    },
    { write },
  );
  const present = (bound: Facts): SystemLog => {
    const say = (level: Level, message: string, facts: Facts = {}): void => {
      logger[level](correlate({ ...bound, ...facts }), message);
    };
    return {
      info: (message, facts) => {
        say('info', message, facts);
      },
      warn: (message, facts) => {
        say('warn', message, facts);
      },
      error: (message, facts) => {
        say('error', message, facts);
      },
      progress: (message) => {
        say('info', message);
        if (!verbose) options.show(secrets.hideIn(message));
      },
      hide: (secret) => {
        secrets.add(secret);
      },
      with: (facts) => present({ ...bound, ...facts }),
    };
  };
  return present({});
}

/** An address becomes one field, and a `traceparent` the id of its trace: what is searched for has one name. */
function correlate(facts: Facts): Facts {
  const { kind, id, trace, ...others } = facts;
  const isAddress = typeof kind === 'string' && typeof id === 'string';
  return {
    ...(isAddress ? { actor: `${kind}/${id}` } : { ...named('kind', kind), ...named('id', id) }),
    ...(typeof trace === 'string' ? { traceId: trace.split('-')[1] ?? trace } : {}),
    ...others,
  };
}

function named(name: string, value: unknown): Facts {
  return value === undefined ? {} : { [name]: value };
}

function formatLine({ at, level, message, ...facts }: Line): string {
  const parts = Object.entries(facts).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return `${at.slice(11, 19)} ${level} ${message}${parts.length === 0 ? '' : `  ${parts.join(' ')}`}`;
}

/** Keeps secrets out of the log: by the names they go by, and by what they are, wherever they turn up. */

export const censored = '[hidden]';

/** Fields that hold a secret whatever their value; pino hides them at the top and one level down. */
export const secretFields = [
  'password',
  'pass',
  'secret',
  'token',
  'apiKey',
  'authorization',
  'cookie',
] as const;

/** Settings whose values are secrets, ours or of programs we start. */
const secretSetting = /(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|HEADERS)$/u;
/** Shorter ones would hide half of every line, and protect nothing. */
const shortestSecret = 6;

export function listSecretSettings(
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  return Object.entries(environment).flatMap(([name, value]) =>
    value !== undefined && secretSetting.test(name) ? value : [],
  );
}

export interface SecretValues {
  add(secret: string | undefined): void;
  /** The text with every known secret taken out, also as it stands in a URL. */
  hideIn(text: string): string;
  /** The same for a text that is JSON, and may hold texts that are JSON in turn; it stays JSON. */
  hideInJson(text: string): string;
}

export function createSecretValues(known: readonly (string | undefined)[]): SecretValues {
  const plain = new Set<string>();
  const escaped = new Set<string>();
  const add = (secret: string | undefined): void => {
    if (secret === undefined || secret.length < shortestSecret) return;
    for (const form of [secret, encodeURIComponent(secret), escapeText(secret)]) {
      plain.add(form);
      escaped.add(escapeText(form));
    }
  };
  for (const secret of known) add(secret);
  return {
    add,
    hideIn: (text) => hide(text, plain),
    hideInJson: (text) => hide(text, escaped),
  };
}

/** As it stands between the quotes of a JSON text. */
function escapeText(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function hide(text: string, forms: ReadonlySet<string>): string {
  let safe = text;
  for (const form of forms) if (safe.includes(form)) safe = safe.replaceAll(form, censored);
  return safe;
}

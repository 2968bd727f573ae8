/** Times and durations for reading: short, in the viewer's own time zone, never more exact than useful. */

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** `340 ms`, `4.2 s`, `3 min 05 s`, `2 h 10 min`, `3 d 4 h`. */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < secondMs) return `${Math.round(ms)} ms`;
  if (ms < 10 * secondMs) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  if (ms < minuteMs) return `${Math.floor(ms / secondMs)} s`;
  if (ms < hourMs) return join(ms, minuteMs, 'min', secondMs, 's');
  if (ms < dayMs) return join(ms, hourMs, 'h', minuteMs, 'min');
  return `${Math.floor(ms / dayMs)} d ${Math.floor((ms % dayMs) / hourMs)} h`;
}

function join(
  ms: number,
  large: number,
  largeUnit: string,
  small: number,
  smallUnit: string,
): string {
  const rest = String(Math.floor((ms % large) / small)).padStart(2, '0');
  return `${Math.floor(ms / large)} ${largeUnit} ${rest} ${smallUnit}`;
}

/** `just now`, `40 s ago`, `3 min ago`, `2 h ago`, `5 d ago`. */
export function formatAge(ageMs: number): string {
  if (ageMs < 5 * secondMs) return 'just now';
  if (ageMs < minuteMs) return `${Math.floor(ageMs / secondMs)} s ago`;
  if (ageMs < hourMs) return `${Math.floor(ageMs / minuteMs)} min ago`;
  if (ageMs < dayMs) return `${Math.floor(ageMs / hourMs)} h ago`;
  return `${Math.floor(ageMs / dayMs)} d ago`;
}

const clockTime = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const fullTime = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long' });

/** `14:03:22` */
export function formatClockTime(time: string | number): string {
  return clockTime.format(new Date(time));
}

/** With date and zone, for a tooltip. */
export function formatFullTime(time: string | number): string {
  return fullTime.format(new Date(time));
}

/** What a worker tells its operator. One line per fact; the composition root decides where it goes. */
export interface WorkerLog {
  info(message: string, facts?: Readonly<Record<string, unknown>>): void;
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void;
}

export const silentLog: WorkerLog = { info: () => undefined, warn: () => undefined };

/** The read model, the projector that keeps it up to date, and what other commands may ask of it. */
import { dirname } from 'node:path';
import { systemRequestSubject } from '../../runtime/contract/subjects.ts';
import { openHistory, type History } from '../../runtime/history/history.ts';
import type { HistoryNotice } from '../../runtime/history/notice.ts';
import { createProjector } from '../../runtime/history/projector.ts';
import { listenForRequests } from '../../runtime/nats/requests.ts';
import { lockFolder } from '../../runtime/processes/folder-lock.ts';
import type { SystemLog } from './log.ts';
import type { StorageParts } from './storage-part.ts';
import { answerSystemRequest } from './system-requests.ts';

/** Throws `SB_HOME_LOCKED` when another process keeps the history of this home. */
export async function startHistoryPart(
  { home, storage, connection, space, started }: StorageParts,
  log: SystemLog,
): Promise<History> {
  const tell = (notice: HistoryNotice): void => {
    log.warn(notice.message, { ...notice });
  };
  const lock = await lockFolder(dirname(home.history), new Date());
  started.push(() => lock.release());
  const history = await openHistory({ file: home.history, log: tell });
  started.push(() => history.close());
  const projector = createProjector({ history, source: storage.events, log: tell });
  projector.start();
  started.push(() => projector.stop());
  const stopListening = listenForRequests(
    connection,
    systemRequestSubject(space.namespace),
    (request) => answerSystemRequest(request, history, storage.events, log),
    log,
  );
  started.push(async () => {
    stopListening();
  });
  return history;
}

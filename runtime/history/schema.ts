/** The tables of the history file. A change here is a new `schemaVersion`: old files are set aside and folded again. */

export const schemaVersion = 2;

/**
 * `messages` has one row per message of EVENTS: the events of a commit are written and read together. `message_trees` has one
 * row per message and ancestor-or-self of its actor, so that a page of a run's events is one ordered index scan however
 * large the run or its neighbours are. `holes` are positions that could not be folded, and why.
 */
export const schema = `
CREATE TABLE position (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  through_seq INTEGER NOT NULL
);
INSERT INTO position VALUES (1, 0);

CREATE TABLE messages (
  seq INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  event_count INTEGER NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX messages_by_actor ON messages (kind, actor, seq);

CREATE TABLE message_trees (
  tree TEXT NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (tree, seq)
) WITHOUT ROWID;

CREATE TABLE actors (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  first_seq INTEGER NOT NULL,
  summary TEXT NOT NULL,
  PRIMARY KEY (kind, id)
);
CREATE INDEX actors_by_start ON actors (first_seq);
CREATE INDEX actors_by_kind ON actors (kind, first_seq);
CREATE INDEX actors_by_id ON actors (id);

CREATE TABLE holes (
  from_seq INTEGER PRIMARY KEY,
  to_seq INTEGER NOT NULL,
  reason TEXT NOT NULL
);

PRAGMA user_version = ${schemaVersion};
`;

/** Every table, for emptying and for copying from a rebuilt file. */
export const tables = ['position', 'messages', 'message_trees', 'actors', 'holes'] as const;

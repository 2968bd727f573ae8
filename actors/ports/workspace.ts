/**
 * The workspace port: files and commands inside one directory. Every path is confined to `root` with
 * symbolic links resolved (`SB_PATH_OUTSIDE`). Implemented in integrations/sandbox.
 */
export interface CapturedOutput {
  /** At most `maxCapturedBytes`; when more was written, the beginning and the end with a marker between. */
  readonly text: string;
  /** Bytes the command really wrote. */
  readonly bytes: number;
  readonly truncated: boolean;
  /** The whole output (up to a hard limit the implementation documents), present only when truncated. */
  readonly full?: Uint8Array;
}

export interface CommandRequest {
  readonly root: string;
  /** Run by `bash -c` (or `sh -c` where there is no bash), in its own process group, without a terminal or stdin. */
  readonly command: string;
  readonly timeoutMs: number;
  readonly maxCapturedBytes: number;
}

export type CommandEnd =
  | { readonly type: 'exited'; readonly exitCode: number }
  | { readonly type: 'signalled'; readonly signal: string }
  | { readonly type: 'timedOut'; readonly afterMs: number };

export interface CommandResult {
  readonly end: CommandEnd;
  readonly stdout: CapturedOutput;
  readonly stderr: CapturedOutput;
  readonly durationMs: number;
}

export interface FileSlice {
  /** Lines `firstLine..lastLine` (1-based, inclusive), without line numbers. */
  readonly text: string;
  readonly firstLine: number;
  readonly lastLine: number;
  readonly totalLines: number;
}

export interface SearchHit {
  /** Relative to root, `/` as separator. */
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

/** Every refusal of a file operation is a `SignalboxError`: `SB_PATH_OUTSIDE`, `SB_NOT_FOUND`, `SB_TOOL_FAILED`. */
export interface WorkspacePort {
  /** Resolves whatever the exit code. Aborting kills the whole process group and rejects with `SB_EFFECT_CANCELLED`. */
  runCommand(request: CommandRequest, signal: AbortSignal): Promise<CommandResult>;
  readFile(
    root: string,
    path: string,
    range: { readonly offset: number; readonly limit: number },
  ): Promise<FileSlice>;
  /** Creates missing folders. Written to a temporary file and renamed, so that a crash leaves old or new. */
  writeFile(
    root: string,
    path: string,
    content: string,
  ): Promise<{ readonly bytes: number; readonly created: boolean }>;
  /** Replaces exact text. Fails when `oldText` is absent, or found more than once without `all`. */
  editFile(
    root: string,
    path: string,
    edit: { readonly oldText: string; readonly newText: string; readonly all: boolean },
  ): Promise<{ readonly replacements: number }>;
  /** Paths relative to root, sorted; `.git` and `node_modules` left out; `truncated` when over `limit`. */
  findFiles(
    root: string,
    pattern: string,
    limit: number,
  ): Promise<{ readonly paths: readonly string[]; readonly truncated: boolean }>;
  /** POSIX extended regular expression over tracked and untracked, not ignored, text files. */
  searchText(
    root: string,
    query: { readonly pattern: string; readonly glob?: string; readonly limit: number },
  ): Promise<{ readonly hits: readonly SearchHit[]; readonly truncated: boolean }>;
}

/** What history tells the process that hosts it: closed, typed, and each with a sentence for a person. */

export type HistoryNotice =
  /** The file could not be used and was renamed; history begins empty and is folded again from the stream. */
  | {
      readonly type: 'setAside';
      readonly message: string;
      readonly file: string;
      readonly movedTo: string;
    }
  /** Positions that can never be folded: an event that does not parse, or one the stream no longer holds. */
  | { readonly type: 'hole'; readonly message: string; readonly from: number; readonly to: number }
  /** History was of another stream than the one that is read, and was emptied; `kept` holds what it held. */
  | {
      readonly type: 'diverged';
      readonly message: string;
      readonly throughSeq: number;
      readonly kept: string;
    }
  /** Folding has stopped for now and is tried again; told once per cause. */
  | { readonly type: 'interrupted'; readonly message: string; readonly error: unknown }
  | { readonly type: 'resumed'; readonly message: string; readonly throughSeq: number };

export type HistoryLog = (notice: HistoryNotice) => void;

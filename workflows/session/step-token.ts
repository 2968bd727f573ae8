/**
 * Tokens: which attempt at which step instance of which session a completion is for. A token tells
 * mistakes apart (an older step, another session, a made-up one); it is not a secret, since the
 * session actor alone decides who may complete its steps.
 */
import { hashJson } from '../language/definition-hash.ts';

export interface TokenPlace {
  readonly sessionId: string;
  readonly definitionHash: string;
  readonly instance: number;
  /** Blocked completions of the instance so far. */
  readonly attempt: number;
}

/** 128 bits: two sessions never share a token by chance. */
const digestLength = 32;

/** `<instance>.<attempt>.<digest>`; the same place always gives the same token. */
export function createToken(place: TokenPlace): string {
  const { sessionId, definitionHash, instance, attempt } = place;
  const digest = hashJson([sessionId, definitionHash, instance, attempt]).slice(0, digestLength);
  return `${instance}.${attempt}.${digest}`;
}

export type TokenJudgement = 'current' | 'olderStep' | 'olderAttempt' | 'notYetGiven' | 'foreign';

/** How a token relates to the current place, from the token alone: no list of past tokens is kept. */
export function judgeToken(token: string, current: TokenPlace): TokenJudgement {
  const match = /^([1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.[0-9a-f]+$/.exec(token);
  if (match === null) return 'foreign';
  const place = { ...current, instance: Number(match[1]), attempt: Number(match[2]) };
  if (createToken(place) !== token) return 'foreign';
  if (place.instance < current.instance) return 'olderStep';
  if (place.instance > current.instance || place.attempt > current.attempt) return 'notYetGiven';
  return place.attempt < current.attempt ? 'olderAttempt' : 'current';
}

/** The events of the actors that stand beside all runs: triggers and the work queue. */
import { joinParts, type WordsOf } from '../event-words.ts';

export const standingWords: Readonly<Record<string, WordsOf>> = {
  triggerConfigured: (facts) => ({
    title: 'Trigger configured',
    detail: facts.text('repository'),
  }),
  deliveryAccepted: (facts) => ({
    title: 'Delivery accepted',
    detail: facts.text('goal'),
    tone: 'good',
  }),
  deliveryRepeated: (facts) => ({
    title: 'Delivery repeated',
    detail: joinParts(facts.text('deliveryId'), 'nothing was started again'),
    weight: 'quiet',
  }),
  deliveryIgnored: (facts) => ({
    title: 'Delivery ignored',
    detail: facts.text('reason'),
  }),
  deliveryRefused: (facts) => ({
    title: 'Delivery refused',
    detail: facts.text('reason'),
    tone: 'bad',
    weight: 'milestone',
  }),
  limitsSet: (facts) => ({ title: 'Limits set', detail: facts.text('limits') }),
  slotAwaited: (facts) => ({
    title: 'Waits for a slot',
    detail: joinParts(facts.text('holder'), `${facts.text('waiting')} waiting`),
    weight: 'quiet',
  }),
  slotRefused: (facts) => ({
    title: 'Slot refused',
    detail: joinParts(facts.text('holder'), facts.text('reason')),
    tone: 'bad',
  }),
  slotGiven: (facts) => ({
    title: 'Slot given',
    detail: joinParts(
      facts.text('holder'),
      `${facts.text('working')} working, ${facts.text('waiting')} waiting`,
    ),
  }),
};

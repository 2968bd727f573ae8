/**
 * What every forge adapter must do, as tests: call `describeForgeConformance` from an integration test
 * with a factory. What only one forge can show (damaged storage, worktrees) is tested beside it.
 */
import { describe } from 'vitest';
import { declareChecks, declareComments, declareReading } from './conformance/discussion.ts';
import { declareClosing, declareMerging, declareRefusedMerges } from './conformance/ending.ts';
import { declareOpening, declareRefusedOpenings } from './conformance/opening.ts';
import { prepareScene } from './conformance/scene.ts';
import type { ForgeUnderTest } from './conformance/scene.ts';

/** `create` is called before each test. */
export function describeForgeConformance(
  name: string,
  create: () => Promise<ForgeUnderTest>,
): void {
  describe(`forge conformance: ${name}`, () => {
    const scene = prepareScene(create);
    describe('opening', () => {
      declareOpening(scene);
    });
    describe('refused openings', () => {
      declareRefusedOpenings(scene);
    });
    describe('reading', () => {
      declareReading(scene);
    });
    describe('comments', () => {
      declareComments(scene);
    });
    describe('checks', () => {
      declareChecks(scene);
    });
    describe('merging', () => {
      declareMerging(scene);
    });
    describe('refused merges', () => {
      declareRefusedMerges(scene);
    });
    describe('closing', () => {
      declareClosing(scene);
    });
  });
}

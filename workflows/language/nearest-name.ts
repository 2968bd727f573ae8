/** Finds the known name a person most likely meant. */

/** Letters swapped, missing, added or wrong; case, `-` and `_` do not count. */
export function findNearestName(name: string, known: readonly string[]): string | undefined {
  const wanted = simplify(name);
  let nearest: { readonly name: string; readonly distance: number } | undefined;
  for (const candidate of known) {
    const simple = simplify(candidate);
    const longest = Math.max(wanted.length, simple.length);
    // Words that start alike are often confused whole: handover and handoff.
    const startsAlike = wanted.length > 3 && simple.startsWith(wanted.slice(0, 4));
    const allowed = Math.max(1, Math.floor(longest / (startsAlike ? 2 : 3)));
    if (Math.abs(wanted.length - simple.length) > allowed) continue;
    const distance = measureDistance(wanted, simple);
    if (distance > allowed) continue;
    if (nearest === undefined || distance < nearest.distance)
      nearest = { name: candidate, distance };
  }
  return nearest?.name;
}

/** "Did you mean …?" where a known name is near, else the known names. `listIntroduction` ends without a colon. */
export function suggestName(
  name: string,
  known: readonly string[],
  listIntroduction: string,
): string {
  const nearest = findNearestName(name, known);
  if (nearest !== undefined) return `Did you mean "${nearest}"?`;
  return `${listIntroduction}: ${known.join(', ')}.`;
}

function simplify(name: string): string {
  return name.toLowerCase().replaceAll(/[-_\s]/g, '');
}

/** Optimal string alignment: Levenshtein's distance with swapped neighbours counted once. */
function measureDistance(left: string, right: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1];
      let cost = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (row > 1 && column > 1 && swapped) {
        cost = Math.min(cost, (beforePrevious[column - 2] ?? 0) + 1);
      }
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[right.length] ?? 0;
}

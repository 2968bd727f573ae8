/** Whether a scrolling region shows its end. Pure. */

/** Zoom levels leave fractions of pixels, and half a line from the end still counts as reading the end. */
const toleranceInPixels = 12;

export function isAtEnd(region: {
  readonly scrollTop: number;
  readonly clientHeight: number;
  readonly scrollHeight: number;
}): boolean {
  return region.scrollHeight - region.clientHeight - region.scrollTop <= toleranceInPixels;
}

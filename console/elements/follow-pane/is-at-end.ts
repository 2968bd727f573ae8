/** Where a scrolling region stands, and who moved it. Pure. */

export interface ScrollPlace {
  readonly scrollTop: number;
  readonly clientHeight: number;
  readonly scrollHeight: number;
}

/** Zoom levels leave fractions of pixels, and half a line from the end still counts as reading the end. */
const toleranceInPixels = 12;

export function isAtEnd(region: ScrollPlace): boolean {
  return region.scrollHeight - region.clientHeight - region.scrollTop <= toleranceInPixels;
}

/** Further up in a content of the same size: that was the reader. Otherwise the layout may have moved it. */
export function isScrolledUp(before: ScrollPlace, now: ScrollPlace): boolean {
  return (
    now.scrollTop < before.scrollTop &&
    now.scrollHeight === before.scrollHeight &&
    now.clientHeight === before.clientHeight
  );
}

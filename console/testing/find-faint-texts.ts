/** Looks for texts that are too faint to read: WCAG 2.2, 1.4.3, at least 4.5 to 1. Runs in the page. */

/** The texts, with the colours that are too close, of everything that is rendered, shadow roots included. */
export function findFaintTexts(): readonly string[] {
  const leastContrast = 4.5;
  const faint: string[] = [];
  look(document);
  return faint;

  function look(root: Document | ShadowRoot): void {
    for (const element of root.querySelectorAll('*')) {
      if (element.shadowRoot !== null) look(element.shadowRoot);
      const text = [...element.childNodes]
        .filter((node) => node.nodeType === Node.TEXT_NODE)
        .map((node) => node.textContent?.trim() ?? '')
        .join('');
      // A control that cannot be used is exempt.
      if (text === '' || !element.checkVisibility() || element.matches(':disabled')) continue;
      const { color } = getComputedStyle(element);
      const background = backgroundOf(element);
      const [light = 0, dark = 0] = [luminance(color), luminance(background)].sort((a, b) => b - a);
      if ((light + 0.05) / (dark + 0.05) < leastContrast) {
        faint.push(`${text.slice(0, 40)}: ${color} on ${background}`);
      }
    }
  }

  /** Of the nearest element around it that has one. */
  function backgroundOf(element: Element): string {
    let around: Element | null | undefined = element;
    while (around !== null && around !== undefined) {
      const { backgroundColor } = getComputedStyle(around);
      if ((channels(backgroundColor)[3] ?? 1) === 1) return backgroundColor;
      const root: Node = around.getRootNode();
      around =
        around.assignedSlot ??
        around.parentElement ??
        (root instanceof ShadowRoot ? root.host : undefined);
    }
    return 'rgb(255, 255, 255)';
  }

  function channels(color: string): readonly number[] {
    return [...color.matchAll(/[\d.]+/gu)].map(([digits]) => Number(digits));
  }

  function luminance(color: string): number {
    const [red = 0, green = 0, blue = 0] = channels(color).map((channel) => {
      const share = channel / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }
}

/** Who belongs to whom: children are named `parent::child`. Needs no schema, so that it costs a page nothing. */

/** The id of the actor that the tree has grown from. */
export function rootOf(id: string): string {
  return id.split('::', 1)[0] ?? id;
}

/** Whether an actor is the one with the id `root` or a descendant of it. */
export function isInTree(root: string, id: string): boolean {
  return id === root || id.startsWith(`${root}::`);
}

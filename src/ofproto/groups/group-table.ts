import type { Group } from "./group.js";

/** A bridge's groups. What changes it is `groupModification`. */
export class GroupTable {
  readonly #groups = new Map<number, Group>();

  get(id: number): Group | undefined {
    return this.#groups.get(id);
  }

  has(id: number): boolean {
    return this.#groups.has(id);
  }

  /** Puts a group in the place of the one of its number, if there is any. */
  set(group: Group): void {
    this.#groups.set(group.groupId, group);
  }

  delete(id: number): void {
    this.#groups.delete(id);
  }

  get size(): number {
    return this.#groups.size;
  }

  /** All of them, by number. */
  inOrder(): Group[] {
    return [...this.#groups.values()].sort((a, b) => a.groupId - b.groupId);
  }
}

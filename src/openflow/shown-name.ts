/** A name of a port or table as text shows it among numbers: in quotes where it is not letters, digits and underscores after a letter. */
export function shownName(name: string): string {
  return /^[A-Za-z][A-Za-z0-9_]*$/.test(name) ? name : JSON.stringify(name);
}

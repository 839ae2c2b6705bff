/** Milliseconds between two looks: others' processes have no event to wait for. */
const interval = 5;

/** Looks again and again until `condition` holds; throws after `patience` milliseconds, naming what it waited for. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  what: string,
  patience = 10_000,
): Promise<void> {
  const end = performance.now() + patience;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, interval));
  }
}

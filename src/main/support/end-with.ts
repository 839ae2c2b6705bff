/**
 * Ends the process with a program's exit status. What it rejects with is our own fault: it is thrown where nothing catches it, so that a
 * daemon's crash handler and the monitor see a crash.
 */
export function endWith(status: Promise<number>): void {
  status.then(
    (code) => process.exit(code),
    (error: unknown) => {
      setImmediate(() => {
        throw error;
      });
    },
  );
}

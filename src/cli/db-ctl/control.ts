/** Thrown by a command that ends the program at once with a status of its own, without output and without changes. */
export class ExitNow extends Error {
  override name = "ExitNow";
  readonly status: number;
  constructor(status: number) {
    super(`exit ${status}`);
    this.status = status;
  }
}

/** Thrown by a command whose condition does not hold yet: all commands are run again once the database has changed. */
export class TryAgain extends Error {
  override name = "TryAgain";
}

/** A fault of the person at the keyboard: its message is printed as the upstream tool prints it, or written to a row's `error`. */
export class UserError extends Error {
  override name = "UserError";
}

/** A peer sent bytes or a message that is not well formed. Caught once per session, and answered. */
export class WireError extends Error {
  override name = "WireError";
}

/**
 * The operating system refused. `code` is the errno name (`ENOENT`), `errno` its positive number, `text` the C library's words
 * for it (`No such file or directory`), `tried` what was attempted.
 */
export class HostError extends Error {
  override name = "HostError";
  readonly code: string;
  readonly errno: number;
  readonly tried: string;
  readonly text: string;
  constructor(tried: string, code: string, errno: number, text: string) {
    super(`${tried}: ${text}`);
    this.code = code;
    this.errno = errno;
    this.tried = tried;
    this.text = text;
  }
}

/** Our own invariant broke. Never caught below `main`. */
export class BugError extends Error {
  override name = "BugError";
}

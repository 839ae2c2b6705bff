import * as sys from "./syscalls.js";

const CLONE_NEWNET = 0x40000000;
const O_RDONLY_CLOEXEC = 0x80000;
const CURRENT = "/proc/thread-self/ns/net";

/** A network namespace held by a descriptor; it goes when the last descriptor, process and device in use of it go. */
export interface NetworkNamespace {
  readonly fd: number;
  close(): void;
}

/** Gets hold of the namespace that a path leads to. Throws `HostError`. */
export function holdNamespace(path: string): NetworkNamespace {
  const fd = sys.check(sys.open(path, O_RDONLY_CLOEXEC, 0), path);
  return { fd, close: () => void sys.close(fd) };
}

/** The calling thread's network namespace. */
export function currentNamespace(): NetworkNamespace {
  return holdNamespace(CURRENT);
}

/** Moves the calling thread into a namespace for good. Throws `HostError`. */
export function enterNamespace(fd: number): void {
  sys.check(sys.setns(fd, CLONE_NEWNET), "setns");
}

/** Makes a new network namespace without a name. Throws `HostError` (`EPERM` without the privilege). */
export function createNamespace(): NetworkNamespace {
  const home = currentNamespace();
  try {
    sys.check(sys.unshare(CLONE_NEWNET), "unshare of the network namespace");
    try {
      return holdNamespace(CURRENT);
    } finally {
      sys.check(sys.setns(home.fd, CLONE_NEWNET), "setns");
    }
  } finally {
    home.close();
  }
}

/**
 * Runs synchronous code with this thread in another network namespace; what it opens stays there. A namespace of
 * `undefined` is the present one.
 */
export function inNamespace<T>(namespace: { readonly fd: number } | undefined, run: () => T): T {
  if (!namespace) return run();
  const home = currentNamespace();
  try {
    sys.check(sys.setns(namespace.fd, CLONE_NEWNET), "setns");
    try {
      return run();
    } finally {
      sys.check(sys.setns(home.fd, CLONE_NEWNET), "setns");
    }
  } finally {
    home.close();
  }
}

import type { CaptureSource } from "../net.js";

/** A link hidden from its host's stack. `link` and `program` are descriptors of the tcx link and the dropping program, or -1. */
export interface Hidden {
  readonly hidden: CaptureSource["hidden"];
  readonly link: number;
  readonly program: number;
  release(): void;
}

/** One way of hiding a link of the calling thread's namespace. Throws where it does not work here. */
export type Hide = (name: string, ifindex: number) => Hidden;

import { readFileSync } from "node:fs";
import { Btf } from "#bpf/btf.js";
import { refuseWithout } from "./without.js";

let kernel: Btf | undefined;

/** The running kernel's type information, read once. Throws where the kernel was built without it. */
export function kernelBtf(): Btf {
  refuseWithout("btf");
  kernel ??= new Btf(readFileSync("/sys/kernel/btf/vmlinux"));
  return kernel;
}

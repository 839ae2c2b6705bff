import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { describe } from "vitest";

/** Something a test may lack on this machine. The name is printed as the reason of a skip. */
export interface Need {
  readonly name: string;
  readonly met: boolean;
}

export const root: Need = { name: "root", met: process.getuid?.() === 0 };
export const tun: Need = { name: "/dev/net/tun", met: existsSync("/dev/net/tun") };

export const twoCores: Need = { name: "two cores", met: availableParallelism() >= 2 };

/** A program that must be installed, by its full path. */
export function program(path: string, debianPackage: string): Need {
  return { name: `${path} (Debian package ${debianPackage})`, met: existsSync(path) };
}

export const openVswitch: Need = program("/usr/sbin/ovs-vswitchd", "openvswitch-switch");

/** `describe` that is skipped, with the reason in its title, where a need is not met. */
export function describeWith(needs: readonly Need[], title: string, body: () => void): void {
  const unmet = needs.filter((n) => !n.met);
  if (unmet.length === 0) describe(title, body);
  else describe.skip(`${title} [needs ${unmet.map((n) => n.name).join(", ")}]`, body);
}

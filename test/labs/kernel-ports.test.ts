import { spawn } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LinuxFrameIo } from "#host/linux/frame-io.js";
import { plainOffload } from "#wire/virtio-net.js";
import type { TestNamespace } from "../support/namespace.js";
import { describeWith, program, root, tun } from "../support/needs.js";
import { WeftHost, waitFor } from "../support/weft-host.js";

const ping = program("/usr/bin/ping", "iputils-ping");
const ECHO_REQUEST = 8;

/** Makes an echo request's frame the reply to it, in place. True where it is one. */
function answer(frame: Uint8Array): boolean {
  if (frame[12] !== 8 || frame[13] !== 0 || frame[23] !== 1 || frame[34] !== ECHO_REQUEST) return false;
  const swap = (a: number, b: number, length: number): void => {
    const before = frame.slice(a, a + length);
    frame.copyWithin(a, b, b + length);
    frame.set(before, b);
  };
  swap(0, 6, 6);
  swap(26, 30, 4);
  frame[34] = 0;
  const view = new DataView(frame.buffer, frame.byteOffset);
  const sum = view.getUint16(36) + (ECHO_REQUEST << 8);
  view.setUint16(36, (sum & 0xffff) + (sum >> 16));
  return true;
}

describeWith([root, tun, ping], "ports of the kernel engine", () => {
  let host: WeftHost;
  let guest: TestNamespace;

  beforeAll(() => {
    host = new WeftHost();
    host.start();
    host.vsctl("add-br", "br0");
    guest = host.guest("we2", "10.34.0.2/24");
    host.vsctl("add-port", "br0", "we2");
  });
  afterAll(() => host?.close());

  const inKernel = (): string[] => host.appctl("dpctl/dump-flows", "-m", "type=ebpf").split("\n");

  it("are TAPs of virtual machines, too", async () => {
    const tap = host.namespace.net.openTap("we3", { persist: false });
    const machine = new LinuxFrameIo();
    machine.attach(1, tap.frames);
    try {
      host.namespace.net.setUp("we3", true);
      host.vsctl("add-port", "br0", "we3");
      guest.ip("neigh add 10.34.0.3 lladdr 02:00:00:34:00:03 dev eth0");
      const enter = `--net=/proc/${process.pid}/fd/${guest.fd}`;
      const pinging = spawn("nsenter", [enter, "ping", "-q", "-c", "50", "-i", "0.02", "-W", "2", "10.34.0.3"]);
      let text = "";
      pinging.stdout.on("data", (data) => (text += String(data)));
      let ended = false;
      pinging.on("close", () => (ended = true));
      while (!ended) {
        machine.receive(64, (_port, memory, at, length) => {
          const frame = memory.slice(at, at + length);
          if (answer(frame)) machine.send(1, frame, 0, 0, frame, 0, length, plainOffload());
        });
        machine.flush();
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      expect(text).toContain(" 0% packet loss");
      const flows = inKernel();
      const counted = (from: string, to: string): number =>
        Number(
          flows
            .find((f) => f.includes(`in_port(${from})`) && f.endsWith(`actions:${to}`))
            ?.match(/packets:(\d+)/)?.[1] ?? 0,
        );
      expect(counted("we2", "we3")).toBeGreaterThan(40);
      expect(counted("we3", "we2")).toBeGreaterThan(40);
    } finally {
      machine.close();
      tap.close();
    }
  });

  it("that vanish and return are in the kernel again", () => {
    let other = host.guest("we4", "10.34.0.4/24");
    host.vsctl("add-port", "br0", "we4");
    const answers = (): boolean => other.run("ping", "-c", "3", "-i", "0.1", "-W", "1", "10.34.0.2").status === 0;
    const isInKernel = (): boolean => inKernel().some((f) => f.includes("in_port(we4)") && f.endsWith("actions:we2"));
    expect(answers()).toBe(true);
    waitFor(isInKernel, "its flows to be in the kernel");
    host.namespace.ip("link del we4");
    waitFor(() => host.vsctl("get", "interface", "we4", "error").includes("No such device"), "it to be missed");
    expect(isInKernel()).toBe(false);
    other = host.guest("we4", "10.34.0.4/24");
    waitFor(answers, "it to be a port again");
    waitFor(isInKernel, "its flows to be in the kernel again");
    const doctor = host.appctl("dpif-ebpf/show");
    expect(doctor).toMatch(/^ {4}port \d+: we4: kernel$/m);
  });
});

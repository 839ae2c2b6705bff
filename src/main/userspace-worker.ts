import { ForwardingLoop } from "#datapath/userspace/forwarding-loop.js";
import type { ThreadStart } from "#datapath/userspace/thread-protocol.js";
import { seedHashes } from "#flow/shape.js";
import { LinuxFrameIo } from "#host/linux/frame-io.js";
import { threadParent } from "#host/node/threads.js";

/** The forwarding thread of a userspace datapath; started by `ThreadEngine`, never by hand. */
function main(): void {
  seedHashes(Math.random() * 2 ** 32);
  const parent = threadParent();
  const shift = performance.timeOrigin - (parent.data as ThreadStart).timeOrigin;
  const io = new LinuxFrameIo();
  const loop = new ForwardingLoop({ parent, io, now: () => performance.now() + shift, random: Math.random });
  loop.run();
  io.close();
}

main();

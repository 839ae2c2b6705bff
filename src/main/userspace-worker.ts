import { ForwardingLoop } from "#datapath/userspace/threads/forwarding-loop.js";
import type { ThreadStart } from "#datapath/userspace/threads/thread-protocol.js";
import { seedHashes } from "#flow/shape.js";
import { pinThread } from "#host/linux/affinity.js";
import { LinuxFrameIo } from "#host/linux/frame-io.js";
import { attachLeases } from "#host/linux/lease-memory.js";
import { memoryOf } from "#host/linux/memory.js";
import { signalEvent, threadParent } from "#host/node/threads.js";

/** The forwarding thread of a userspace datapath; started by `ThreadEngine`, never by hand. */
function main(): void {
  seedHashes(Math.random() * 2 ** 32);
  const parent = threadParent();
  const { timeOrigin, ring } = parent.data as ThreadStart;
  const shift = performance.timeOrigin - timeOrigin;
  const io = new LinuxFrameIo({ ring });
  const loop = new ForwardingLoop({
    parent,
    io,
    now: () => performance.now() + shift,
    random: Math.random,
    signal: signalEvent,
    leases: attachLeases,
    attach: memoryOf,
    pin: pinThread,
  });
  loop.run();
}

main();

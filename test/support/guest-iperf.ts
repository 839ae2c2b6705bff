import type { QemuGuest } from "./qemu-guest.js";

/** What is used of iperf3's results. */
interface IperfEnd {
  readonly sum_received: { readonly bytes: number; readonly bits_per_second: number };
  readonly sum: { readonly packets: number; readonly lost_packets: number };
}

/** Runs iperf3's client in a guest. The server may still have to do with the one before: then it is asked again. */
export async function guestIperf(guest: QemuGuest, options: string): Promise<IperfEnd> {
  for (let trial = 1; ; trial++) {
    const text = await guest.must(`iperf3 ${options} -J`, 60_000);
    // What it says of datagrams larger than the MTU comes first.
    const { start, end, error } = JSON.parse(text.slice(text.indexOf("{")));
    if (error === undefined) return end;
    // A server that is not through with the one before closes the connection.
    if (trial === 10 || start.connected.length > 0) throw new Error(`iperf3 ${options}: ${error}`);
  }
}

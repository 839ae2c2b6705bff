import type { AppctlCommand } from "#runtime/command.js";
import { UserError } from "#util/errors.js";
import type { Datapath } from "../datapath.js";
import type { Datapaths } from "../datapaths.js";
import { COUNTERS, Counter } from "../userspace/counters.js";
import { UserspaceDatapath } from "../userspace/userspace-datapath.js";

/** Commands on userspace datapaths; `[dp]` is a name without type, unknown ones mean the first, as upstream. */
export function dpifNetdevCommands(datapaths: Datapaths): AppctlCommand[] {
  const cleared = new WeakMap<Datapath, Float64Array>();
  const choose = (args: readonly string[]): UserspaceDatapath | undefined => {
    const rest = withoutOptions(args);
    const all = datapaths.all().filter((dp): dp is UserspaceDatapath => dp instanceof UserspaceDatapath);
    return all.find((dp) => dp.name === rest[0]) ?? (all.length === 1 ? all[0] : undefined);
  };
  const command = (name: string, usage: string, run: (args: readonly string[]) => string): AppctlCommand => ({
    name: `dpif-netdev/${name}`,
    usage,
    minArgs: 0,
    maxArgs: 5,
    run,
  });
  return [
    command("pmd-stats-show", "[-pmd core] [dp]", (args) => {
      const dp = choose(args);
      if (dp === undefined) throw new UserError("please specify an existing datapath");
      if (isOtherCore(args)) return "";
      return formatStats(dp.engine.counters, cleared.get(dp) ?? new Float64Array(COUNTERS));
    }),
    command("pmd-stats-clear", "[-pmd core] [dp]", (args) => {
      const dp = choose(args);
      if (dp === undefined) throw new UserError("please specify an existing datapath");
      if (!isOtherCore(args)) cleared.set(dp, dp.engine.counters.slice());
      return "";
    }),
    // Lists the queues of numbered PMD threads. The forwarding thread is none, and upstream lists nothing of its own main thread either.
    command("pmd-rxq-show", "[-pmd core] [-secs secs] [dp]", (args) => {
      if (choose(args) === undefined) throw new UserError("please specify an existing datapath");
      if (isOtherCore(args)) return "";
      return `Displaying last ${shownSeconds(args)} seconds pmd usage %\n`;
    }),
  ];
}

function withoutOptions(args: readonly string[]): string[] {
  return args.filter((a, i) => !a.startsWith("-") && args[i - 1] !== "-pmd" && args[i - 1] !== "-secs");
}

/** `-secs`, rounded up to the five seconds that figures are gathered for; a minute where it is not given or out of range. */
function shownSeconds(args: readonly string[]): number {
  const at = args.indexOf("-secs");
  const seconds = at < 0 ? Number.NaN : Number.parseInt(args[at + 1] ?? "", 10);
  return seconds > 0 && seconds <= 60 ? Math.ceil(seconds / 5) * 5 : 60;
}

/** There is one forwarding thread, which is no numbered core. */
function isOtherCore(args: readonly string[]): boolean {
  const at = args.indexOf("-pmd");
  return at >= 0 && /^\d+$/.test(args[at + 1] ?? "");
}

function formatStats(now: Float64Array, then: Float64Array): string {
  const n = (counter: number): number => now[counter]! - then[counter]!;
  const ratio = (a: number, b: number): string => (b > 0 ? a / b : 0).toFixed(2);
  const received = n(Counter.received);
  const recirculated = n(Counter.recirculated);
  const failed = n(Counter.missedLost);
  const sent = n(Counter.sent);
  return [
    "main thread:",
    `  packets received: ${received}`,
    `  packet recirculations: ${recirculated}`,
    `  avg. datapath passes per packet: ${ratio(received + recirculated, received)}`,
    "  phwol hits: 0",
    "  mfex opt hits: 0",
    "  simple match hits: 0",
    `  emc hits: ${n(Counter.cacheHits)}`,
    `  smc hits: ${n(Counter.signatureHits)}`,
    `  megaflow hits: ${n(Counter.megaflowHits)}`,
    `  avg. subtable lookups per megaflow hit: ${ratio(n(Counter.maskLookups), n(Counter.megaflowHits))}`,
    `  miss with success upcall: ${n(Counter.missed) - failed}`,
    `  miss with failed upcall: ${failed}`,
    `  avg. packets per output batch: ${ratio(sent, n(Counter.turns) > 0 ? n(Counter.turns) : sent)}`,
    "",
  ].join("\n");
}

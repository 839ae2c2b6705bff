import { shellQuote } from "#util/shell-quote.js";
import type { ScriptEnvironment } from "../script-environment.js";

interface Address {
  readonly family: string;
  readonly local: string;
  readonly prefixlen: number;
  readonly broadcast?: string;
  readonly scope: string;
  readonly label?: string;
}

interface Link {
  readonly flags: readonly string[];
  readonly link_type: string;
  readonly address?: string;
  readonly broadcast?: string;
  readonly mtu: number;
  readonly txqlen?: number;
  readonly addr_info: readonly Address[];
}

/** A shell script that gives network devices the addresses and routes that they have now, and the host its iptables rules. */
export async function saveInterfaces(names: readonly string[], env: ScriptEnvironment): Promise<string> {
  let script = "";
  for (const name of names) script += (await saveInterface(name, env)) ?? "";
  return script + (await saveIptables(env));
}

async function saveInterface(name: string, env: ScriptEnvironment): Promise<string | undefined> {
  const ip = async (...args: string[]): Promise<string | undefined> => {
    const { status, stdout, stderr } = await env.programs.run("ip", args);
    if (status === 0) return stdout;
    env.error(stderr);
    return undefined;
  };
  const shown = await ip("-json", "addr", "show", "dev", name);
  const [link] = shown === undefined ? [] : (JSON.parse(shown) as Link[]);
  if (link === undefined) return undefined;
  const dev = shellQuote(name);
  const lines = [`# ${name}`, `ip link set dev ${dev} down`];
  const isUp = link.flags.includes("UP");
  const settings = [
    ...(link.txqlen === undefined ? [] : [`txqueuelen ${link.txqlen}`]),
    ...(link.link_type === "ether" && link.address !== undefined ? [`address ${link.address}`] : []),
    ...(link.broadcast === undefined ? [] : [`broadcast ${link.broadcast}`]),
    `mtu ${link.mtu}`,
  ];
  lines.push(`ip link set dev ${dev} ${isUp ? "up " : ""}${settings.join(" ")}`);
  lines.push(`ip addr flush dev ${dev} 2>/dev/null`);
  for (const a of link.addr_info) {
    const broadcast = a.broadcast === undefined ? "" : ` broadcast ${a.broadcast}`;
    const label = a.label === undefined ? "" : ` label ${shellQuote(a.label)}`;
    lines.push(`ip -f ${a.family} addr add ${a.local}/${a.prefixlen}${broadcast} scope ${a.scope}${label} dev ${dev}`);
  }
  lines.push(`ip route flush dev ${dev} proto boot 2>/dev/null`);
  for (const family of ["-4", "-6"]) {
    const routes = ((await ip(family, "route", "show", "dev", name)) ?? "").split("\n");
    // What the kernel makes by itself of addresses comes with them.
    for (const route of routes.filter((r) => r.trim() !== "" && !/\bproto (kernel|ra)\b/.test(r))) {
      lines.push(`ip ${family} route add ${route.replace(/\b(linkdown|dead)\b/g, "").trim()} dev ${dev}`);
    }
  }
  return `${lines.join("\n")}\n\n`;
}

async function saveIptables(env: ScriptEnvironment): Promise<string> {
  const { status, stdout } = await env.programs.run("iptables-save", []);
  const path = env.host.process.env["PATH"] ?? "";
  if (status !== 0) return `# iptables-save not found in ${path}, not saving iptables state\n`;
  return `iptables-restore <<'EOF'\n${stdout}EOF\n`;
}

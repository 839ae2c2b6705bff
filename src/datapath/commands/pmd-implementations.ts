import type { AppctlCommand } from "#runtime/command.js";
import { UserError } from "#util/errors.js";
import type { Datapaths } from "../datapaths.js";
import { UserspaceDatapath } from "../userspace/userspace-datapath.js";

/*
 * Upstream has several implementations of the same steps, for processors of several kinds, and these commands choose among them. Here there is one of each, and
 * the choice is remembered without effect: scripts that make it go on working.
 */

const PARSERS: readonly string[] = ["autovalidator", "scalar", "study"];
/** Packets that "study" looks at where it is not said. */
const STUDIED = 128;

function cores(datapaths: Datapaths): number[] {
  const threads = datapaths.all().flatMap((dp) => (dp instanceof UserspaceDatapath ? dp.engine.threads() : []));
  return threads.flatMap(({ core }) => (core === undefined ? [] : [core])).sort((a, b) => a - b);
}

function list(numbers: readonly number[]): string {
  return numbers.length === 0 ? "none" : numbers.join(",");
}

function parserCommands(datapaths: Datapaths): AppctlCommand[] {
  let byDefault = "scalar";
  const chosen = new Map<number, string>();
  const set = (args: readonly string[]): string => {
    let rest = [...args];
    let core: number | undefined;
    if (rest[0] === "-pmd") {
      const text = rest[1];
      if (text === undefined || !/^\d+$/.test(text)) {
        throw new UserError(
          `Error: miniflow extract parser not changed, PMD thread passed is not valid: '${text ?? ""}'. Pass a valid pmd thread ID.`,
        );
      }
      core = Number(text);
      rest = rest.slice(2);
    }
    const [name, count, ...more] = rest;
    if (name === undefined) {
      throw new UserError(
        "Error: no miniflow extract name provided. Output of miniflow-parser-get shows implementation list.",
      );
    }
    const isStudy = name === "study";
    if (isStudy && count !== undefined && !/^[1-9]\d*$/.test(count))
      throw new UserError(`Error: invalid study_pkt_cnt value: ${count}.`);
    const extra = isStudy ? more[0] : count;
    if (extra !== undefined) throw new UserError(`Error: unknown argument ${extra}.`);
    if (!PARSERS.includes(name)) throw new UserError(`Error: unknown miniflow extract implementation ${name}.`);
    if (core !== undefined && !cores(datapaths).includes(core)) {
      throw new UserError(
        `Error: miniflow extract parser not changed, PMD thread ${core} not in use, pass a valid pmd thread ID.`,
      );
    }
    if (core === undefined) {
      byDefault = name;
      chosen.clear();
    } else chosen.set(core, name);
    const where = core === undefined ? "" : `, on pmd thread ${core}`;
    const studied = isStudy ? `, studying ${count ?? STUDIED} packets` : "";
    return `Miniflow extract implementation set to ${name}${where}${studied}.\n`;
  };
  return [
    {
      name: "dpif-netdev/miniflow-parser-get",
      usage: "",
      minArgs: 0,
      maxArgs: 0,
      run: () =>
        Object.fromEntries(
          PARSERS.map((name) => [name, cores(datapaths).filter((core) => (chosen.get(core) ?? byDefault) === name)]),
        ),
      text: (data) => {
        const lines = Object.entries(data as Record<string, number[]>).map(
          ([name, pmds]) => `  ${name} (available: True pmds: ${list(pmds)})\n`,
        );
        return `Available MFEX implementations:\n${lines.join("")}`;
      },
    },
    {
      name: "dpif-netdev/miniflow-parser-set",
      usage: "[-pmd core] miniflow_implementation_name [study_pkt_cnt]",
      minArgs: 1,
      maxArgs: 5,
      support: "accepted",
      run: set,
    },
  ];
}

function dpifCommands(datapaths: Datapaths): AppctlCommand[] {
  return [
    {
      name: "dpif-netdev/dpif-impl-get",
      usage: "",
      minArgs: 0,
      maxArgs: 0,
      run: () => ({ dpif_scalar: cores(datapaths) }),
      text: (data) => {
        const { dpif_scalar } = data as { dpif_scalar: number[] };
        return `Available DPIF implementations:\n  dpif_scalar (pmds: ${list(dpif_scalar)})\n`;
      },
    },
    {
      name: "dpif-netdev/dpif-impl-set",
      usage: "dpif_implementation_name",
      minArgs: 1,
      maxArgs: 1,
      support: "accepted",
      run: ([name]) => {
        if (name !== "dpif_scalar")
          throw new UserError(`DPIF implementation not available: Unknown DPIF implementation ${name}.`);
        return `DPIF implementation set to ${name}.\n`;
      },
    },
  ];
}

type Lookup = { readonly name: string; readonly uses: number; readonly priority: number };

function lookupCommands(datapaths: Datapaths): AppctlCommand[] {
  const priorities = new Map([
    ["autovalidator", 0],
    ["generic", 1],
  ]);
  const show = (name: string): AppctlCommand => ({
    name: `dpif-netdev/${name}`,
    usage: "",
    minArgs: 0,
    maxArgs: 0,
    run: (): Lookup[] => {
      const masks = datapaths.all().reduce((n, dp) => n + (dp instanceof UserspaceDatapath ? dp.stats().masks : 0), 0);
      return [...priorities].map(([lookup, priority]) => ({
        name: lookup,
        uses: lookup === "generic" ? masks : 0,
        priority,
      }));
    },
    text: (data) => {
      const lines = (data as unknown as Lookup[]).map(
        ({ name: lookup, uses, priority }) => `  ${lookup} (Use count: ${uses}, Priority: ${priority})\n`,
      );
      return `Available dpcls implementations:\n${lines.join("")}`;
    },
  });
  return [
    show("subtable-lookup-info-get"),
    // As it was called before.
    show("subtable-lookup-prio-get"),
    {
      name: "dpif-netdev/subtable-lookup-prio-set",
      usage: "[lookup_func] [prio]",
      minArgs: 2,
      maxArgs: 2,
      support: "accepted",
      run: ([name = "", text = ""]) => {
        // What is no number is 0, as upstream.
        const priority = Number.parseInt(text, 10) || 0;
        if (priority < 0 || priority > 255)
          throw new UserError("error converting priority, use integer in range 0-255");
        if (!priorities.has(name)) throw new UserError("error, subtable lookup function not found");
        priorities.set(name, priority);
        return "Lookup priority change affected 0 dpcls ports and 0 subtables.\n";
      },
    },
  ];
}

/** Commands that choose among implementations of extraction, forwarding and lookup. */
export function pmdImplementationCommands(datapaths: Datapaths): AppctlCommand[] {
  return [...parserCommands(datapaths), ...dpifCommands(datapaths), ...lookupCommands(datapaths)];
}

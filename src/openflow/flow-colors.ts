/** What parts of a flow's text are shown as, each an SGR substring of a terminal: by the names that `OVS_COLORS` has for them. */
export interface FlowPalette {
  /** `actions=`. */
  readonly ac: string;
  /** `drop`. */
  readonly dr: string;
  /** `learn`. */
  readonly le: string;
  /** Names with a value behind them. */
  readonly pm: string;
  /** Actions with parentheses. */
  readonly pr: string;
  /** Tables, priorities, and the commonest actions. */
  readonly sp: string;
  /** Words without a value. */
  readonly vl: string;
}

const defaults: FlowPalette = { ac: "1;31", dr: "34", le: "31", pm: "36", pr: "35", sp: "33", vl: "32" };

/** Reads `OVS_COLORS`: `ac=1;31:dr=34`, in which what nobody knows counts for nothing. */
export function parsePalette(text: string = ""): FlowPalette {
  const given = text
    .split(":")
    .map((one) => /^(\w+)=([\d;]*)$/.exec(one))
    .filter((found) => found !== null && Object.hasOwn(defaults, found[1]!));
  return { ...defaults, ...Object.fromEntries(given.map((found) => [found![1], found![2]])) };
}

type Capability = keyof FlowPalette;
type Painter = (what: Capability, text: string) => string;

/** Fields of matches that upstream leaves plain. */
const plainFields: ReadonlySet<string> = new Set(
  "packet_type gtpu_flags gtpu_msgtype tun_gtpu_flags tun_gtpu_msgtype tun_gbp_flags tun_erspan_ver tun_erspan_idx tun_erspan_dir tun_erspan_hwid".split(
    " ",
  ),
);

const special: ReadonlySet<string> = new Set(
  "table= priority= load: output: move: group: set_field: resubmit: exit dec_nsh_ttl".split(" "),
);

/** A word, what parts it from its value, or begins its arguments. */
const word = /([A-Za-z][\w.-]*)((?:\[[\d.]*\])?[=:(]|\[[\d.]*\](?=[,)]|$)|(?=[,) ]|$))/y;

/** Shows the parts of a match. */
function paintMatch(text: string, paint: Painter): string {
  return text
    .split(",")
    .map((part) => {
      const [, name = "", rest = ""] = /^(\s*[a-z]\w*)(=.*|\s*)$/s.exec(part) ?? [];
      const plain = name.trim();
      if (plain === "" || plainFields.has(plain) || plain.startsWith("tun_metadata")) return part;
      const blank = name.slice(0, name.length - plain.length);
      if (!rest.startsWith("=")) return `${blank}${paint("vl", plain)}${rest}`;
      if (plain === "conj_id") return `${blank}${paint("pm", plain)}${rest}`;
      const value = rest.slice(1);
      return `${blank}${paint(special.has(`${plain}=`) ? "sp" : "pm", `${plain}=`)}${value}`;
    })
    .join(",");
}

/** Words without value or parentheses, in actions, that are shown. */
const lone: ReadonlySet<string> = new Set(
  (
    "dec_mpls_ttl pop_queue ct_clear clear_actions commit force random hash persistent pause send_flow_rem " +
    "delete_learned strip_vlan pop_vlan"
  ).split(" "),
);

/** What parentheses hold is shown as itself. */
const plainInside: ReadonlySet<string> = new Set(["multipath", "bundle", "bundle_load", "conjunction"]);

/** Shows a list of actions, a stack of what each parenthesis was opened by beside it. */
class ActionPainter {
  readonly #text: string;
  readonly #paint: Painter;
  #at = 0;
  #out = "";
  readonly #open: { readonly name: string; readonly close: Capability | undefined }[] = [];

  constructor(text: string, paint: Painter) {
    this.#text = text;
    this.#paint = paint;
  }

  run(): string {
    while (this.#at < this.#text.length) this.#step();
    return this.#out;
  }

  #step(): void {
    const text = this.#text;
    const atWord = this.#at === 0 || "(,".includes(text[this.#at - 1]!);
    word.lastIndex = this.#at;
    const found = atWord ? word.exec(text) : null;
    if (found !== null) {
      this.#word(found[0], found[1]!, found[2]!);
      return;
    }
    if (text[this.#at] === ")") this.#close();
    else if (text.startsWith("->", this.#at) && this.#open.at(-1)?.name !== "check_pkt_larger" && !this.#wasLarger) {
      this.#emit("->", "sp");
    } else this.#emit(text[this.#at] === "(" ? this.#opened("", undefined) : text[this.#at]!, undefined);
  }

  /** The parenthesis before was that of check_pkt_larger, whose field is not shown. */
  #wasLarger = false;

  #emit(text: string, what: Capability | undefined): void {
    this.#at += text.length;
    this.#out += what === undefined ? text : this.#paint(what, text);
    if (text === ",") this.#wasLarger = false;
  }

  #opened(name: string, close: Capability | undefined): "(" {
    this.#open.push({ name, close });
    return "(";
  }

  #close(): void {
    const { name = "", close = undefined } = this.#open.pop() ?? {};
    this.#wasLarger = name === "check_pkt_larger";
    if (name !== "exec") {
      this.#emit(")", close);
      return;
    }
    // A comma follows these, whether anything does or not.
    const comma = this.#text[this.#at + 1] === ",";
    this.#out += this.#paint("pr", "),");
    this.#at += comma ? 2 : 1;
  }

  #word(whole: string, name: string, end: string): void {
    const within = this.#open.at(-1)?.name ?? "";
    if (end.endsWith("(")) this.#call(name);
    else if (end === "") this.#lone(name, within);
    else if (within === "learn") this.#learned(whole, name, end);
    else if (end.endsWith("]")) this.#emit(whole, undefined);
    else if (within === "nat") {
      this.#emit(name, "pm");
      this.#emit(end, "pm");
    } else if (name === "CONTROLLER" || (within === "" && this.#open.length > 0)) this.#emit(whole, undefined);
    else if (plainInside.has(within) && whole !== "members:") this.#emit(whole, undefined);
    else this.#emit(whole, special.has(whole) ? "sp" : "pm");
  }

  #call(name: string): void {
    if (name === "learn") {
      this.#opened(name, "le");
      this.#emit("learn(", "le");
    } else if (name === "nat" || name === "dec_ttl" || name === "nsh") {
      this.#opened(name === "nsh" ? "" : name, "pr");
      this.#emit(name, name === "nsh" ? undefined : "pr");
      this.#emit("(", "pr");
    } else if (name === "output") {
      this.#opened("", undefined);
      this.#emit(name, "sp");
      this.#emit("(", undefined);
    } else if (name === "check_pkt_larger") {
      this.#opened(name, undefined);
      this.#emit(`${name}(`, "pm");
    } else if (name === "tlv" || name === "packet_type") {
      this.#opened("", undefined);
      this.#emit(`${name}(`, undefined);
    } else {
      this.#opened(name, "pr");
      this.#emit(`${name}(`, "pr");
    }
  }

  #lone(name: string, within: string): void {
    if (name === "drop") this.#emit(name, "dr");
    else if (name === "exit" || name === "dec_nsh_ttl") this.#emit(name, "sp");
    else if (name === "dec_ttl" || name === "nat") this.#emit(name, "pr");
    else if (within === "sample" && /^(in|e)gress$/.test(name)) this.#emit(name, "pm");
    else if (within === "nat" && /^(src|dst)$/.test(name)) this.#emit(name, "pm");
    else if (!plainInside.has(within) && lone.has(name)) this.#emit(name, "vl");
    else this.#emit(name, undefined);
  }

  /** Within `learn(…)` two names have the comma before them too, and fields are shown with their bits. */
  #learned(whole: string, name: string, end: string): void {
    if (whole === "priority=" || whole === "fin_hard_timeout=") {
      const hasComma = this.#out.endsWith(",");
      if (hasComma) this.#out = this.#out.slice(0, -1);
      this.#out += this.#paint(whole === "priority=" ? "sp" : "pm", `${hasComma ? "," : ""}${whole}`);
      this.#at += whole.length;
    } else if (end.endsWith("]")) this.#emit(whole, "pm");
    else if (end.includes("[")) {
      const isCopied = /^[A-Z]/.test(this.#text.slice(this.#at + whole.length));
      if (isCopied) {
        this.#emit(`${name}${end.slice(0, -1)}`, "pm");
        this.#emit("=", "pm");
      } else this.#emit(whole, "pm");
    } else this.#emit(whole, special.has(whole) ? "sp" : "pm");
  }
}

/** What stands before a flow's match in a line of dump-flows. */
const statistics =
  /^( ?)((?:[a-z_]+=[^ ,]*, |send_flow_rem |check_overlap |reset_counts |no_packet_counts |no_byte_counts )*)/;

/** A line of dump-flows in colours. */
export function paintFlow(line: string, palette: FlowPalette): string {
  const paint: Painter = (what, text) => `\x1b[${palette[what]}m\x1b[K${text}\x1b[m\x1b[K`;
  const at = line.search(/(^| )actions=/);
  if (at < 0) return line;
  const start = line.indexOf("actions=", at);
  const head = line.slice(0, start);
  const [, blank = "", counts = ""] = statistics.exec(head)!;
  const painted = counts.replace(/([a-z_]+=)([^ ,]*, )/g, (_, name: string, value: string) => {
    return paint(name === "table=" ? "sp" : "pm", name) + value;
  });
  const match = head.slice(blank.length + counts.length);
  const actions = new ActionPainter(line.slice(start + "actions=".length), paint).run();
  return `${blank}${painted}${match === "" ? "" : paintMatch(match, paint)}${paint("ac", "actions=")}${actions}`;
}

/** A flow mod as text in colours: its match and actions. */
export function paintFlowMod(line: string, palette: FlowPalette): string {
  const paint: Painter = (what, text) => `\x1b[${palette[what]}m\x1b[K${text}\x1b[m\x1b[K`;
  const found = /^(.*?: (?:ADD|MOD|MOD_STRICT|DEL|DEL_STRICT|<add>)(?: table:\S+)? )(.*)$/.exec(line);
  if (found === null) return line;
  const [, head = "", rest = ""] = found;
  const start = rest.search(/(^| )actions=/);
  if (start < 0) return line;
  const at = rest.indexOf("actions=", start);
  // The match is the first word, unless there is none.
  const [, match = "", between = ""] = /^((?!\w+:)[^ ]* )?(.*)$/.exec(rest.slice(0, at))!;
  const actions = new ActionPainter(rest.slice(at + "actions=".length), paint).run();
  return `${head}${match === "" ? "" : paintMatch(match, paint)}${between}actions=${actions}`;
}

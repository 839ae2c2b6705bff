import { openVSwitchDeclaration } from "#ovsdb/schemas/open-vswitch/declaration.js";
import { type ColumnState, columnStates, keyStates } from "./columns.js";
import { type Compared, compareAppctl, comparePrograms, installed, type State } from "./compare.js";
import { ownAdditions } from "./own-additions.js";
import { upstreamAppctl, upstreamPrograms } from "./upstream.js";

const states: readonly State[] = ["works", "accepted", "missing"];

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((c) => c.replaceAll("|", "\\|")).join(" | ")} |\n`;
  return `${line(head)}|${"---|".repeat(head.length)}\n${rows.map(line).join("")}`;
}

const counts = (names: readonly { readonly state: State }[]): string[] =>
  states.map((state) => String(names.filter((n) => n.state === state).length));

function names(title: string, rows: readonly Compared[]): string {
  if (rows.length === 0) return "";
  const cells = rows.map(({ name, state, note }) => [`\`${name}\``, state, note]);
  return `\n${table([title, "state", ""], cells)}`;
}

function summary(): string {
  const programs = comparePrograms();
  const current = [...upstreamPrograms].filter(([, { note }]) => note === undefined);
  const here = current.filter(([name]) => installed.includes(name));
  const row = (what: string, compared: readonly Compared[]): string[] => [
    what,
    String(compared.length),
    ...counts(compared),
  ];
  const rows = [
    ["programs", String(current.length), String(here.length), "", String(current.length - here.length)],
    row(
      "options of the programs that are here",
      programs.flatMap((p) => p.options),
    ),
    row(
      "commands of the programs that are here",
      programs.flatMap((p) => p.commands),
    ),
    ...[...upstreamAppctl.keys()].map((daemon) => row(`appctl commands of ${daemon}`, compareAppctl(daemon).current)),
  ];
  const kind = (which: (c: ColumnState) => boolean): string => String(columnStates.filter(which).length);
  const columns = [
    "columns",
    String(columnStates.length),
    kind((c) => c.actedOn.length > 0),
    kind((c) => c.written.length > 0),
    kind((c) => c.actedOn.length + c.written.length === 0),
  ];
  const keysActedOn = keyStates.filter((k) => k.actedOn).length;
  const keys = [
    "keys of `other_config`",
    String(keyStates.length),
    String(keysActedOn),
    "",
    String(keyStates.length - keysActedOn),
  ];
  const tables = Object.keys(openVSwitchDeclaration.tables);
  const used = tables.filter((t) => columnStates.some((c) => c.table === t && c.actedOn.length + c.written.length > 0));
  return `${table(["", "upstream", ...states], rows)}
${table(["Open_vSwitch database", "upstream", "acted on", "written", "stored"], [columns, keys])}
All ${tables.length} tables are there; something acts on or writes ${used.length} of them.
`;
}

function programSections(): string {
  const sections = comparePrograms().map(({ name, what, options, commands }) => {
    return `### ${name}\n\n${what[0]?.toUpperCase()}${what.slice(1)}.\n${names("command", commands)}${names("option", options)}`;
  });
  return sections.join("\n");
}

function absentPrograms(): string {
  const list = (all: readonly string[]): string => all.map((name) => `\`${name}\``).join(" ");
  const rows = [...upstreamPrograms]
    .filter(([name]) => !installed.includes(name))
    .map(([name, { what, note, options, commands }]) => [
      `\`${name}\``,
      note === undefined ? what : `${what} (${note})`,
      list(Object.keys(commands)),
      list(options.map((o) => `--${o}`)),
    ]);
  return table(["program", "what it does", "commands", "options"], rows);
}

function appctlSections(): string {
  return [...upstreamAppctl.keys()]
    .map((daemon) => {
      const { current, retired } = compareAppctl(daemon);
      const old = retired.length === 0 ? "" : `\nOnly in Open vSwitch 3.1:\n${names("command", retired)}`;
      return `### ${daemon}\n${names("command", current)}${old}`;
    })
    .join("\n");
}

function columnSections(): string {
  return Object.keys(openVSwitchDeclaration.tables)
    .map((name) => {
      const rows = columnStates
        .filter((c) => c.table === name)
        .map(({ column, actedOn, written }) => {
          const parts = [
            ...(actedOn.length > 0 ? [`acted on by ${actedOn.join(", ")}`] : []),
            ...(written.length > 0 ? [`written by ${written.join(", ")}`] : []),
          ];
          return [`\`${column}\``, parts.join("; ") || "stored"];
        });
      return `### ${name}\n\n${table(["column", "state"], rows)}`;
    })
    .join("\n");
}

function keySections(): string {
  const list = (table: string, actedOn: boolean): string =>
    keyStates
      .filter((k) => k.table === table && k.actedOn === actedOn)
      .map((k) => `\`${k.key}\``)
      .join(" ");
  const names = [...new Set(keyStates.map((k) => k.table))];
  return table(
    ["table", "acted on", "stored"],
    names.map((name) => [name, list(name, true), list(name, false)]),
  );
}

function additions(): string {
  const { programs, appctl, options } = ownAdditions;
  const rows = [
    ...Object.entries(programs).map(([name, what]) => [`\`${name}\``, "program", what]),
    ...Object.entries(appctl).flatMap(([daemon, all]) =>
      Object.entries(all).map(([name, what]) => [`\`${name}\``, `appctl command of ${daemon}`, what]),
    ),
    ...Object.entries(options).flatMap(([program, all]) =>
      Object.entries(all).map(([name, what]) => [`\`--${name}\``, `option of ${program}`, what]),
    ),
  ];
  return table(["name", "", "what it does"], rows);
}

/** The page that compares Weft with Open vSwitch, name by name. */
export function parityPage(): string {
  return `# What of Open vSwitch is here

Every program, option, command, appctl command, table and column of Open vSwitch 4.0, and its state in Weft. This page is generated
(\`npm run generate\`) from the tables the programs themselves work by; do not edit it. Upstream's names are kept as facts in
\`docs/reference/upstream/\`.

- **works**: does what upstream's does.
- **accepted**: understood, and without effect.
- **missing**: not there, or refused with a message that says so.

A name says nothing of depth: a command that works may lack a detail. Of the keys that
columns hold only those of \`other_config\` are listed, as far as the manual of 3.1 names them; \`docs/reference/schema-open-vswitch.md\` tells of the others.

${summary()}
## Programs that are here

${programSections()}
## Programs that are not here

${absentPrograms()}
## Commands of the daemons (\`ovs-appctl\`)

With \`--enable-dummy\`. The third column is the usage.

${appctlSections()}
## Columns of the Open_vSwitch database

- **acted on**: a change of it changes what the named program does.
- **written**: the named program keeps it up to date.
- **stored**: the database checks, keeps and delivers it, and nothing else happens. That is all there is to \`external_ids\`, which is for
  clients. ovsdb-server acts on what its command line names: \`manager_options\` and \`SSL\` are what start scripts name.

${columnSections()}
### Keys of \`other_config\`

${keySections()}
## Weft's own

What upstream does not have:

${additions()}`;
}

import { describe, expect, it } from "vitest";
import { createFakeHost } from "#host/fake/host.js";
import type { Json } from "#util/json.js";
import { ToldError } from "./end-reason.js";
import { Vlog } from "./vlog.js";
import { vlogCommands } from "./vlog-commands.js";
import { applyVlogOption } from "./vlog-options.js";
import { formatRecord } from "./vlog-pattern.js";

function setup(settings = {}) {
  const host = createFakeHost();
  const vlog = new Vlog(host, { program: "ovs-vswitchd", modules: ["known"], ...settings });
  return { host, vlog, sent: host.syslogMessages };
}

/** What a command prints. */
function run(vlog: Vlog, name: string, ...args: string[]): string {
  const command = vlogCommands(vlog).find((c) => c.name === name)!;
  const data = command.run(args) as Json;
  return command.text ? command.text(data) : String(data);
}

describe("vlog", () => {
  it("writes each destination in its pattern", () => {
    const { host, vlog, sent } = setup();
    vlog.openFile("/var/log/openvswitch/x.log");
    vlog.module("bridge").warn("careful");
    expect(host.process.err).toBe(
      "2024-01-01T00:00:00Z|00001|vlog|INFO|opened log file /var/log/openvswitch/x.log\n" +
        "2024-01-01T00:00:00Z|00002|bridge|WARN|careful\n",
    );
    expect(host.files.readText("/var/log/openvswitch/x.log")).toBe(
      "2024-01-01T00:00:00.000Z|00001|vlog|INFO|opened log file /var/log/openvswitch/x.log\n" +
        "2024-01-01T00:00:00.000Z|00002|bridge|WARN|careful\n",
    );
    expect(sent[1]).toMatch(
      /^unix:\/dev\/log <28>\w{3} [ \d]\d \d\d:\d\d:\d\d ovs-vswitchd: ovs\|00002\|bridge\|WARN\|careful$/,
    );
  });

  it("keeps levels by module and destination", () => {
    const { host, vlog } = setup();
    const bridge = vlog.module("bridge");
    const other = vlog.module("other");
    vlog.set("console:off");
    vlog.set("bridge:CONSOLE,dbg");
    expect(bridge.isEnabled("dbg")).toBe(true);
    expect(other.isEnabled("dbg")).toBe(false);
    bridge.dbg("seen");
    other.err("unseen");
    expect(host.process.err).toBe("2024-01-01T00:00:00Z|00001|bridge|DBG|seen\n");
    vlog.set("ANY:known:off");
    expect(vlog.module("known").isEnabled("emer")).toBe(false);
    expect(vlog.module("later").isEnabled("err")).toBe(true);
  });

  it.each([
    ["foo", 'no destination, level, or module "foo"'],
    ["ANY:PATTERN:file:x", 'no destination, level, or module "PATTERN"'],
    ["PATTERN:x:y", 'unknown destination "x"'],
    ["PATTERN", "missing destination"],
    ["FACILITY:x", "invalid facility"],
    ["FACILITY", "invalid facility"],
    ["vlog,known:dbg", "cannot specify multiple modules"],
    ["file:syslog:dbg", "cannot specify multiple destinations"],
    ["dbg:info", "cannot specify multiple levels"],
  ])("refuses -v%s in upstream's words", (spec, message) => {
    const { vlog } = setup();
    expect(() => applyVlogOption(vlog, { name: "verbose", value: spec })).toThrow(`processing "${spec}": ${message}`);
  });

  it("lists levels and patterns as upstream does", () => {
    const { vlog } = setup();
    vlog.module("dpif_lookup_autovalidator");
    vlog.module("backtrace");
    vlog.set("console:off");
    vlog.set("PATTERN:file:%m: %c");
    expect(run(vlog, "vlog/list")).toBe(
      "                 console    syslog    file\n" +
        "                 -------    ------    ------\n" +
        "backtrace          OFF       INFO       INFO\n" +
        "dpif_lookup_autovalidator   OFF       INFO       INFO\n" +
        "vlog               OFF       INFO       INFO\n",
    );
    expect(run(vlog, "vlog/list-pattern")).toBe(
      "         prefix                            format\n" +
        "         ------                            ------\n" +
        "SYSLOG   <%B> %D{%h %e %T} %E %A:          ovs|%05N|%c%T|%p|%m\n" +
        "CONSOLE  none                              %D{%Y-%m-%dT%H:%M:%SZ}|%05N|%c%T|%p|%m\n" +
        "FILE     none                              %m: %c\n",
    );
  });

  it("limits rates and tells how much it dropped", () => {
    const { host, vlog } = setup();
    vlog.set("PATTERN:console:%m");
    const log = vlog.module("m").limited(60, 2);
    for (let i = 0; i < 5; i++) {
      log.warn(`m${i}`);
      host.clock.advance(100);
    }
    host.clock.advance(2000);
    log.warn("later");
    expect(host.process.err).toBe(
      "m0\nm1\nDropped 3 log messages in last 2 seconds (most recently, 2 seconds ago) due to excessive rate\nlater\n",
    );
    host.process.err = "";
    run(vlog, "vlog/disable-rate-limit", "m");
    for (let i = 0; i < 5; i++) log.warn("x");
    expect(host.process.err).toBe("x\n".repeat(5));
    expect(() => run(vlog, "vlog/enable-rate-limit", "nosuch")).toThrow("unknown module");
  });

  it("reopens its file after a rotation", () => {
    const { host, vlog } = setup();
    expect(run(vlog, "vlog/reopen")).toBe("Logging to file not configured");
    vlog.set("PATTERN:file:%m");
    vlog.openFile("/tmp/a.log");
    host.files.rename("/tmp/a.log", "/tmp/old.log");
    run(vlog, "vlog/reopen");
    vlog.module("m").info("new");
    run(vlog, "vlog/close");
    vlog.module("m").info("nowhere");
    expect(host.files.readText("/tmp/old.log")).toBe("opened log file /tmp/a.log\nclosing log file\n");
    expect(host.files.readText("/tmp/a.log")).toBe("opened log file /tmp/a.log\nnew\nclosing log file\n");
  });

  it("says why a log file cannot be opened", () => {
    const { host, vlog } = setup();
    expect(vlog.openFile("/nope/x")).toBe("No such file or directory");
    expect(host.process.err).toContain("|vlog|WARN|failed to open /nope/x for logging: No such file or directory\n");
  });

  it("ends a program whose user named a log file that cannot be opened, and goes on without the default one", () => {
    const { host, vlog } = setup();
    expect(() => applyVlogOption(vlog, { name: "log-file", value: "/nope/x" })).toThrow(ToldError);
    host.process.env["OVS_LOGDIR"] = "/nope";
    expect(applyVlogOption(vlog, { name: "log-file", value: undefined })).toBe(true);
    expect(run(vlog, "vlog/reopen")).toBe("Logging to file not configured");
  });

  it("gives the reason to who asks for the file to be reopened in vain", () => {
    const { host, vlog } = setup();
    vlog.openFile("/tmp/a.log");
    host.files.fail("open", "/tmp/a.log", "EACCES");
    expect(() => run(vlog, "vlog/reopen")).toThrow(/^Permission denied$/);
  });

  it("formats every conversion as recorded from Open vSwitch 3.1", () => {
    const record = {
      level: "warn" as const,
      module: "jsonrpc",
      message: "msg",
      serial: 3,
      wall: Date.UTC(2026, 10, 20, 10, 21, 46, 864),
    };
    const origin = {
      program: "ovsdb-server",
      pid: 28811,
      hostname: "vm",
      subprogram: "",
      started: record.wall - 12.5,
      facility: 16,
    };
    const format = (pattern: string): string => formatRecord(pattern, record, origin);
    expect(format("%A|%B|%c|%C|%D|%E|%m|%n|%N|%p|%P|%r|%t|%T|%%|%q|%")).toBe(
      "ovsdb-server|132|jsonrpc|C|2026-11-20 10:21:46.864|vm|msg|\n|3|WARN|28811|12|main||%|q|",
    );
    expect(format("%-10c|%10c|%010N|%3m|%-08N|%05p|%10T|%-5%|")).toBe(
      "jsonrpc   |   jsonrpc|0000000003|msg|30000000|0WARN|          |%    |",
    );
    expect(format("%D{%Y %y %j %a %A %b %B %e %H %I %M %S %p %Z %z ## #### %s %T %R %F %D %u %w %V %%}")).toBe(
      "2026 26 324 Fri Friday Nov November 20 10 10 21 46 AM UTC +0000 86 8640 1795170106 10:21:46 10:21 2026-11-20 11/20/26 5 5 47 %",
    );
    expect(formatRecord("%t%T", record, { ...origin, subprogram: "monitor" })).toBe("monitor(monitor)");
    expect(format("%d{")).toBe("%d{".replace("%d", format("%d")));
  });
});

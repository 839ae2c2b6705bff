import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { mov } from "#bpf/alu.js";
import { exit } from "#bpf/control.js";
import type { ProgramItem } from "#bpf/instruction.js";
import { mapFlag, mapType } from "#bpf/map-spec.js";
import { loadMapValue, word } from "#bpf/memory.js";
import { attachType, programType } from "#bpf/program-spec.js";
import { r0, r1, r2 } from "#bpf/registers.js";
import { attachClsact } from "#host/linux/bpf/clsact.js";
import { attachTcx, attachXdp, detachLink, updateLink, xdpPlace } from "#host/linux/bpf/link.js";
import { BpfMap, MappedArray } from "#host/linux/bpf/map.js";
import { linkInfo, mapInfo, objectIds, openObject, programInfo } from "#host/linux/bpf/object.js";
import { isBpfFileSystem, needBpfFileSystem, openPinned, pin, unpin } from "#host/linux/bpf/pin.js";
import { loadProgram } from "#host/linux/bpf/program.js";
import { injectFrames, testRun } from "#host/linux/bpf/test-run.js";
import { inNamespace } from "#host/linux/namespaces.js";
import * as sys from "#host/linux/syscalls.js";
import { eventually } from "../support/eventually.js";
import { type TestNamespace, testNamespace } from "../support/namespace.js";
import { describeWith, root } from "../support/needs.js";

const TCX_NEXT = -1;
const XDP_PASS = 2;

/** Counts its packets in word `index` of the map called `counts`. */
function counting(index: number, verdict: number): ProgramItem[] {
  return [
    loadMapValue(r1, "counts", 4 * index),
    mov.imm(r2, 1),
    word.fetchAdd(r1, 0, r2),
    mov.imm(r0, verdict),
    exit(),
  ];
}

describeWith([root], "programs on a link", () => {
  let host: TestNamespace;
  let peer: TestNamespace;
  let map: BpfMap;
  let counts: MappedArray;
  let ifindex: number;
  const fds: number[] = [];
  beforeEach(() => {
    host = testNamespace();
    peer = testNamespace();
    host.net.createVeth("wk0", "eth0", peer.fd);
    host.net.setUp("wk0", true);
    peer.net.setUp("eth0", true);
    host.ip("addr add 10.9.8.1/24 dev wk0");
    peer.ip("addr add 10.9.8.2/24 dev eth0");
    ifindex = host.net.link("wk0")!.ifindex;
    map = BpfMap.create({
      name: "wk_counts",
      type: mapType.array,
      keySize: 4,
      valueSize: 64,
      entries: 1,
      flags: mapFlag.mmapable,
    });
    counts = new MappedArray(map);
  });
  afterEach(() => {
    for (const fd of fds.splice(0)) sys.close(fd);
    counts.close();
    map.close();
    peer.close();
    host.close();
  });

  const kept = (fd: number): number => {
    fds.push(fd);
    return fd;
  };
  const load = (index: number, verdict: number, of: { type: number; attach?: number }): number =>
    kept(
      loadProgram({
        ...of,
        name: `wk_count${index}`,
        items: counting(index, verdict),
        symbols: { maps: { counts: map.fd } },
      }),
    );
  const count = (index: number): number => counts.memory.words[index]!;
  const ping = (): boolean => peer.run("ping", "-c", "1", "-W", "0.3", "10.9.8.1").status === 0;

  for (const direction of ["ingress", "egress"] as const) {
    it(`see what passes at tcx ${direction}, and are exchanged at once`, () => {
      const attach = direction === "ingress" ? attachType.tcxIngress : attachType.tcxEgress;
      const of = { type: programType.schedCls, attach };
      const [first, second] = [load(0, TCX_NEXT, of), load(1, 2, of)];
      const link = inNamespace(host, () => attachTcx(first, ifindex, attach));
      expect(ping()).toBe(true);
      expect(count(0)).toBeGreaterThan(0);
      updateLink(link, second);
      const before = count(0);
      expect(ping()).toBe(false);
      expect(count(0)).toBe(before);
      expect(count(1)).toBeGreaterThan(0);
      detachLink(link);
      expect(ping()).toBe(true);
      sys.close(link);
    });

    it(`see what passes at clsact ${direction}, and are exchanged at once`, () => {
      const of = { type: programType.schedCls };
      const [first, second] = [load(0, TCX_NEXT, of), load(1, 2, of)];
      const names = { name: "wk_filter", link: "wk0" };
      const filter = inNamespace(host, () => attachClsact(first, ifindex, direction, names));
      expect(ping()).toBe(true);
      expect(count(0)).toBeGreaterThan(0);
      inNamespace(host, () => filter.update(second));
      const before = count(0);
      expect(ping()).toBe(false);
      expect(count(0)).toBe(before);
      expect(host.run("tc", "filter", "show", "dev", "wk0", direction).stdout.match(/wk_filter/g)?.length).toBe(1);
      inNamespace(host, () => filter.detach());
      expect(ping()).toBe(true);
      inNamespace(host, () => filter.detach());
    });
  }

  it("are told by the kernel with their ids, names and maps", () => {
    const program = load(0, TCX_NEXT, { type: programType.schedCls, attach: attachType.tcxEgress });
    const link = kept(inNamespace(host, () => attachTcx(program, ifindex, attachType.tcxEgress)));
    const { id: mapId, ...ofMap } = mapInfo(map.fd);
    expect(ofMap).toEqual({
      type: mapType.array,
      keySize: 4,
      valueSize: 64,
      entries: 1,
      flags: mapFlag.mmapable,
      name: "wk_counts",
    });
    const info = programInfo(program);
    expect(info).toMatchObject({ type: programType.schedCls, name: "wk_count0", mapIds: [mapId] });
    expect(info.tag).toMatch(/^[0-9a-f]{16}$/);
    expect(linkInfo(link)).toMatchObject({ programId: info.id, ifindex, attach: attachType.tcxEgress });
    expect([...objectIds("program")]).toContain(info.id);
    expect([...objectIds("link")]).toContain(linkInfo(link).id);
    expect([...objectIds("map")]).toContain(mapId);
    const again = kept(openObject("program", info.id)!);
    expect(programInfo(again)).toEqual(info);
    expect(openObject("map", 0x7fffffff)).toBeUndefined();
    host.net.deleteLink("wk0");
    expect(linkInfo(link).ifindex).toBe(0);
  });

  it("go on without a process while they are pinned", () => {
    const directory = mkdtempSync(join(tmpdir(), "weft-pins-"));
    try {
      expect(isBpfFileSystem(directory)).toBe(false);
      expect(needBpfFileSystem(directory)).toBe(true);
      try {
        expect(needBpfFileSystem(directory)).toBe(false);
        const [linkAt, mapAt] = [join(directory, "link"), join(directory, "counts")];
        const program = load(0, TCX_NEXT, { type: programType.schedCls, attach: attachType.tcxIngress });
        const link = inNamespace(host, () => attachTcx(program, ifindex, attachType.tcxIngress));
        pin(link, linkAt);
        pin(map.fd, mapAt);
        expect(() => pin(link, linkAt)).toThrow(expect.objectContaining({ code: "EEXIST", tried: `pin ${linkAt}` }));
        sys.close(link);
        expect(ping()).toBe(true);
        const before = count(0);
        expect(before).toBeGreaterThan(0);
        const found = openPinned(linkAt);
        expect(linkInfo(found)).toMatchObject({ ifindex, programId: programInfo(program).id });
        const same = new BpfMap(openPinned(mapAt), map.spec);
        const told = new DataView(same.lookup(new Uint8Array(4))!.buffer).getUint32(0, true);
        // Links say something by themselves now and then.
        expect(told).toBeGreaterThanOrEqual(before);
        expect(told).toBeLessThanOrEqual(count(0));
        same.close();
        unpin(linkAt);
        unpin(linkAt);
        unpin(mapAt);
        sys.close(found);
        const last = count(0);
        expect(ping()).toBe(true);
        expect(count(0)).toBe(last);
        expect(() => openPinned(linkAt)).toThrow(expect.objectContaining({ code: "ENOENT", tried: linkAt }));
      } finally {
        sys.unmount(directory, 0);
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("run on packets that are made up, and change their context", () => {
    const of = { type: programType.schedCls };
    const items = [word.load(r0, r1, 8), word.storeImm(r1, 8, 0x1234), ...counting(3, 0).slice(0, 3), exit()];
    const fd = kept(loadProgram({ ...of, name: "wk_mark", items, symbols: { maps: { counts: map.fd } } }));
    const context = new Uint8Array(192);
    const view = new DataView(context.buffer);
    view.setUint32(8, 77, true);
    const data = Uint8Array.from({ length: 60 }, (_, i) => i);
    const result = testRun(fd, data, { context, repeat: 5 });
    expect(result.verdict).not.toBe(77);
    expect(result.data).toEqual(data);
    expect(count(3)).toBe(5);
    expect(new DataView(result.context.buffer).getUint32(8, true)).toBe(0x1234);
    expect(() => testRun(fd, new Uint8Array(4))).toThrow("bpf test run: Invalid argument");
  });

  it("get frames that never were on a wire", async () => {
    const pass = load(5, XDP_PASS, { type: programType.xdp, attach: attachType.xdp });
    const link = kept(inNamespace(host, () => attachXdp(pass, ifindex, xdpPlace.stack)));
    const seen = load(4, TCX_NEXT, { type: programType.schedCls, attach: attachType.tcxIngress });
    kept(inNamespace(host, () => attachTcx(seen, ifindex, attachType.tcxIngress)));
    const before = count(4);
    inNamespace(host, () => injectFrames(pass, new Uint8Array(60).fill(0xff, 0, 6), { ifindex, count: 130 }));
    await eventually(() => count(4) - before >= 130, "130 frames at tcx");
    expect(linkInfo(link)).toMatchObject({ ifindex, programId: programInfo(pass).id });
  });
});

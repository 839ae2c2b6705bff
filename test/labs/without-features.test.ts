import { afterEach, expect, it } from "vitest";
import { describeWith, program, root, tun } from "../support/needs.js";
import { sendTcp, startSink, trafficNeeds } from "../support/traffic-ends.js";
import { WeftHost } from "../support/weft-host.js";

interface Doctor {
  readonly canForward: boolean;
  readonly kernelEngine: { readonly hostIsReady: boolean | null; readonly missing: readonly string[] };
  readonly ports: readonly { readonly name: string; readonly input: string; readonly reason: string }[];
  readonly host: readonly { readonly name: string; readonly reason: string }[];
}

const needs = [root, tun, program("/usr/bin/ping", "iputils-ping"), ...trafficNeeds];

describeWith(needs, "a host whose kernel lacks features", () => {
  let host: WeftHost | undefined;
  afterEach(() => {
    host?.close();
    host = undefined;
    delete process.env["WEFT_WITHOUT"];
  });

  it.each(["", "tcx", "btf", "dynptr,kfuncs", "atomics", "tail_calls", "bpf"])(
    "without '%s' forwards datapath_type=system, by the kernel where it can, and says so",
    (without) => {
      process.env["WEFT_WITHOUT"] = without;
      host = new WeftHost();
      host.start();
      host.vsctl("add-br", "br0");
      const [guest] = [1, 2].map((n) => host!.guest(`wek${n}`, `10.32.0.${n}/24`));
      for (const port of ["wek1", "wek2"]) host.vsctl("add-port", "br0", port);
      const ping = ["-c", "3", "-i", "0.05", "-W", "5", "10.32.0.2"];
      expect(guest!.run("ping", ...ping).status).toBe(0);
      const [shown] = JSON.parse(host.appctl("--format=json", "dpif-ebpf/show", "br0")) as [
        { readonly engine: string; readonly reason: string },
      ];
      const features = host.appctl("dpif/show-dp-features", "br0");
      const complaint = /the userspace engine forwards all: (.*); see 'weft doctor'$/m.exec(host.log())?.[1];
      const isPair = host.namespace.run("ip", "link", "show", "weft-br0").status === 0;
      expect(isPair).toBe(without === "");
      if (without === "") {
        expect(shown).toMatchObject({ engine: "kernel", reason: "" });
        expect(features).toMatch(/^Kernel engine: Yes\nKernel engine, BPF programs: Yes$/m);
        expect(complaint).toBeUndefined();
        host.vsctl("set", "Open_vSwitch", ".", "other_config:weft-kernel-engine=false");
        expect(host.appctl("dpif-ebpf/show", "ovs-system")).toBe(
          "system@ovs-system:\n  engine: userspace (other_config:weft-kernel-engine is false)\n",
        );
        expect(guest!.run("ping", ...ping).status).toBe(0);
        return;
      }
      expect(shown.engine).toBe("userspace");
      expect(features).toContain("Kernel engine: No\n");
      for (const name of without.split(",")) expect(shown.reason).toContain(`${name} (taken away by WEFT_WITHOUT)`);
      expect(complaint).toBe(shown.reason);
      if (without === "bpf") expect(complaint).toBe("this host lacks bpf (taken away by WEFT_WITHOUT)");
      expect(JSON.parse(host.appctl("--format=json", "dpif/doctor"))).toMatchObject({
        datapaths: { system: "userspace" },
        engines: [{ datapath: "system@ovs-system", engine: "userspace", reason: shown.reason }],
      });
    },
  );

  it.each([
    ["", "BPF ring at tcx", "tcx"],
    ["tcx", "packet socket", "nft"],
    ["tcx,nft", "packet socket", "clsact"],
    ["dynptr", "packet socket", "tcx"],
    ["btf", "packet socket", "tcx"],
    ["ringbuf", "packet socket", "tcx"],
    ["bpf", "packet socket", "nft"],
  ])("without '%s' forwards by %s, hidden by %s, and says so", async (without, input, hiding) => {
    process.env["WEFT_WITHOUT"] = without;
    host = new WeftHost();
    host.start();
    host.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev");
    const guests = [1, 2].map((n) => host!.guest(`wk${n}`, `10.31.0.${n}/24`));
    for (const port of ["wk1", "wk2"]) host.vsctl("add-port", "br0", port);
    const doctor = JSON.parse(host.appctl("--format=json", "dpif/doctor")) as Doctor;
    expect(doctor.canForward).toBe(true);
    expect(doctor.ports.filter(({ name }) => name.startsWith("wk")).map((port) => port.input)).toEqual([input, input]);
    expect(doctor.host.find(({ name }) => name === "hide")?.reason).toMatch(new RegExp(`by ${hiding}$`));
    expect(doctor.kernelEngine.hostIsReady).toBe(without === "");
    if (without !== "") {
      expect(doctor.ports.find(({ name }) => name === "wk1")?.reason).toContain("taken away by WEFT_WITHOUT");
      expect(doctor.kernelEngine.missing).toContain(without.split(",")[0]);
    }
    const internal = doctor.ports.filter(({ name }) => name === "br0").map((port) => port.input);
    expect(internal).toEqual(["TAP"]);
    expect(guests[0]!.run("ping", "-c", "3", "-i", "0.05", "-W", "5", "10.31.0.2").status).toBe(0);
    const sink = await startSink(guests[1]!);
    try {
      expect(sendTcp(guests[0]!, "10.31.0.2", 1_000_000)).toBe("same");
    } finally {
      sink.stop();
    }
  });
});

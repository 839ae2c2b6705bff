import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { type ArchiveEntry, cpioArchive, folder, programFile } from "./cpio-archive.js";
import { eventually } from "./eventually.js";
import { guestKernel, kernelModules } from "./guest-kernel.js";
import type { TestNamespace } from "./namespace.js";
import { type Need, program, root } from "./needs.js";

const QEMU = "/usr/bin/qemu-system-x86_64";
const BUSYBOX = "/usr/bin/busybox";

/** Whether the processor itself runs guests. A /dev/kvm without that (KVM in other guises) does not start this kernel. */
function hasKvm(): boolean {
  try {
    accessSync("/dev/kvm", constants.R_OK | constants.W_OK);
    return /^flags\s*:.* (vmx|svm)( |$)/m.test(readFileSync("/proc/cpuinfo", "latin1"));
  } catch {
    return false;
  }
}

/** What tests with virtual machines need. The kernel is fetched when the rest is there. */
export function virtualMachines(): readonly Need[] {
  const needs = [root, program(QEMU, "qemu-system-x86"), program(BUSYBOX, "busybox-static")];
  if (!needs.every((need) => need.met)) return needs;
  const kernel = guestKernel() !== undefined;
  return [...needs, { name: "a kernel for guests (apt-get download linux-image-cloud-amd64)", met: kernel }];
}

/** A network card of a guest: eth0, eth1 … in order. */
interface GuestNic {
  readonly mac: string;
  /** The TAP that QEMU opens, which it makes where there is none, as libvirt's and Proxmox's do: with vnet headers. */
  readonly tap?: string;
  /** Queue pairs, one if not given. The TAP must be made with multi_queue then. */
  readonly queues?: number;
  /** The socket of a vhost-user port; QEMU listens there where `server`, else it connects. */
  readonly vhostUser?: { readonly path: string; readonly server?: boolean };
  /** More of -device virtio-net-pci, such as "mrg_rxbuf=off". */
  readonly properties?: string;
}

interface GuestSettings {
  /** Where QEMU finds TAPs. */
  readonly namespace: TestNamespace;
  readonly nics: readonly GuestNic[];
  /** MiB; 160 if not given. */
  readonly memory?: number;
  readonly processors?: number;
  /** Kernel modules besides virtio_net, such as "8021q". */
  readonly modules?: readonly string[];
  /** It begins with what another guest of the same settings was doing, once that has moved there: `moveTo`. */
  readonly incoming?: boolean;
  /** Programs of this machine that the guest has as well, by their full paths; their libraries go with them. */
  readonly programs?: readonly string[];
}

/** What a command in a guest gave: both of its outputs, mixed. */
interface GuestRan {
  readonly status: number;
  readonly output: string;
}

const INIT = `#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for module in $(cat /modules/order); do insmod /modules/$module; done
ip link set lo up
exec </dev/ttyS1 >/dev/ttyS1 2>&1
stty raw -echo
echo "[ended 0]"
while read -r line; do
  ( eval "$(echo "$line" | base64 -d)" ) </dev/null
  echo "[ended $?]"
done
poweroff -f
`;

/** A program and the libraries it is linked with, where they lie here. */
function withLibraries(path: string): string[] {
  const { stdout } = spawnSync("ldd", [path], { encoding: "utf8" });
  return [path, ...[...stdout.matchAll(/(\/\S+) \(0x/g)].map((match) => match[1]!)];
}

/** The guest's first and only file system. */
function rootFileSystem(settings: GuestSettings): Uint8Array {
  const modules = kernelModules(guestKernel()!, ["virtio_pci", "virtio_net", ...(settings.modules ?? [])]);
  const files: ArchiveEntry[] = [
    { path: "dev/console", mode: 0o20600, device: { major: 5, minor: 1 } },
    programFile("bin/busybox", readFileSync(BUSYBOX)),
    programFile("init", Buffer.from(INIT)),
    programFile("modules/order", Buffer.from([...modules.keys()].join("\n"))),
  ];
  for (const [name, bytes] of modules) files.push(programFile(`modules/${name}`, bytes));
  for (const path of new Set((settings.programs ?? []).flatMap(withLibraries)))
    files.push(programFile(path.slice(1), readFileSync(path)));
  const folders = new Set(
    ["proc", "sys", "tmp", "usr/sbin", "usr/bin"].concat(files.map((file) => dirname(file.path))),
  );
  for (const path of folders) if (path.includes("/")) folders.add(dirname(path));
  folders.delete(".");
  return cpioArchive([...[...folders].sort().map(folder), ...files]);
}

function nicArguments(nic: GuestNic, index: number): string[] {
  const queues = nic.queues ?? 1;
  const id = `n${index}`;
  const device = ["virtio-net-pci", `netdev=${id}`, `mac=${nic.mac}`];
  if (queues > 1) device.push("mq=on");
  // Without KVM, QEMU 7.2 dies where a vhost device has message interrupts.
  if (nic.vhostUser !== undefined && QemuGuest.translated) device.push("vectors=0");
  else if (queues > 1) device.push(`vectors=${2 * queues + 2}`);
  if (nic.properties !== undefined) device.push(nic.properties);
  const many = queues > 1 ? `,queues=${queues}` : "";
  const { vhostUser } = nic;
  const backend =
    vhostUser === undefined
      ? ["-netdev", `tap,id=${id},ifname=${nic.tap},script=no,downscript=no,vhost=off,vnet_hdr=on${many}`]
      : [
          "-chardev",
          `socket,id=c${index},path=${vhostUser.path}${vhostUser.server === true ? ",server=on" : ",reconnect=1"}`,
          "-netdev",
          `vhost-user,id=${id},chardev=c${index}${many}`,
        ];
  return [...backend, "-device", device.join(",")];
}

/**
 * A virtual machine: Debian's kernel, busybox and nothing else, under QEMU; with KVM where the processor has it, else translated (`translated`), which is
 * some twenty times slower but boots in three seconds. Commands are given over a serial line. Ends with this process.
 */
export class QemuGuest {
  static readonly translated: boolean = !hasKvm();
  readonly #child: ChildProcess;
  readonly #directory: string;
  #output = "";
  #complaints = "";
  #wake: () => void = () => {};

  private constructor(child: ChildProcess, directory: string) {
    this.#child = child;
    this.#directory = directory;
    child.stdout!.setEncoding("latin1").on("data", (text: string) => {
      this.#output += text;
      this.#wake();
    });
    child.stderr!.setEncoding("utf8").on("data", (text: string) => void (this.#complaints += text));
    child.once("exit", () => this.#wake());
    // It ended while we wrote: whoever waits for an answer hears of it.
    child.stdin!.on("error", () => {});
  }

  /** Starts a guest and waits until it takes commands. */
  static async start(settings: GuestSettings): Promise<QemuGuest> {
    const directory = mkdtempSync(join(tmpdir(), "weft-guest-"));
    const initrd = join(directory, "initrd");
    writeFileSync(initrd, rootFileSystem(settings));
    const memory = settings.memory ?? 160;
    const enter = `--net=/proc/${process.pid}/fd/${settings.namespace.fd}`;
    const line = ["--pdeathsig", "KILL", "nsenter", enter, QEMU, "-nodefaults", "-display", "none", "-no-reboot"];
    line.push("-machine", "q35,memory-backend=memory,usb=off,vmport=off");
    // Memory that others can map: vhost-user ports need it.
    line.push("-object", `memory-backend-memfd,id=memory,size=${memory}M,share=on`, "-m", `${memory}`);
    line.push(
      ...(QemuGuest.translated ? ["-accel", "tcg,thread=multi", "-cpu", "max"] : ["-accel", "kvm", "-cpu", "host"]),
    );
    line.push("-smp", String(settings.processors ?? 1), "-kernel", guestKernel()!.image, "-initrd", initrd);
    line.push("-append", "console=ttyS0 quiet panic=-1 mitigations=off");
    line.push("-serial", `file:${join(directory, "console")}`, "-serial", "stdio");
    line.push(...settings.nics.flatMap(nicArguments));
    line.push("-chardev", `socket,id=monitor,path=${join(directory, "monitor")},server=on,wait=off`);
    line.push("-mon", "monitor,mode=control");
    if (settings.incoming === true) line.push("-incoming", `unix:${join(directory, "incoming")}`);
    const child = spawn("setpriv", line, { stdio: ["pipe", "pipe", "pipe"] });
    const guest = new QemuGuest(child, directory);
    try {
      if (settings.incoming === true) await eventually(() => existsSync(join(directory, "incoming")), "QEMU to wait");
      else await guest.#answer("its start", 60_000);
    } catch (error) {
      await guest.close();
      throw error;
    }
    return guest;
  }

  /** Runs a shell command line in the guest, one at a time; `limit` in milliseconds. */
  async run(command: string, limit = 30_000): Promise<GuestRan> {
    this.#child.stdin!.write(`${Buffer.from(command).toString("base64")}\n`);
    return this.#answer(command, limit);
  }

  /** As `run`, but throws where the command fails; gives its output. */
  async must(command: string, limit?: number): Promise<string> {
    const { status, output } = await this.run(command, limit);
    if (status !== 0) throw new Error(`guest: ${command}: status ${status}: ${output}`);
    return output;
  }

  async #answer(command: string, limit: number): Promise<GuestRan> {
    const end = performance.now() + limit;
    for (;;) {
      const match = /\[ended (\d+)\]\n/.exec(this.#output);
      if (match !== null) {
        const output = this.#output.slice(0, match.index);
        this.#output = this.#output.slice(match.index + match[0].length);
        return { status: Number(match[1]), output };
      }
      const left = end - performance.now();
      if (left <= 0 || this.#ended) throw new Error(`guest: no answer to ${command}: ${this.#said()}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Moves the guest, as it runs, to another QEMU, which was started as `incoming`. That one is to be used from then on; this one is to be closed. */
  async moveTo(other: QemuGuest): Promise<void> {
    const socket = connect(join(this.#directory, "monitor"));
    const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
    const ask = async (execute: string, options: object = {}): Promise<{ status?: string }> => {
      socket.write(`${JSON.stringify({ execute, arguments: options })}\n`);
      for (;;) {
        const { value, done } = await lines.next();
        if (done === true) throw new Error(`QEMU: no answer to ${execute}`);
        const answer = JSON.parse(value);
        if (answer.error) throw new Error(`QEMU: ${execute}: ${answer.error.desc}`);
        if (answer.return) return answer.return;
      }
    };
    try {
      await ask("qmp_capabilities");
      await ask("migrate", { uri: `unix:${join(other.#directory, "incoming")}` });
      await eventually(
        async () => {
          const { status } = await ask("query-migrate");
          if (status === "failed" || status === "cancelled") throw new Error(`QEMU: the migration was ${status}`);
          return status === "completed";
        },
        "the guest to have moved",
        60_000,
      );
    } finally {
      socket.destroy();
    }
  }

  get #ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** What there is to say of a guest that does not answer. */
  #said(): string {
    const console = readFileSync(join(this.#directory, "console"), { encoding: "latin1", flag: "a+" });
    return [this.#output, this.#complaints, console.slice(-2000)].join("\n");
  }

  /** Switches the guest off, as pulling the plug does, and waits until it is gone. */
  async close(): Promise<void> {
    if (!this.#ended) {
      const gone = new Promise((resolve) => this.#child.once("exit", resolve));
      this.#child.kill("SIGKILL");
      await gone;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";

const cache = join(import.meta.dirname, "../../node_modules/.cache/weft-guest-kernel");

/** A Linux kernel for guests: its image, and the folder of its modules. */
export interface GuestKernel {
  readonly image: string;
  readonly modules: string;
}

function output(command: string, args: readonly string[], cwd = "/"): string | undefined {
  const result = spawnSync(command, args, { cwd, encoding: "utf8", timeout: 60_000 });
  return result.status === 0 ? result.stdout : undefined;
}

/** The kernel unpacked below `directory`, if it is. */
function kernelIn(directory: string): GuestKernel | undefined {
  const boot = join(directory, "boot");
  const image = existsSync(boot) ? readdirSync(boot).find((name) => name.startsWith("vmlinuz-")) : undefined;
  if (image === undefined) return undefined;
  return { image: join(boot, image), modules: join(directory, "lib/modules", image.slice("vmlinuz-".length)) };
}

let found: GuestKernel | undefined;

/**
 * Debian's kernel for virtual machines, fetched and unpacked (27 MB, two seconds) where an earlier run has not done so; undefined where that
 * cannot be: no Debian, no network.
 */
export function guestKernel(): GuestKernel | undefined {
  found ??= process.arch === "x64" ? (kernelIn(cache) ?? fetchKernel()) : undefined;
  return found;
}

function fetchKernel(): GuestKernel | undefined {
  const depends = output("apt-cache", ["depends", "linux-image-cloud-amd64"]) ?? "";
  const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (name === undefined) return undefined;
  mkdirSync(join(cache, ".."), { recursive: true });
  const work = mkdtempSync(`${cache}-`);
  try {
    if (output("apt-get", ["download", name], work) === undefined) return undefined;
    const [file] = readdirSync(work);
    if (output("dpkg-deb", ["-x", file!, join(work, "unpacked")], work) === undefined) return undefined;
    renameSync(join(work, "unpacked"), cache);
  } catch {
    // Another run of the tests was quicker, or nothing can be written here.
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return kernelIn(cache);
}

/** A module's text attribute (modinfo(8)), `depends` say. */
function attribute(module: Buffer, name: string): string {
  const at = module.indexOf(`\0${name}=`) + name.length + 2;
  return module.subarray(at, module.indexOf(0, at)).toString("latin1");
}

/** The bytes of kernel modules by name, each after those that it depends on. Modules built into the kernel are passed over. */
export function kernelModules(kernel: GuestKernel, names: readonly string[]): Map<string, Buffer> {
  const files = new Map(
    readdirSync(kernel.modules, { recursive: true, encoding: "utf8" })
      .filter((path) => /\.ko(\.xz)?$/.test(path))
      .map((path) => [
        basename(path)
          .replace(/\.ko.*$/, "")
          .replaceAll("-", "_"),
        join(kernel.modules, path),
      ]),
  );
  const modules = new Map<string, Buffer>();
  const add = (name: string): void => {
    const path = files.get(name.replaceAll("-", "_"));
    if (path === undefined || modules.has(name)) return;
    const bytes = path.endsWith(".xz")
      ? spawnSync("xz", ["-dc", path], { maxBuffer: 1 << 26 }).stdout
      : readFileSync(path);
    for (const other of attribute(bytes, "depends").split(",")) if (other !== "") add(other);
    modules.set(name, bytes);
  };
  for (const name of names) add(name);
  return modules;
}

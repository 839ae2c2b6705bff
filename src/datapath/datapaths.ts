import { errnoNumber, errnoText } from "#util/errno.js";
import { HostError } from "#util/errors.js";
import type { Datapath, DatapathClass } from "./datapath.js";

/** All open datapaths of a process, whoever opened them. */
export class Datapaths {
  /** The classes to open datapaths by, so that these know of them. */
  readonly classes: readonly DatapathClass[];
  readonly #open: Datapath[] = [];

  constructor(classes: readonly DatapathClass[]) {
    this.classes = classes.map((c) => this.#watched(c));
  }

  /** In the order of type, then of opening. */
  all(): Datapath[] {
    const order = this.classes.map((c) => c.type);
    return this.#open.toSorted((a, b) => order.indexOf(a.type) - order.indexOf(b.type));
  }

  class(type: string): DatapathClass | undefined {
    return this.classes.find((c) => c.type === type);
  }

  /** The datapath called `TYPE@NAME`, or `NAME` of type `system`. Throws `HostError` EAFNOSUPPORT or ENODEV. */
  byName(name: string): Datapath {
    const { type, base } = splitName(name);
    if (this.class(type) === undefined) throw failure(name, "EAFNOSUPPORT");
    const found = this.#open.find((dp) => dp.type === type && dp.name === base);
    if (found === undefined) throw failure(name, "ENODEV");
    return found;
  }

  /** Makes a datapath. Throws `HostError` EAFNOSUPPORT or EEXIST, and what its class throws. */
  add(name: string): Datapath {
    const { type, base } = splitName(name);
    const datapathClass = this.class(type);
    if (datapathClass === undefined) throw failure(name, "EAFNOSUPPORT");
    if (this.#open.some((dp) => dp.type === type && dp.name === base)) throw failure(name, "EEXIST");
    return datapathClass.open(base);
  }

  #watched(datapathClass: DatapathClass): DatapathClass {
    return {
      ...datapathClass,
      open: (name) => {
        const datapath = datapathClass.open(name);
        this.#open.push(datapath);
        const close = datapath.close.bind(datapath);
        datapath.close = () => {
          const at = this.#open.indexOf(datapath);
          if (at >= 0) this.#open.splice(at, 1);
          close();
        };
        return datapath;
      },
    };
  }
}

function splitName(name: string): { type: string; base: string } {
  const at = name.indexOf("@");
  return at < 0 ? { type: "system", base: name } : { type: name.slice(0, at) || "system", base: name.slice(at + 1) };
}

function failure(name: string, code: string): HostError {
  return new HostError(name, code, errnoNumber(code), errnoText(code));
}

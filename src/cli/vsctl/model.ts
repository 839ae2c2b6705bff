import type { Log } from "#runtime/logger.js";
import { UserError } from "#util/errors.js";
import type { CtlRow } from "../db-ctl/row.js";
import type { Transaction } from "../db-ctl/transaction.js";

/** A bridge: a real one, or a fake one that stands for a VLAN of its parent. */
export interface Bridge {
  readonly name: string;
  /** The Bridge row; a fake bridge's is its parent's. */
  readonly row: CtlRow;
  readonly parent: Bridge | undefined;
  /** 0 for real bridges. */
  readonly vlan: number;
  /** A fake bridge's own Port row. */
  readonly localPort: CtlRow | undefined;
  /** Fake bridges by VLAN. */
  readonly children: Map<number, Bridge>;
  /** Ports but for the local one, by name. */
  readonly ports: Map<string, Port>;
}

/** A port other than a bridge's local one. */
export interface Port {
  readonly name: string;
  readonly row: CtlRow;
  readonly bridge: Bridge;
  readonly interfaces: Map<string, Interface>;
}

export interface Interface {
  readonly name: string;
  readonly row: CtlRow;
  readonly port: Port;
}

/** Tables with columns that decide about bridges and ports; an interface's name never changes. */
const watched = ["Open_vSwitch", "Bridge", "Port"];

/** Bridges, ports and interfaces by name, as a transaction sees them. */
export class Model {
  readonly root: CtlRow;
  readonly bridges: Map<string, Bridge> = new Map();
  readonly ports: Map<string, Port> = new Map();
  readonly interfaces: Map<string, Interface> = new Map();
  /** The transaction's generation that this was read from. */
  readonly generation: number;
  readonly #txn: Transaction;
  readonly #log: Log;

  constructor(txn: Transaction, log: Log) {
    this.#txn = txn;
    this.#log = log;
    this.generation = txn.generation(watched);
    this.root = txn.rows("Open_vSwitch")[0] as CtlRow;
    const real = txn.referenced(this.root, "bridges", "Bridge").map((row) => this.#addReal(row));
    for (const bridge of real) this.#readFakes(bridge);
    for (const bridge of real) this.#readPorts(bridge);
  }

  /** The bridge of that name. Throws `UserError` where there is none. */
  bridge(name: string): Bridge {
    const bridge = this.bridges.get(name);
    if (bridge === undefined) throw new UserError(`no bridge named ${name}`);
    return bridge;
  }

  /** The real bridge of that name. Throws `UserError` for fake ones too. */
  realBridge(name: string): Bridge {
    const bridge = this.bridge(name);
    if (bridge.parent !== undefined) throw new UserError(`${name} is a fake bridge`);
    return bridge;
  }

  port(name: string): Port {
    const port = this.ports.get(name);
    if (port === undefined) throw new UserError(`no port named ${name}`);
    return port;
  }

  interface(name: string): Interface {
    const found = this.interfaces.get(name);
    if (found === undefined) throw new UserError(`no interface named ${name}`);
    return found;
  }

  /** Throws where something has that name already; `what` begins the message. */
  checkFree(name: string, what: string): void {
    const because = (thing: string, place = ""): UserError =>
      new UserError(`${what} because ${thing} named ${name} already exists${place}`);
    if (this.bridges.has(name)) throw because("a bridge");
    const port = this.ports.get(name);
    if (port !== undefined) throw because("a port", ` on bridge ${port.bridge.name}`);
    const found = this.interfaces.get(name);
    if (found !== undefined) throw because("an interface", ` on bridge ${found.port.bridge.name}`);
  }

  /** Adds a bridge with its local port and interface to the transaction. */
  addBridge(name: string): Bridge {
    const local = this.#insertPort(name, [this.#insertInterface(name, "internal")]);
    const row = this.#txn.insert("Bridge");
    row.set("name", text(name));
    this.#txn.setReferences(row, "ports", [local]);
    this.#txn.addReference(this.root, "bridges", row);
    return this.#addReal(row);
  }

  /** Adds a fake bridge: a port of the parent with the VLAN as its tag. */
  addFakeBridge(name: string, parent: Bridge, vlan: number): Bridge {
    const port = this.#insertPort(name, [this.#insertInterface(name, "internal")]);
    port.set("fake_bridge", { keys: [true], values: undefined });
    port.set("tag", { keys: [vlan], values: undefined });
    this.#txn.addReference(parent.row, "ports", port);
    const bridge = this.#addFake(parent, port, vlan);
    // Ports that have the tag already belong to it from now on.
    for (const other of [...parent.ports.values()].filter((p) => p.row.one("tag") === vlan)) {
      parent.ports.delete(other.name);
      const moved = { ...other, bridge };
      bridge.ports.set(moved.name, moved);
      this.ports.set(moved.name, moved);
      for (const found of moved.interfaces.values()) this.#noteInterface(moved, found.name, found.row);
    }
    return bridge;
  }

  /** Adds a port with interfaces of these names; on a fake bridge it gets the bridge's VLAN. */
  addPort(bridge: Bridge, name: string, interfaces: readonly string[]): Port {
    const rows = interfaces.map((iface) => this.#insertInterface(iface));
    const row = this.#insertPort(name, rows);
    if (bridge.parent !== undefined) row.set("tag", { keys: [bridge.vlan], values: undefined });
    this.#txn.addReference(bridge.row, "ports", row);
    const port = this.#notePort(bridge, row);
    interfaces.forEach((iface, i) => {
      this.#noteInterface(port, iface, rows[i] as CtlRow);
    });
    return port;
  }

  addInterface(port: Port, name: string): void {
    const row = this.#insertInterface(name);
    this.#txn.addReference(port.row, "interfaces", row);
    this.#noteInterface(port, name, row);
  }

  deleteInterface(found: Interface): void {
    this.#txn.removeReference(found.port.row, "interfaces", found.row);
    this.#txn.delete(found.row);
    this.#forgetInterface(found);
  }

  deletePort(port: Port): void {
    this.#txn.removeReference(port.bridge.row, "ports", port.row);
    this.#deletePortRow(port.row);
    this.#forgetPort(port);
  }

  deleteBridge(bridge: Bridge): void {
    for (const child of [...bridge.children.values()]) this.deleteBridge(child);
    for (const port of [...bridge.ports.values()]) this.deletePort(port);
    this.bridges.delete(bridge.name);
    if (bridge.parent !== undefined && bridge.localPort !== undefined) {
      this.#txn.removeReference(bridge.row, "ports", bridge.localPort);
      this.#deletePortRow(bridge.localPort);
      bridge.parent.children.delete(bridge.vlan);
      return;
    }
    for (const port of this.#txn.referenced(bridge.row, "ports", "Port")) this.#deletePortRow(port);
    this.#txn.removeReference(this.root, "bridges", bridge.row);
    this.#txn.delete(bridge.row);
  }

  #addReal(row: CtlRow): Bridge {
    return this.#note({ name: row.text("name"), row, parent: undefined, vlan: 0, localPort: undefined });
  }

  #addFake(parent: Bridge, port: CtlRow, vlan: number): Bridge {
    const bridge = this.#note({ name: port.text("name"), row: parent.row, parent, vlan, localPort: port });
    parent.children.set(vlan, bridge);
    return bridge;
  }

  #note(parts: Omit<Bridge, "children" | "ports">): Bridge {
    const bridge = { ...parts, children: new Map<number, Bridge>(), ports: new Map<string, Port>() };
    this.bridges.set(bridge.name, bridge);
    return bridge;
  }

  #readFakes(bridge: Bridge): void {
    for (const port of this.#txn.referenced(bridge.row, "ports", "Port")) {
      const vlan = port.one("tag");
      if (port.one("fake_bridge") === true && vlan !== undefined && !this.bridges.has(port.text("name"))) {
        this.#addFake(bridge, port, Number(vlan));
      }
    }
  }

  #readPorts(bridge: Bridge): void {
    for (const row of this.#txn.referenced(bridge.row, "ports", "Port")) {
      const name = row.text("name");
      if (name === bridge.name || this.bridges.get(name)?.localPort === row) continue;
      const other = this.ports.get(name);
      if (other !== undefined) {
        this.#warn(`${name}: port is in multiple bridges (${bridge.name} and ${other.bridge.name})`);
        continue;
      }
      const tag = row.one("tag");
      const child = tag === undefined ? undefined : bridge.children.get(Number(tag));
      const port = this.#notePort(child ?? bridge, row);
      for (const iface of this.#txn.referenced(row, "interfaces", "Interface")) this.#readInterface(port, iface);
    }
  }

  #readInterface(port: Port, row: CtlRow): void {
    const name = row.text("name");
    const other = this.interfaces.get(name);
    if (other !== undefined) {
      this.#warn(`${name}: interface is in multiple ports (${other.port.name} and ${port.name})`);
      return;
    }
    this.#noteInterface(port, name, row);
  }

  #notePort(bridge: Bridge, row: CtlRow): Port {
    const port: Port = { name: row.text("name"), row, bridge, interfaces: new Map() };
    bridge.ports.set(port.name, port);
    this.ports.set(port.name, port);
    return port;
  }

  #noteInterface(port: Port, name: string, row: CtlRow): void {
    const found = { name, row, port };
    port.interfaces.set(name, found);
    this.interfaces.set(name, found);
  }

  #forgetPort(port: Port): void {
    port.bridge.ports.delete(port.name);
    this.ports.delete(port.name);
    for (const found of port.interfaces.values()) this.interfaces.delete(found.name);
  }

  #forgetInterface(found: Interface): void {
    found.port.interfaces.delete(found.name);
    this.interfaces.delete(found.name);
  }

  #insertPort(name: string, interfaces: readonly CtlRow[]): CtlRow {
    const row = this.#txn.insert("Port");
    row.set("name", text(name));
    this.#txn.setReferences(row, "interfaces", interfaces);
    return row;
  }

  #insertInterface(name: string, type?: string): CtlRow {
    const row = this.#txn.insert("Interface");
    row.set("name", text(name));
    if (type !== undefined) row.set("type", text(type));
    return row;
  }

  #deletePortRow(row: CtlRow): void {
    for (const found of this.#txn.referenced(row, "interfaces", "Interface")) this.#txn.delete(found);
    this.#txn.delete(row);
  }

  #warn(message: string): void {
    this.#log.module("vsctl").warn(message);
  }
}

/** A string column's value. */
export function text(value: string): { readonly keys: readonly string[]; readonly values: undefined } {
  return { keys: [value], values: undefined };
}

const models = new WeakMap<Transaction, Model>();

/** The transaction's bridges and ports, read anew where generic commands have changed rows since. */
export function modelOf(context: { readonly txn: Transaction; readonly log: Log }): Model {
  let model = models.get(context.txn);
  if (model === undefined || model.generation !== context.txn.generation(watched)) {
    model = new Model(context.txn, context.log);
    models.set(context.txn, model);
  }
  return model;
}

const created = new WeakMap<Transaction, string[]>();

/** Notes interfaces that the daemon is to set up. */
export function noteNewInterfaces(txn: Transaction, names: readonly string[]): void {
  created.set(txn, [...newInterfaces(txn), ...names]);
}

/** Names of the interfaces that commands have added, in order. */
export function newInterfaces(txn: Transaction): readonly string[] {
  return created.get(txn) ?? [];
}

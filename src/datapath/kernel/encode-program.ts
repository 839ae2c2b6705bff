import {
  branch,
  DropKind,
  downOutput,
  FAN_OUT_LONGEST,
  fanOut,
  guestOutput,
  hash as hashAt,
  MAX_OPERATIONS,
  Operation,
  processorRow,
  recirculate,
  setKey,
  WrittenBeside,
} from "#bpf/forward/layout.js";
import { MAX_VLANS, VLAN_PRESENT, W } from "#flow/layout.js";
import { EtherType } from "#wire/ethernet.js";
import type { DatapathMeter } from "../meters.js";
import {
  OP_CHECK_LENGTH,
  OP_CLONE,
  OP_CT,
  OP_CT_CLEAR,
  OP_DROP,
  OP_HASH,
  OP_METER,
  OP_OUTPUT,
  OP_POP_VLAN,
  OP_PUSH_VLAN,
  OP_RECIRC,
  OP_REWRITE,
  OP_SAMPLE,
  OP_SET_KEY,
  OP_TNL_PUSH,
  OP_TRUNC,
  OP_USERSPACE,
  type Op,
  type Program,
} from "../userspace/ops.js";
import { arrangeOutputs } from "./arrange-outputs.js";
import { Cuts } from "./encode-cuts.js";
import { type ForwardMatch, knownBits } from "./encode-match.js";
import { encodeRewrite, isGuarded } from "./encode-rewrite.js";
import { encodeTrack } from "./encode-track.js";
import { encodePop, encodePush, type KernelTunnel, popsTunnel } from "./encode-tunnel.js";
import type { FanOutPlace } from "./fan-out-sets.js";
import { takeFirstSample } from "./first-sample.js";
import { KnownAddresses } from "./known-addresses.js";
import { KnownNeighbour } from "./known-neighbour.js";
import { type ForwardOperations, OperationList } from "./operation-list.js";
import { ALWAYS, changesPackets, outputsOf, readsHeaders, readsMetadata, someStep } from "./program-needs.js";

/** A port that the program can send by. */
export interface KernelPort {
  readonly ifindex: number;
  readonly mtu: number;
  /** Packets may reach its driver without being queued. */
  readonly isDirect?: boolean;
  /** Where packets for its guest can be handed over directly: that one's Ethernet address, and where they are counted. */
  readonly guest?: { readonly address: Uint8Array; readonly slot: number } | undefined;
  /** Where what it would send is counted while it is down. */
  readonly downSlot?: number | undefined;
}

/** A meter that the program can give packets to. */
export interface KernelMeter {
  readonly row: number;
  readonly meter: DatapathMeter;
}

/** What a flow's program may name. */
export interface ProgramPlaces {
  /** A port that the program can send by. */
  port(number: number): KernelPort | undefined;
  tunnel(number: number): KernelTunnel | undefined;
  /** "none" where there is no such meter, undefined where the program does not have it. */
  meter(id: number): KernelMeter | "none" | undefined;
  /** Where packets are copied to all of these devices, if there is such a place. */
  fanOut?(ifindexes: readonly number[]): FanOutPlace | undefined;
}

/** Operations, and whether the part `others` is needed for them. */
export interface EncodedProgram extends ForwardOperations {
  readonly needsOthers: boolean;
}

/** So many outputs in a row are worth the way through the fan-out device. */
const MANY = 4;

const ETHERNET = 14;
/** More than what a large segment may become. */
const NO_LARGE = 0xffff;
const TAG = 4;

/** The program of a flow as operations, or why it cannot be had. */
export function encodeProgram(whole: Program, match: ForwardMatch, places: ProgramPlaces): EncodedProgram | string {
  const copied = withoutLastCopy(whole);
  if (popsTunnel(copied)) {
    const unit = encodePop(copied, (number) => places.tunnel(number));
    if (typeof unit === "string") return unit;
    const list = new OperationList();
    list.countsLater = true;
    list.add(0).bytes.set(unit);
    return { ...list.finish(DropKind.none), needsOthers: false };
  }
  const encoded = encodeSteps(copied, match, places, true);
  return encoded === TOO_MUCH ? encodeSteps(copied, match, places, false) : encoded;
}

const TOO_MUCH = "does too much";

/** Large segments go out port by port, or, where there is no room for that, to the threads, if they are for so many that others are copied at once. */
function encodeSteps(
  whole: Program,
  match: ForwardMatch,
  places: ProgramPlaces,
  sendsLarge: boolean,
): EncodedProgram | string {
  const { sample, rest } = takeFirstSample(whole);
  const program = arrangeOutputs(withoutLastCopy(rest), (port) => places.port(port)?.downSlot !== undefined);
  const list = new OperationList();
  const encoder = new ProgramEncoder(list, program, match, places, sendsLarge);
  if (whole.length === 0) encoder.drop = DropKind.pipeline;
  if (sample) encoder.sampleFirst(sample);
  const reason = encoder.encode();
  if (reason !== undefined) return reason;
  const { needsOthers } = list;
  return list.isFull ? TOO_MUCH : { ...list.finish(encoder.drop), needsOthers };
}

/** A copy that nothing follows is the packet itself. */
function withoutLastCopy(program: Program): Program {
  const last = program.at(-1);
  return last?.code === OP_CLONE ? withoutLastCopy([...program.slice(0, -1), ...last.inner]) : program;
}

/** Where steps stand: `isLast` where nothing comes behind them, `isSome` where not each packet meets them. */
interface Standing {
  readonly isLast: boolean;
  readonly isSome: boolean;
  /** Nothing comes behind the list that they are in. */
  readonly isEnd: boolean;
}

class ProgramEncoder {
  drop: number = DropKind.none;
  readonly #list: OperationList;
  readonly #program: Program;
  readonly #match: ForwardMatch;
  readonly #places: ProgramPlaces;
  readonly #keepsMetadata: boolean;
  readonly #keepsHeaders: boolean;
  readonly #sendsLarge: boolean;
  #addresses: KnownAddresses;
  /** Few programs ask. */
  #neighbour: KnownNeighbour | undefined;
  /** Tags that the packets have, as far as is known, and how much longer they are than they came. */
  #tags: number;
  #grown = 0;
  #isRetagged = false;
  /** Where packets go that a meter drops. */
  #metered: ReturnType<OperationList["add"]> | undefined;
  #cuts: Cuts | undefined;

  constructor(list: OperationList, program: Program, match: ForwardMatch, places: ProgramPlaces, sendsLarge: boolean) {
    this.#list = list;
    this.#sendsLarge = sendsLarge;
    this.#program = program;
    this.#match = match;
    this.#places = places;
    this.#keepsMetadata = readsMetadata(program);
    this.#keepsHeaders = readsHeaders(program);
    this.#addresses = new KnownAddresses(match);
    this.#tags = tagsOf(match);
  }

  /** Packets that a sample takes go to the thread before anything is done; it does all that the flow does. */
  sampleFirst({ a: probability }: Op): void {
    this.#list.countsLater = true;
    this.#list.addOther(Operation.sampleUp, probability).view.setUint32(branch.port, this.#match.port, true);
  }

  /** Why it cannot be done; undefined where it can. */
  encode(): string | undefined {
    if (someStep(this.#program, ({ code }) => code === OP_TRUNC)) {
      if (this.#list.length > 0) return "cuts packets off of which it takes samples";
      this.#cuts = new Cuts(this.#list);
    }
    const reason = this.#steps(this.#program, { isLast: true, isSome: false });
    if (this.#metered) this.#list.aimHere(this.#metered);
    return reason;
  }

  #steps(program: Program, standing: Omit<Standing, "isEnd">): string | undefined {
    for (let i = 0; i < program.length; i++) {
      const step = program[i]!;
      if (step.code === OP_DROP) {
        this.#dropped(step.a, standing);
        return undefined;
      }
      const outputs = outputsFrom(program, i);
      const isMany = outputs.length >= MANY && this.#cuts?.refuse() === undefined;
      if (isMany) i += outputs.length - 1;
      const isLast = standing.isLast && i === program.length - 1;
      const here = { isLast, isSome: standing.isSome, isEnd: standing.isLast };
      const reason = isMany ? this.#outputs(outputs, here) : this.#step(step, i, here);
      if (reason !== undefined) return reason;
      if (this.#list.isFull) return TOO_MUCH;
    }
    return undefined;
  }

  /** Outside of the first level a drop ends that level alone. */
  #dropped(reason: number, { isSome }: Pick<Standing, "isSome">): void {
    const kind = reason === 0 ? DropKind.pipeline : DropKind.other;
    // What a meter drops is nothing of this.
    const isOfAll = !isSome && this.#metered === undefined;
    if (isOfAll && this.drop === DropKind.none) this.drop = kind;
    else this.#countSome(reason === 0 ? processorRow.pipelineDrops : processorRow.otherDrops, 1);
  }

  #countSome(member: number, count: number): void {
    if (count > 0) this.#list.addOther(Operation.countSome, count).view.setUint8(branch.target, member);
  }

  #step(step: Op, i: number, standing: Standing): string | undefined {
    const list = this.#list;
    if (step.code === OP_OUTPUT) return this.#output(step.a, standing);
    if (step.code === OP_TRUNC) {
      this.#cuts!.next(step.a);
      return undefined;
    }
    const reason = this.#cuts?.refuse();
    if (reason !== undefined) return reason;
    switch (step.code) {
      case OP_PUSH_VLAN: {
        const { view } = list.add(Operation.pushVlan);
        view.setUint16(4, step.a);
        view.setUint16(6, step.b, true);
        this.#tags++;
        this.#grown += TAG;
        this.#isRetagged = true;
        return undefined;
      }
      case OP_POP_VLAN:
        list.add(Operation.popVlan);
        if (this.#tags > 0) this.#grown -= TAG;
        this.#tags = Math.max(0, this.#tags - 1);
        this.#isRetagged = true;
        return undefined;
      case OP_REWRITE:
        return this.#rewrite(step);
      case OP_SET_KEY:
        this.#setKey(step.words!);
        return undefined;
      case OP_CT_CLEAR:
        if (this.#keepsMetadata) list.addOther(Operation.clearTracking);
        return undefined;
      case OP_HASH:
        return this.#hash(step.a, step.b);
      case OP_RECIRC: {
        if (!standing.isLast) return "recirculates a copy";
        const { view } = list.add(Operation.recirculate);
        view.setUint32(recirculate.id, step.a, true);
        view.setUint32(recirculate.port, this.#match.port, true);
        return undefined;
      }
      case OP_CLONE:
        return this.#nested(step.inner, standing);
      case OP_SAMPLE:
        return this.#sample(step, standing);
      case OP_CHECK_LENGTH:
        return this.#checkLength(step, standing);
      case OP_METER:
        return this.#meter(step);
      case OP_CT:
        return this.#track(step, i);
      case OP_TNL_PUSH:
        return this.#push(step, i);
      default:
        if (step.code === OP_USERSPACE) return "sends packets up";
        return `does what the program cannot (${step.code})`;
    }
  }

  /** Copies for many ports: those whose drivers can be reached at once in one go, behind the others. */
  #outputs(numbers: readonly number[], { isLast, isSome, isEnd }: Standing): string | undefined {
    const list = this.#list;
    const isDirect = (number: number): boolean => this.#places.port(number)?.isDirect ?? false;
    const direct = numbers.filter(isDirect);
    const ports = direct.map((number) => this.#places.port(number)!);
    const place =
      direct.length >= MANY && list.hasOthers ? this.#places.fanOut?.(ports.map(({ ifindex }) => ifindex)) : undefined;
    const first = place ? numbers.filter((number) => !isDirect(number)) : numbers;
    for (const [i, number] of first.entries()) {
      const reason = this.#output(number, { isLast: !place && isLast && i === first.length - 1, isSome, isEnd });
      if (reason !== undefined) return reason;
    }
    if (place === undefined) return undefined;
    list.sets.push(place.set);
    const unit = list.addOther(isLast ? Operation.lastFanOut : Operation.fanOut, place.ifindex);
    unit.view.setUint16(fanOut.set, place.set, true);
    if (this.#sendsLarge) {
      for (const [i, number] of direct.entries())
        this.#output(number, { isLast: isLast && i === direct.length - 1, isSome, isEnd });
    } else {
      for (const port of ports) this.#sent(port, isSome);
      list.pushed = NO_LARGE;
      list.limit = Math.min(list.limit, FAN_OUT_LONGEST - this.#grown);
      this.#countSome(processorRow.otherDrops, 1);
    }
    if (!isLast) list.aimHere(unit);
    return undefined;
  }

  /** Packets meet an output to the port. */
  #sent({ mtu }: KernelPort, isSome: boolean, isWhole = true): void {
    const list = this.#list;
    if (isWhole) list.limit = Math.min(list.limit, mtu + ETHERNET + (this.#tags > 0 ? TAG : 0) - this.#grown);
    if (!isSome) list.outputs++;
  }

  #output(number: number, { isLast, isSome, isEnd }: Standing): string | undefined {
    const list = this.#list;
    const to = this.#places.port(number);
    if (to === undefined) return "outputs to a port that the program cannot send by";
    const cut = this.#cuts ? this.#cuts.output(to, this.#grown, isEnd) : "whole";
    if (typeof cut === "object") return cut.reason;
    this.#sent(to, isSome, cut === "whole");
    if (to.downSlot !== undefined) {
      list.add(Operation.downOutput).view.setUint32(downOutput.slot, to.downSlot, true);
      return undefined;
    }
    const operation = !isLast ? Operation.output : to.guest ? Operation.guestOutput : Operation.lastOutput;
    const { bytes, view } = list.add(operation);
    view.setUint32(4, to.ifindex, true);
    if (operation !== Operation.guestOutput) return undefined;
    bytes.set(to.guest!.address, guestOutput.address);
    view.setUint16(guestOutput.slot, to.guest!.slot, true);
    return undefined;
  }

  #rewrite({ change, words }: Op): string | undefined {
    const list = this.#list;
    if (isGuarded(change!, this.#match)) list.isGuarded = true;
    if (change!.layer === "eth" && this.#addresses.set(change!)) {
      list.add(Operation.setAddresses).bytes.set(this.#addresses.bytes, 4);
    } else {
      const units = encodeRewrite(change!, this.#match, () => this.#knownNeighbour());
      if (typeof units === "string") return units;
      if (change!.layer === "icmpv6" || change!.layer === "nd_target") this.#knownNeighbour().note(change!);
      for (const unit of units) list.add(Operation.setWord).bytes.set(unit.subarray(4), 4);
    }
    if (this.#keepsHeaders) this.#setWords(words!);
    return undefined;
  }

  #knownNeighbour(): KnownNeighbour {
    this.#neighbour ??= KnownNeighbour.of(this.#match);
    return this.#neighbour;
  }

  /** A mark and a priority are the packet's own, too; what else there is only later lookups would see. */
  #setKey(words: Uint32Array): void {
    for (let i = 0; i < words.length; i += 3) {
      const isOwn = words[i] === W.pktMark || words[i] === W.skbPriority;
      if (isOwn || this.#keepsMetadata) this.#setWords(words.subarray(i, i + 3));
    }
  }

  #setWords(words: Uint32Array): void {
    for (let i = 0; i < words.length; i += 3) {
      const [word, value, mask] = [words[i]!, words[i + 1]!, words[i + 2]!];
      const { view } = this.#list.add(Operation.setKey);
      view.setUint32(setKey.value, value, true);
      view.setUint32(setKey.keep, ~mask >>> 0, true);
      view.setUint8(setKey.word, word);
      const { nothing, mark, priority } = WrittenBeside;
      view.setUint8(setKey.beside, word === W.pktMark ? mark : word === W.skbPriority ? priority : nothing);
    }
  }

  #hash(algorithm: number, basis: number): string | undefined {
    if (!this.#keepsMetadata) return undefined;
    // The key says what the packet was like when it came: of other tags it knows nothing, nor what a third one hides.
    if (this.#isRetagged && !this.#hashesInside()) return "hashes packets whose tags it has changed";
    const { view } = this.#list.addOther(Operation.hash);
    view.setUint32(hashAt.algorithm, algorithm, true);
    view.setUint32(hashAt.basis, basis, true);
    return undefined;
  }

  /** Whether packets are IP before and after the tags that they have had changed. */
  #hashesInside(): boolean {
    const type = knownBits(this.#match, W.ethType, 0xffff);
    const outer = knownBits(this.#match, W.vlan0, VLAN_PRESENT);
    const isCounted =
      outer === 0 || (outer !== undefined && knownBits(this.#match, W.vlan1, VLAN_PRESENT) !== undefined);
    return (type === EtherType.ipv4 || type === EtherType.ipv6) && isCounted && this.#tags <= MAX_VLANS;
  }

  /** A program on a copy: there is none where nothing comes behind it, or nothing is changed. */
  #nested(inner: Program, standing: Omit<Standing, "isEnd">): string | undefined {
    if (!standing.isLast && changesPackets(inner)) return "changes a copy and goes on";
    return this.#steps(inner, standing);
  }

  #some(inner: Program, isLast: boolean): string | undefined {
    this.#countSome(processorRow.outputs, outputsOf(inner));
    return this.#nested(inner, { isLast, isSome: true });
  }

  #sample(step: Op, standing: Standing): string | undefined {
    const { a: probability, inner } = step;
    if (inner.length === 0) return undefined;
    if (someStep(inner, ({ code }) => code === OP_USERSPACE))
      return probability === ALWAYS ? "sends packets up" : "samples packets a second time, or some of them";
    if (probability === ALWAYS) return this.#nested(inner, standing);
    const chance = this.#list.addOther(Operation.sample, probability);
    const reason = this.#some(inner, standing.isLast);
    this.#list.aimHere(chance);
    return reason;
  }

  #checkLength({ a: length, inner, otherwise }: Op, { isLast }: Standing): string | undefined {
    const list = this.#list;
    list.isGuarded = true;
    const check = list.addOther(Operation.checkLength, length);
    const [addresses, tags, grown, isRetagged] = [this.#addresses, this.#tags, this.#grown, this.#isRetagged];
    const neighbour = this.#neighbour?.copy();
    this.#addresses = addresses.copy();
    const shorter = this.#some(otherwise, isLast);
    if (shorter !== undefined) return shorter;
    const end = list.addOther(Operation.goTo);
    list.aimHere(check);
    [this.#addresses, this.#tags, this.#grown, this.#isRetagged] = [addresses, tags, grown, isRetagged];
    this.#neighbour = neighbour;
    const longer = this.#some(inner, isLast);
    list.aimHere(end);
    return longer;
  }

  #meter(step: Op): string | undefined {
    const list = this.#list;
    const found = this.#places.meter(step.a);
    if (found === "none") return undefined;
    if (found === undefined) return "meters packets elsewhere";
    if (found.meter.bands.some(({ type }) => type !== "drop")) return "meters packets, to mark them";
    // What finds too few tokens for all of a large segment must not have met anything yet.
    if (list.length > 0 || list.countsLater || !this.#program.includes(step))
      return "meters packets after something else";
    list.countsLater = true;
    this.#metered = list.addOther(Operation.meter, found.row);
    return undefined;
  }

  #track(step: Op, i: number): string | undefined {
    const list = this.#list;
    if (i > 0 || list.length > 0 || this.#program[0] !== step) return "tracks connections after something else";
    if (this.#program.slice(1).some(({ code }) => code === OP_CT)) return "tracks connections twice";
    for (const unit of encodeTrack(step.ct!)) list.add(0).bytes.set(unit);
    list.countsLater = true;
    return undefined;
  }

  #push(step: Op, i: number): string | undefined {
    const list = this.#list;
    const program = this.#program;
    if (program[i] !== step) return "puts a copy into a tunnel";
    const units = encodePush(step.push!, program.slice(0, i));
    if (typeof units === "string") return units;
    if (this.#places.tunnel(step.push!.tunnelPort) === undefined) return "puts packets into a tunnel that is not there";
    if (!program.slice(i + 1).every(({ code }) => code === OP_OUTPUT)) return "goes on with packets in a tunnel";
    if (list.length + units.length >= MAX_OPERATIONS - 1) return TOO_MUCH;
    for (const unit of units) list.add(0).bytes.set(unit);
    this.#grown += step.push!.header.length;
    // The kernel cuts up none that have a tag inside.
    const isTagged = program.slice(0, i).some(({ code }) => code === OP_PUSH_VLAN);
    list.pushed = Math.max(list.pushed, isTagged ? NO_LARGE : step.push!.header.length);
    this.#tags = 0;
    return undefined;
  }
}

/** The ports of the outputs that stand in a row from `at` on. */
function outputsFrom(program: Program, at: number): number[] {
  const numbers: number[] = [];
  for (let i = at; program[i]?.code === OP_OUTPUT; i++) numbers.push(program[i]!.a);
  return numbers;
}

/** Tags that all packets of a match have. */
function tagsOf(match: ForwardMatch): number {
  const isThere = (word: number): boolean => (match.valueOf(word) & VLAN_PRESENT) !== 0;
  return isThere(W.vlan0) ? (isThere(W.vlan1) ? 2 : 1) : 0;
}

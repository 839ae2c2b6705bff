// The face of `weft-switch/bpf`: eBPF programs written, read and run in TypeScript, without a compiler and without a kernel.
export {
  type AluOperation,
  add,
  add32,
  and,
  and32,
  div,
  div32,
  mod,
  mod32,
  mov,
  mov32,
  movSigned,
  movSigned32,
  mul,
  mul32,
  negate,
  negate32,
  or,
  or32,
  shiftLeft,
  shiftLeft32,
  shiftRight,
  shiftRight32,
  shiftRightSigned,
  shiftRightSigned32,
  signedDiv,
  signedDiv32,
  signedMod,
  signedMod32,
  sub,
  sub32,
  swapBytes,
  toBigEndian,
  toLittleEndian,
  xor,
  xor32,
} from "#bpf/alu.js";
export { assemble, compile, link, type ProgramImage, type Relocation, type Symbols } from "#bpf/assemble.js";
export { AssemblyError } from "#bpf/assembly-error.js";
export { Btf, type BtfPrototype, type MemberPlace } from "#bpf/btf.js";
export type { BtfEnumerator, BtfId, BtfMember, BtfType } from "#bpf/btf-type.js";
export { type SkbPlaces, skbPlaces } from "#bpf/capture-program.js";
export {
  type Comparison,
  callFunction,
  callHelper,
  callKernel,
  exit,
  jump,
  jumpAnySet,
  jumpAnySet32,
  jumpEqual,
  jumpEqual32,
  jumpFar,
  jumpGreater,
  jumpGreater32,
  jumpGreaterOrEqual,
  jumpGreaterOrEqual32,
  jumpLess,
  jumpLess32,
  jumpLessOrEqual,
  jumpLessOrEqual32,
  jumpNotEqual,
  jumpNotEqual32,
  jumpSignedGreater,
  jumpSignedGreater32,
  jumpSignedGreaterOrEqual,
  jumpSignedGreaterOrEqual32,
  jumpSignedLess,
  jumpSignedLess32,
  jumpSignedLessOrEqual,
  jumpSignedLessOrEqual32,
  mayGoto,
} from "#bpf/control.js";
export { decodeProgram } from "#bpf/decode.js";
export { disassemble, formatInstruction } from "#bpf/disassemble.js";
export { helper, helperName } from "#bpf/helpers.js";
export { type Instruction, type Label, label, type ProgramItem, type Reference } from "#bpf/instruction.js";
export { MemoryFault } from "#bpf/interpreter/address-space.js";
export { ArrayMap } from "#bpf/interpreter/array-map.js";
export { HashMap } from "#bpf/interpreter/hash-map.js";
export type { InterpretedMap } from "#bpf/interpreter/interpreted-map.js";
export { kernelFunctions } from "#bpf/interpreter/kernel-functions.js";
export { type Callee, type Context, ExecutionError, Machine, type MachineSettings } from "#bpf/interpreter/machine.js";
export { QueueMap } from "#bpf/interpreter/queue-map.js";
export { RingMap } from "#bpf/interpreter/ring-map.js";
export { type Redirection, Skb, type SkbSettings, type SkbTag } from "#bpf/interpreter/skb.js";
export { ProgramMap, RedirectTargets } from "#bpf/interpreter/target-map.js";
export { XdpFrame, type XdpFrameSettings } from "#bpf/interpreter/xdp-frame.js";
export { type MapSpec, mapFlag, mapType } from "#bpf/map-spec.js";
export {
  type AtomicAccess,
  byte,
  double,
  half,
  loadFunction,
  loadImm64,
  loadKernelVariable,
  loadMap,
  loadMapValue,
  type MemoryAccess,
  type SignedAccess,
  word,
} from "#bpf/memory.js";
export { attachType, type ProgramSpec, programSpec, programType } from "#bpf/program-spec.js";
export { type Register, r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10 } from "#bpf/registers.js";
export { formatSourcePlace, type SourcePlace, sourcePlaces, withSources } from "#bpf/source-place.js";
export { formatComplaint, readVerifierLog, type VerifierComplaint } from "#bpf/verifier-log.js";

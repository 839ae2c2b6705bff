import { type BtfType, btfKind } from "./btf-type.js";

/** What types are read from: their records, and names by their offsets. */
export interface BtfSource {
  readonly view: DataView;
  text(offset: number): string;
}

type Structure = Extract<BtfType, { readonly kind: "struct" | "union" }>;
type Enumeration = Extract<BtfType, { readonly kind: "enum" }>;

function eachMember<T>(at: number, count: number, size: number, read: (member: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => read(at + 12 + size * i));
}

function structure({ view, text }: BtfSource, at: number, kind: Structure["kind"]): Structure {
  const info = view.getUint32(at + 4, true);
  const hasBitFields = info >>> 31 === 1;
  const members = eachMember(at, info & 0xffff, 12, (member) => {
    const place = view.getUint32(member + 8, true);
    return {
      name: text(view.getUint32(member, true)),
      type: view.getUint32(member + 4, true),
      bitOffset: hasBitFields ? place & 0xffffff : place,
      bits: hasBitFields ? place >>> 24 : 0,
    };
  });
  return { kind, name: text(view.getUint32(at, true)), size: view.getUint32(at + 8, true), members };
}

function enumeration({ view, text }: BtfSource, at: number, isWide: boolean): Enumeration {
  const info = view.getUint32(at + 4, true);
  const isSigned = info >>> 31 === 1;
  const values = eachMember(at, info & 0xffff, isWide ? 12 : 8, (member) => {
    const low = view.getUint32(member + 4, true);
    const bits = isWide ? (BigInt(view.getUint32(member + 8, true)) << 32n) | BigInt(low) : BigInt(low);
    return {
      name: text(view.getUint32(member, true)),
      value: isSigned ? BigInt.asIntN(isWide ? 64 : 32, bits) : bits,
    };
  });
  return { kind: "enum", name: text(view.getUint32(at, true)), size: view.getUint32(at + 8, true), isSigned, values };
}

/** Reads the type whose record, known to lie within the bytes, begins at `at`. */
export function decodeBtfType(source: BtfSource, at: number): BtfType {
  const { view } = source;
  const word = (offset: number): number => view.getUint32(at + offset, true);
  const name = source.text(word(0));
  const info = word(4);
  switch ((info >>> 24) & 0x1f) {
    case btfKind.int: {
      const encoding = word(12);
      return { kind: "int", name, size: word(8), bits: encoding & 0xff, isSigned: ((encoding >>> 24) & 1) === 1 };
    }
    case btfKind.pointer:
      return { kind: "pointer", type: word(8) };
    case btfKind.array:
      return { kind: "array", type: word(12), count: word(20) };
    case btfKind.struct:
      return structure(source, at, "struct");
    case btfKind.union:
      return structure(source, at, "union");
    case btfKind.enum:
      return enumeration(source, at, false);
    case btfKind.enum64:
      return enumeration(source, at, true);
    case btfKind.forward:
      return { kind: "forward", name, isUnion: info >>> 31 === 1 };
    case btfKind.typedef:
      return { kind: "typedef", name, type: word(8) };
    case btfKind.volatile:
      return { kind: "volatile", name, type: word(8) };
    case btfKind.const:
      return { kind: "const", name, type: word(8) };
    case btfKind.restrict:
      return { kind: "restrict", name, type: word(8) };
    case btfKind.typeTag:
      return { kind: "type_tag", name, type: word(8) };
    case btfKind.function:
      return { kind: "function", name, prototype: word(8) };
    case btfKind.prototype:
      return {
        kind: "prototype",
        returns: word(8),
        parameters: eachMember(at, info & 0xffff, 8, (parameter) => ({
          name: source.text(view.getUint32(parameter, true)),
          type: view.getUint32(parameter + 4, true),
        })),
      };
    case btfKind.variable:
      return { kind: "variable", name, type: word(8) };
    case btfKind.section:
      return {
        kind: "section",
        name,
        size: word(8),
        variables: eachMember(at, info & 0xffff, 12, (variable) => ({
          type: view.getUint32(variable, true),
          offset: view.getUint32(variable + 4, true),
          size: view.getUint32(variable + 8, true),
        })),
      };
    case btfKind.float:
      return { kind: "float", name, size: word(8) };
    case btfKind.declarationTag:
      return { kind: "declaration_tag", name, type: word(8), component: view.getInt32(at + 12, true) };
    default:
      return { kind: "void" };
  }
}

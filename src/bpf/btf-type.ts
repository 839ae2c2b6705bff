/** A type's number in its BTF; 0 is void. */
export type BtfId = number;

/** A member of a structure or union: where it begins, in bits from the start, and its width where it is a bit-field, else 0. */
export interface BtfMember {
  readonly name: string;
  readonly type: BtfId;
  readonly bitOffset: number;
  readonly bits: number;
}

/** A name and what it stands for. */
export interface BtfEnumerator {
  readonly name: string;
  readonly value: bigint;
}

/** A type as BTF describes it (Documentation/bpf/btf.rst). Sizes are bytes; unnamed types have an empty name. */
export type BtfType =
  | { readonly kind: "void" }
  | {
      readonly kind: "int";
      readonly name: string;
      readonly size: number;
      readonly bits: number;
      readonly isSigned: boolean;
    }
  | { readonly kind: "pointer"; readonly type: BtfId }
  | { readonly kind: "array"; readonly type: BtfId; readonly count: number }
  | {
      readonly kind: "struct" | "union";
      readonly name: string;
      readonly size: number;
      readonly members: readonly BtfMember[];
    }
  | {
      readonly kind: "enum";
      readonly name: string;
      readonly size: number;
      readonly isSigned: boolean;
      readonly values: readonly BtfEnumerator[];
    }
  /** A structure or union that is only announced. */
  | { readonly kind: "forward"; readonly name: string; readonly isUnion: boolean }
  | {
      readonly kind: "typedef" | "volatile" | "const" | "restrict" | "type_tag";
      readonly name: string;
      readonly type: BtfId;
    }
  | { readonly kind: "function"; readonly name: string; readonly prototype: BtfId }
  | {
      readonly kind: "prototype";
      readonly returns: BtfId;
      readonly parameters: readonly { readonly name: string; readonly type: BtfId }[];
    }
  | { readonly kind: "variable"; readonly name: string; readonly type: BtfId }
  | {
      readonly kind: "section";
      readonly name: string;
      readonly size: number;
      readonly variables: readonly { readonly type: BtfId; readonly offset: number; readonly size: number }[];
    }
  | { readonly kind: "float"; readonly name: string; readonly size: number }
  | { readonly kind: "declaration_tag"; readonly name: string; readonly type: BtfId; readonly component: number };

/** Numbers of the kinds. */
export const btfKind = {
  int: 1,
  pointer: 2,
  array: 3,
  struct: 4,
  union: 5,
  enum: 6,
  forward: 7,
  typedef: 8,
  volatile: 9,
  const: 10,
  restrict: 11,
  function: 12,
  prototype: 13,
  variable: 14,
  section: 15,
  float: 16,
  declarationTag: 17,
  typeTag: 18,
  enum64: 19,
} as const;

/** Bytes that follow a type's 12-byte head, by kind: fixed, and for each of its members. */
export const btfTails: readonly (readonly [fixed: number, perMember: number])[] = [
  [0, 0],
  [4, 0],
  [0, 0],
  [12, 0],
  [0, 12],
  [0, 12],
  [0, 8],
  [0, 0],
  [0, 0],
  [0, 0],
  [0, 0],
  [0, 0],
  [0, 0],
  [0, 8],
  [4, 0],
  [0, 12],
  [0, 0],
  [4, 0],
  [0, 0],
  [0, 12],
];

/** Places on the stack, offsets from r10. This processor's number and the address of its row are there from entry to exit. */
export const PROCESSOR = -8;
export const ROW = -16;
/** A 4-byte key of an array. */
export const INDEX = -24;
/** From here downwards the stack is free: for the lookup, then for each operation. */
export const STACK_FREE = -24;

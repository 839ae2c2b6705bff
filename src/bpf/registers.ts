/** An eBPF register's number. r0 holds results, r1–r5 arguments (lost by a call), r6–r9 survive calls, r10 is the frame pointer. */
export type Register = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;

export const r0: Register = 0;
export const r1: Register = 1;
export const r2: Register = 2;
export const r3: Register = 3;
export const r4: Register = 4;
export const r5: Register = 5;
export const r6: Register = 6;
export const r7: Register = 7;
export const r8: Register = 8;
export const r9: Register = 9;
/** The frame pointer: read-only, the stack is the 512 bytes below it. */
export const r10: Register = 10;

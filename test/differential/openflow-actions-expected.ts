/** Recorded texts with actions that there are no rows for. */
export const notYet: readonly RegExp[] = [/\b(encap|debug_\w+)\b/];

/** Recorded texts with actions that there are no rows for. */
export const notYet: readonly RegExp[] = [/\b(debug_\w+)\b/];

/** Recorded texts with actions that there are no rows for. */
export const notYet: readonly RegExp[] = [
  /\b(ct|nat|learn|bundle|bundle_load|encap|decap|dec_nsh_ttl|delete_field|debug_\w+)\b(?!_)/,
];

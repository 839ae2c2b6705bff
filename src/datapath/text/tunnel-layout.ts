/** Lengths in bytes of what outer headers are made of; IPv4 without options, GRE without its optional words. */
export const ETHERNET = 14;
export const IPV4 = 20;
export const IPV6 = 40;
export const UDP = 8;
/** Also of VXLAN (RFC 7348) and of GTP-U's mandatory part. */
export const GENEVE = 8;
export const GRE = 4;
/** ERSPAN's headers of version 1 (type II) and 2 (type III), after GRE and its sequence number. */
export const ERSPAN_1 = 8;
export const ERSPAN_2 = 12;

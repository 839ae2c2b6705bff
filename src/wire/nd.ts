/** ICMPv6 types of neighbour discovery (RFC 4861). */
export const NEIGHBOUR_SOLICIT = 135;
export const NEIGHBOUR_ADVERT = 136;

/** Options: source and target link-layer address. Their length counts units of 8 bytes. */
export const ND_OPTION_SLL = 1;
export const ND_OPTION_TLL = 2;

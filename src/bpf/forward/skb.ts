/** Offsets in struct __sk_buff (linux/bpf.h). */
export const skb = {
  length: 0,
  mark: 8,
  protocol: 16,
  vlanPresent: 20,
  vlanTci: 24,
  vlanProto: 28,
  priority: 32,
  data: 76,
  dataEnd: 80,
  gsoSize: 176,
} as const;

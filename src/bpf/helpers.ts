/** Numbers of the kernel's helper functions (enum bpf_func_id, linux/bpf.h), as far as programs here use them. */
export const helper = {
  getHashRecalc: 34,
  xdpAdjustHead: 44,
  redirectMap: 51,
  ringbufQuery: 134,
  ringbufReserveDynptr: 198,
  ringbufSubmitDynptr: 199,
  ringbufDiscardDynptr: 200,
  dynptrWrite: 202,
} as const;

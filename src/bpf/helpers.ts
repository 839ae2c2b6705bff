/** Numbers of the kernel's helper functions (enum bpf_func_id, linux/bpf.h), as far as programs here use them. */
export const helper = {
  mapLookupElem: 1,
  mapUpdateElem: 2,
  skbLoadBytes: 26,
  ringbufOutput: 130,
  ringbufReserveDynptr: 198,
  ringbufSubmitDynptr: 199,
  ringbufDiscardDynptr: 200,
  dynptrRead: 201,
  dynptrWrite: 202,
  dynptrData: 203,
} as const;

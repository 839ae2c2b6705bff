/*
 * The memory of one AF_XDP socket: the UMEM's frames, the first half for receiving and the second for sending, then the list of
 * frames that may be sent in. The list outlives the thread that reads the queue, so that another one can take it over.
 */

/** Bytes of a UMEM frame; in front of a received frame's bytes the kernel keeps 256 for the XDP program. */
export const XDP_FRAME = 4096;
/** Entries of each of the four rings. */
export const XDP_RING = 2048;
export const UMEM_SIZE: number = 2 * XDP_RING * XDP_FRAME;

/**
 * Words behind the UMEM: whether a thread has the queue, whether the frames for receiving were given to the kernel, how many of the frames that the kernel says were lost
 * a thread has counted (modulo 2^32), how many frames are free to send in, and which.
 */
export const xdpState: Readonly<Record<"taken" | "filled" | "lost" | "freeCount" | "free", number>> = {
  taken: UMEM_SIZE / 4,
  filled: UMEM_SIZE / 4 + 1,
  lost: UMEM_SIZE / 4 + 2,
  freeCount: UMEM_SIZE / 4 + 3,
  free: UMEM_SIZE / 4 + 4,
};
export const XDP_MEMORY: number = UMEM_SIZE + 4 * (4 + XDP_RING);

/** The longest frame that fits. */
export const XDP_LONGEST: number = XDP_FRAME - 256;

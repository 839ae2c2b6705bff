/** Keys of one frame cut to each length: [length from which on, text as `dpctl/dump-flows -m` has it, or "none" where no flow came]. */
export interface RecordedCuts {
  readonly name: string;
  readonly fitted: boolean;
  readonly keys: readonly (readonly [from: number, text: string])[];
}

/** What became of a flow text: the short and the long form it is dumped in, or the error. */
export interface RecordedText {
  readonly text: string;
  readonly short?: string;
  readonly long?: string;
  readonly error?: string;
}

/** What became of a flow to make a frame of: the frame, or the error. */
export interface RecordedFrame {
  readonly text: string;
  readonly length?: number;
  readonly hex?: string;
  readonly error?: string;
}

/** Recorded answers of a release of Open vSwitch. */
export interface RecordedOdp {
  readonly release: string;
  readonly frames: readonly RecordedCuts[];
  readonly texts: readonly RecordedText[];
  /** By name of the frame: the packet as `ofproto/trace` shows it. */
  readonly traced: Readonly<Record<string, string>>;
  readonly composed: readonly RecordedFrame[];
}

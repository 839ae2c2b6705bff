import { Memory } from "../memory.js";

/** Room for the frames of one turn. */
const AREA = 4 << 20;

/** Memory that frames of guests are copied to, where no guest can change them any more. */
export class GuestFrames {
  readonly memory: Memory = Memory.anonymous(AREA);
  used = 0;
}

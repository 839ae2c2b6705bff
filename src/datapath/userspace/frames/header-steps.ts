import {
  OP_ADD_MPLS,
  OP_POP_ETH,
  OP_POP_MPLS,
  OP_POP_NSH,
  OP_POP_VLAN,
  OP_PUSH_ETH,
  OP_PUSH_MPLS,
  OP_PUSH_NSH,
  OP_PUSH_VLAN,
  type Op,
} from "../ops.js";
import {
  addMpls,
  isEthernetInMpls,
  popEthernet,
  popMplsToEthernet,
  popNsh,
  pushEthernet,
  pushNsh,
} from "./encapsulation.js";
import type { Frame } from "./frame.js";
import { popMpls, popVlan, pushMpls, pushVlan } from "./headers.js";

/** Whether a header is of a kind with which Linux takes no large segment. */
export function forbidsSegments(code: number): boolean {
  return code === OP_PUSH_MPLS || code === OP_ADD_MPLS || code === OP_PUSH_NSH;
}

/** Puts a header on a frame or takes one off, as a step says. False where the frame is too short. */
export function changeHeaders(frame: Frame, step: Op): boolean {
  switch (step.code) {
    case OP_PUSH_VLAN:
      return pushVlan(frame, step.a, step.b);
    case OP_POP_VLAN:
      return popVlan(frame);
    case OP_PUSH_MPLS:
      return pushMpls(frame, step.a, step.b);
    case OP_POP_MPLS:
      return isEthernetInMpls(step.a) ? popMplsToEthernet(frame) : popMpls(frame, step.a);
    case OP_ADD_MPLS:
      return addMpls(frame, step.a, step.b);
    case OP_PUSH_ETH:
      return pushEthernet(frame, step.header!);
    case OP_POP_ETH:
      return popEthernet(frame);
    case OP_PUSH_NSH:
      return pushNsh(frame, step.header!);
    case OP_POP_NSH:
      return popNsh(frame);
    default:
      return false;
  }
}

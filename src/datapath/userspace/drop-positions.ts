import { dropCounter } from "./counters.js";

type DropName =
  | "invalid"
  | "port"
  | "upcall"
  | "userspace"
  | "recirc"
  | "push"
  | "pop"
  | "depth"
  | "pipeline"
  | "other"
  | "meter"
  | "tracking"
  | "exhausted"
  | "waited"
  | "headless"
  | "truncated"
  | "segmentation";

/** Where the forwarder counts what it drops. */
export const DROP: Readonly<Record<DropName, number>> = {
  invalid: dropCounter("datapath_drop_rx_invalid_packet"),
  port: dropCounter("datapath_drop_invalid_port"),
  upcall: dropCounter("datapath_drop_upcall_error"),
  userspace: dropCounter("datapath_drop_userspace_action_error"),
  recirc: dropCounter("datapath_drop_recirc_error"),
  push: dropCounter("datapath_drop_tunnel_push_error"),
  pop: dropCounter("datapath_drop_tunnel_pop_error"),
  depth: dropCounter("datapath_drop_sample_error"),
  pipeline: dropCounter("drop_action_of_pipeline"),
  other: dropCounter("drop_action_other"),
  meter: dropCounter("datapath_drop_meter"),
  tracking: dropCounter("datapath_drop_tracking_full"),
  exhausted: dropCounter("datapath_drop_nat_exhausted"),
  waited: dropCounter("datapath_drop_fragment_timeout"),
  headless: dropCounter("datapath_drop_no_ethernet"),
  truncated: dropCounter("datapath_drop_header_truncated"),
  segmentation: dropCounter("datapath_drop_gso_segmentation"),
};

import type { TableDocs } from "../../../declaration.js";
import type { ipfixTable } from "../ipfix.js";

/** Documentation of the IPFIX table. */
export const ipfixDocs: TableDocs<typeof ipfixTable> = {
  table:
    "Sends IPFIX records of sampled packets. From a Bridge, packets of the whole bridge are sampled; from a Flow_Sample_Collector_Set, those of `sample` actions, and the columns about sampling do not apply.",
  columns: {
    targets: "Collectors, each as `IP:PORT`.",
    sampling: "For a bridge, one packet in this many is sampled. Empty for 400.",
    obs_domain_id: "For a bridge, the observation domain in records. Empty for 0.",
    obs_point_id: "For a bridge, the observation point in records. Empty for 0.",
    cache_active_timeout:
      "Longest time that packets of a flow are gathered into one record, in seconds. 0 for no gathering.",
    cache_max_flows: "Most flows that are gathered at a time. 0 for no gathering.",
    stats_interval: "Seconds between reports of exporter statistics. Empty for 600.",
    template_interval: "Seconds between repetitions of templates. Empty for 600.",
    other_config:
      "For a bridge: `enable-tunnel-sampling`, `enable-input-sampling`, `enable-output-sampling` (`true` or `false`); `virtual_obs_id` (a name for the exporter, put into every record).",
    external_ids: "Key-value pairs for other programs.",
  },
};

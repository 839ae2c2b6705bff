/** Port mirroring. */
export const mirrorTable = {
  columns: {
    name: { one: "string" },
    select_all: { one: "boolean" },
    select_src_port: { set: { ref: "Port", weak: true } },
    select_dst_port: { set: { ref: "Port", weak: true } },
    select_vlan: { set: { integer: [0, 4095] }, max: 4096 },
    output_port: { optional: { ref: "Port", weak: true } },
    output_vlan: { optional: { integer: [1, 4095] } },
    snaplen: { optional: { integer: [14, 65535] } },
    statistics: { map: ["string", "integer"], ephemeral: true },
    filter: { optional: "string" },
    external_ids: { map: ["string", "string"] },
  },
} as const;

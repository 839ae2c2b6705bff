/** IEEE 802.1AB Auto Attach settings of a bridge. */
export const autoAttachTable = {
  columns: {
    system_name: { one: "string" },
    system_description: { one: "string" },
    mappings: { map: [{ integer: [0, 16777215] }, { integer: [0, 4095] }] },
  },
} as const;

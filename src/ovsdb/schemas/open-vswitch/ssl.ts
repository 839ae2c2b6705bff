/** Keys and certificates. */
export const sslTable = {
  columns: {
    private_key: { one: "string" },
    certificate: { one: "string" },
    ca_cert: { one: "string" },
    bootstrap_ca_cert: { one: "boolean" },
    external_ids: { map: ["string", "string"] },
  },
  maxRows: 1,
} as const;

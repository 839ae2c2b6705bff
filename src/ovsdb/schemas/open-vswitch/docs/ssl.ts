import type { TableDocs } from "../../../declaration.js";
import type { sslTable } from "../ssl.js";

/** Documentation of the SSL table. */
export const sslDocs: TableDocs<typeof sslTable> = {
  table: "Keys and certificates for SSL/TLS connections to controllers and managers. Set with `ovs-vsctl set-ssl`.",
  columns: {
    private_key: "Name of a PEM file with the switch's private key.",
    certificate: "Name of a PEM file with the certificate for that key, signed by an authority that peers trust.",
    ca_cert: "Name of a PEM file with the certificate of the authority that peers' certificates must be signed by.",
    bootstrap_ca_cert:
      "Whether to take the authority's certificate from the first peer, if the file is not there, and keep it. That first connection is open to an impostor.",
    external_ids: "Key-value pairs for other programs.",
  },
};

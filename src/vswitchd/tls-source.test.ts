import { expect, it } from "vitest";
import { FakeFiles } from "#host/fake/files.js";
import { StreamError } from "#host/streams.js";
import { recordingLog } from "#runtime/recording-log.js";
import { type TlsFileOptions, tlsConnectOptions } from "./tls-source.js";

const none: TlsFileOptions = {
  privateKey: undefined,
  certificate: undefined,
  caCertificate: undefined,
  bootstrapCaCertificate: undefined,
  peerCaCertificate: undefined,
  protocols: undefined,
  ciphers: undefined,
};
const own = { ...none, privateKey: "/key", certificate: "/cert" };

function filesWith(...paths: string[]): FakeFiles {
  const files = new FakeFiles();
  for (const path of paths) files.write(path, `PEM of ${path}\n`);
  return files;
}

it("learns a CA with one connection, and verifies the next by it", () => {
  const files = filesWith("/key", "/cert");
  const log = recordingLog();
  const connect = tlsConnectOptions(files, { ...own, bootstrapCaCertificate: "/ca" }, log);
  const first = connect.tls;
  expect(first?.caCertificate).toBeUndefined();
  expect(() => first?.bootstrapCa?.("PEM of the peer")).toThrow(new StreamError("/ca", "EPROTO"));
  expect(log.lines).toEqual([
    "stream_ssl|INFO|successfully bootstrapped CA cert to /ca",
    "stream_ssl|INFO|killing successful connection to retry using CA cert",
  ]);
  expect(files.readText("/ca")).toBe("PEM of the peer");
  expect(connect.tls).toMatchObject({ caCertificate: "PEM of the peer" });
  expect(connect.tls?.bootstrapCa).toBeUndefined();
});

it("sends the certificates of --peer-ca-cert along", () => {
  const options = { ...own, caCertificate: "/ca", peerCaCertificate: "/peer" };
  const { tls } = tlsConnectOptions(filesWith("/key", "/cert", "/ca", "/peer"), options, recordingLog());
  expect(tls?.certificate).toBe("PEM of /cert\nPEM of /peer\n");
});

it("says once what cannot be read, in upstream's words, and leaves it empty", () => {
  const log = recordingLog();
  const options = { ...own, caCertificate: "/ca", peerCaCertificate: "/peer" };
  const connect = tlsConnectOptions(filesWith(), options, log);
  expect(connect.tls).toEqual({ privateKey: "", certificate: "", caCertificate: "" });
  const reason = "error:80000002:system library::No such file or directory";
  expect([...log.lines].sort()).toEqual([
    `stream_ssl|ERR|SSL_use_PrivateKey_file: ${reason}`,
    `stream_ssl|ERR|SSL_use_certificate_file: ${reason}`,
    `stream_ssl|ERR|failed to load client certificates from /ca: ${reason}`,
    "stream_ssl|ERR|failed to open /peer for reading: No such file or directory",
  ]);
});

it("verifies nobody only where the CA is `none`", () => {
  const files = filesWith("/key", "/cert");
  const settings = (options: TlsFileOptions): unknown => tlsConnectOptions(files, options, recordingLog()).tls;
  expect(settings(own)).toMatchObject({ caCertificate: "" });
  expect(settings({ ...own, caCertificate: "none" })).not.toHaveProperty("caCertificate");
});

it("takes what the database names in the place of the command line's, and keeps it", () => {
  const files = filesWith("/key", "/cert", "/dbkey", "/dbcert", "/dbca");
  const log = recordingLog();
  const connect = tlsConnectOptions(files, { ...own, ciphers: "HIGH" }, log);
  const row = { private_key: "/dbkey", certificate: "/dbcert", ca_cert: "/dbca", bootstrap_ca_cert: false };
  connect.use(row);
  const named = { privateKey: "PEM of /dbkey\n", certificate: "PEM of /dbcert\n", caCertificate: "PEM of /dbca\n" };
  expect(connect.tls).toMatchObject({ ...named, ciphers: "HIGH" });
  connect.use(undefined);
  expect(connect.tls).toMatchObject(named);
  connect.use({ ...row, private_key: "", ca_cert: "/nowhere", bootstrap_ca_cert: true });
  expect(connect.tls).toMatchObject({ privateKey: "PEM of /dbkey\n", certificate: "PEM of /dbcert\n" });
  expect(connect.tls?.bootstrapCa).toBeDefined();
  expect(log.lines).toEqual([]);
});

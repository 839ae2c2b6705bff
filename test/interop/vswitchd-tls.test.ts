import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { lockRecord } from "#host/linux/record-lock.js";
import { createNodeHost } from "#host/node/host.js";
import { recordingLog } from "#runtime/recording-log.js";
import type { Json } from "#util/json.js";
import { OvsdbConfigDatabase } from "#vswitchd/ovsdb-config-database.js";
import { tlsConnectOptions } from "#vswitchd/tls-source.js";
import { eventually } from "../support/eventually.js";
import { describeWith, program } from "../support/needs.js";
import { startReal, type TestServer } from "../support/ovsdb-servers.js";
import { needsRealServer } from "../support/real-openvswitch.js";
import { realSchema } from "../support/switch-stack.js";

const openssl = "/usr/bin/openssl";

describeWith(
  [program(openssl, "openssl"), needsRealServer],
  "ovs-vswitchd's connection to an ovsdb-server over TLS",
  () => {
    let directory: string;
    let server: TestServer;
    const path = (name: string): string => join(directory, name);

    function certificate(name: string): void {
      const run = (...args: string[]): void => void execFileSync(openssl, args, { stdio: "ignore", cwd: directory });
      const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", `${name}.key`];
      if (name === "ca") {
        run("req", "-x509", ...key, "-out", "ca.pem", "-subj", "/CN=ca", "-days", "2");
        return;
      }
      run("req", ...key, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
      const signer = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2"];
      run("x509", "-req", "-in", `${name}.csr`, ...signer, "-out", `${name}.pem`);
    }

    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), "weft-swtls-"));
      for (const name of ["ca", "server", "switch"]) certificate(name);
      server = await startReal(JSON.parse(readFileSync(realSchema, "utf8")) as Json, [
        "--remote=pssl:0:127.0.0.1",
        `--private-key=${path("server.key")}`,
        `--certificate=${path("server.pem")}`,
        `--ca-cert=${path("ca.pem")}`,
        `--peer-ca-cert=${path("ca.pem")}`,
        `--log-file=${path("log")}`,
      ]);
      execFileSync("/usr/bin/ovs-vsctl", [`--db=unix:${server.socket}`, "--no-wait", "init"]);
    });
    afterAll(async () => {
      await server.stop();
      rmSync(directory, { recursive: true });
    });

    it("learns the CA, then verifies by it", async () => {
      const port = /listening on port (\d+)/.exec(readFileSync(path("log"), "utf8"))?.[1];
      const host = createNodeHost({ lock: lockRecord });
      const log = recordingLog();
      const options = {
        privateKey: path("switch.key"),
        certificate: path("switch.pem"),
        caCertificate: undefined,
        bootstrapCaCertificate: path("learned.pem"),
        peerCaCertificate: path("ca.pem"),
        protocols: undefined,
        ciphers: undefined,
      };
      const remote = `ssl:127.0.0.1:${port}`;
      const open = (): OvsdbConfigDatabase =>
        new OvsdbConfigDatabase(host, log, [remote], tlsConnectOptions(host.files, options, log));
      expect(existsSync(path("learned.pem"))).toBe(false);
      const first = open();
      await eventually(() => first.rows() !== undefined, "the database's rows");
      first.close();
      expect(readFileSync(path("learned.pem"), "utf8")).toBe(readFileSync(path("ca.pem"), "utf8"));
      expect(log.lines.filter((line) => /^(stream_ssl|reconnect)\|INFO/.test(line))).toEqual([
        `reconnect|INFO|${remote}: connecting...`,
        `stream_ssl|INFO|successfully bootstrapped CA cert to ${path("learned.pem")}`,
        "stream_ssl|INFO|killing successful connection to retry using CA cert",
        `reconnect|INFO|${remote}: connection attempt failed (Protocol error)`,
        `reconnect|INFO|${remote}: connecting...`,
        `reconnect|INFO|${remote}: connected`,
      ]);
      log.lines.length = 0;
      const second = open();
      await eventually(() => second.rows() !== undefined, "the database's rows");
      second.close();
      expect(log.lines.filter((line) => line.startsWith("stream_ssl"))).toEqual([]);
    });
  },
);

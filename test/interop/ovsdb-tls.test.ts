import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ConnectionOptions,
  connect as connectTls,
  createServer as createTlsServer,
  type TLSSocket,
} from "node:tls";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { lockRecord } from "#host/linux/record-lock.js";
import { createNodeHost } from "#host/node/host.js";
import { DatabaseServer } from "#ovsdb-server/database-server.js";
import { recordingLog } from "#runtime/recording-log.js";
import { eventually } from "../support/eventually.js";
import { describeWith, program } from "../support/needs.js";
import { createDatabase } from "../support/ovsdb-servers.js";

const run = promisify(execFile);

describeWith(
  [program("/usr/bin/openssl", "openssl"), program("/usr/bin/ovsdb-client", "openvswitch-common")],
  "the installed ovsdb-client over TLS",
  () => {
    let directory: string;
    let server: DatabaseServer;
    let port: string;
    const path = (name: string): string => join(directory, name);

    function certificate(name: string, signed: boolean): void {
      const openssl = (...args: string[]): void => {
        execFileSync("/usr/bin/openssl", args, { stdio: "ignore", cwd: directory });
      };
      const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", `${name}.key`];
      if (!signed) {
        openssl("req", "-x509", ...key, "-out", `${name}.pem`, "-subj", `/CN=${name}`, "-days", "2");
        return;
      }
      openssl("req", ...key, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
      openssl(
        "x509",
        "-req",
        "-in",
        `${name}.csr`,
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-out",
        `${name}.pem`,
        "-days",
        "2",
      );
    }

    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), "weft-tls-"));
      certificate("ca", false);
      certificate("server", true);
      certificate("client", true);
      certificate("stranger", false);
      createDatabase(path("db"), {
        name: "S",
        version: "1.0.0",
        tables: {
          SSL: { columns: { key: { type: "string" }, pem: { type: "string" }, ca: { type: "string" } }, isRoot: true },
        },
      });
      const host = createNodeHost({ lock: lockRecord });
      const log = recordingLog();
      const tls = { privateKey: "db:S,SSL,key", certificate: "db:S,SSL,pem", caCertificate: "db:S,SSL,ca" };
      server = new DatabaseServer(host, log, { runDirectory: directory, tls, columnDiffs: true });
      server.addDatabase(path("db"));
      server.checkTls();
      await server.addRemote("punix:sock");
      const row = JSON.stringify({ key: path("server.key"), pem: path("server.pem"), ca: path("ca.pem") });
      await run("/usr/bin/ovsdb-client", [
        "transact",
        `unix:${path("sock")}`,
        `["S",{"op":"insert","table":"SSL","row":${row}}]`,
      ]);
      await server.addRemote("pssl:0:127.0.0.1");
      port = /listening on port (\d+)/.exec(log.lines.join("\n"))?.[1] ?? "";
      // The port stays the same when the remote is made anew for other keys.
      await server.removeRemote("pssl:0:127.0.0.1");
      await server.addRemote(`pssl:${port}:127.0.0.1`);
    });
    afterAll(() => {
      server?.close();
      rmSync(directory, { recursive: true, force: true });
    });

    const listDatabases = async (who: string, ca = "ca"): Promise<string> => {
      const keys = ["-p", path(`${who}.key`), "-c", path(`${who}.pem`), "-C", path(`${ca}.pem`)];
      return (await run("/usr/bin/ovsdb-client", [...keys, "list-dbs", `ssl:127.0.0.1:${port}`], { timeout: 5000 }))
        .stdout;
    };

    it("is served with keys that the database names", async () => {
      expect(await listDatabases("client")).toBe("S\n_Server\n");
    });

    it("is refused where its certificate is not of our CA", async () => {
      await expect(listDatabases("stranger")).rejects.toThrow();
    });

    it("refuses us where our certificate is not of its CA", async () => {
      await expect(listDatabases("client", "stranger")).rejects.toThrow();
    });

    it("is served with the certificate that takes the place of another, while who is connected stays", async () => {
      const names = (): Promise<{ name: string; socket: TLSSocket }> =>
        new Promise((resolve, reject) => {
          const [key, cert] = [readFileSync(path("client.key")), readFileSync(path("client.pem"))];
          const socket = connectTls(
            { port: Number(port), host: "127.0.0.1", key, cert, rejectUnauthorized: false },
            () => resolve({ name: String(socket.getPeerCertificate().subject.CN), socket }),
          );
          socket.on("error", reject);
        });
      const before = await names();
      expect(before.name).toBe("server");
      let ended = false;
      before.socket.on("close", () => {
        ended = true;
      });
      certificate("renewed", true);
      writeFileSync(path("server.key"), readFileSync(path("renewed.key")));
      writeFileSync(path("server.pem"), readFileSync(path("renewed.pem")));
      let now = "";
      for (const until = Date.now() + 10_000; now !== "renewed" && Date.now() < until; ) {
        const next = await names().catch(() => undefined);
        now = next?.name ?? "";
        next?.socket.destroy();
      }
      expect([now, ended]).toEqual(["renewed", false]);
      before.socket.destroy();
    });

    it("is relayed to over TLS", async () => {
      const files = { privateKey: path("client.key"), certificate: path("client.pem"), caCertificate: path("ca.pem") };
      const relay = new DatabaseServer(createNodeHost({ lock: lockRecord }), recordingLog(), {
        runDirectory: directory,
        tls: files,
        columnDiffs: true,
      });
      try {
        relay.addDatabase(`relay:S:ssl:127.0.0.1:${port}`);
        await relay.addRemote(`punix:${path("relay")}`);
        await eventually(() => relay.database("S")!.isAvailable, "the contents");
        const select = '["S",{"op":"select","table":"SSL","where":[],"columns":["ca"]}]';
        const { stdout } = await run("/usr/bin/ovsdb-client", ["transact", `unix:${path("relay")}`, select]);
        expect(stdout).toContain(path("ca.pem"));
      } finally {
        relay.close();
      }
    });

    it("is refused once the database names keys that are missing", async () => {
      const update = '["S",{"op":"update","table":"SSL","where":[],"row":{"ca":"/nonexistent"}}]';
      await run("/usr/bin/ovsdb-client", ["transact", `unix:${path("sock")}`, update]);
      await expect(listDatabases("client")).rejects.toThrow();
    });

    it("speaks the protocols, ciphers and suites that it is told to", async () => {
      const spoken = async (settings: object, client: ConnectionOptions): Promise<string | undefined> => {
        const log = recordingLog();
        const files = {
          privateKey: path("server.key"),
          certificate: path("server.pem"),
          caCertificate: path("ca.pem"),
        };
        const tls = { ...files, ...settings };
        const one = new DatabaseServer(createNodeHost({ lock: lockRecord }), log, {
          runDirectory: directory,
          tls,
          columnDiffs: true,
        });
        await one.addRemote("pssl:0:127.0.0.1");
        const at = Number(/listening on port (\d+)/.exec(log.lines.join("\n"))![1]);
        const [key, cert] = [readFileSync(path("client.key")), readFileSync(path("client.pem"))];
        try {
          return await new Promise((resolve) => {
            const options = { port: at, host: "127.0.0.1", key, cert, rejectUnauthorized: false, ...client };
            const socket = connectTls(options, () => {
              resolve(`${socket.getProtocol()} ${socket.getCipher().name}`);
              socket.destroy();
            });
            socket.on("error", () => resolve(undefined));
          });
        } finally {
          one.close();
        }
      };
      const [old, fresh] = [{ maxVersion: "TLSv1.2" }, { minVersion: "TLSv1.3" }] as const;
      const suite = "TLS_CHACHA20_POLY1305_SHA256";
      const cipher = "ECDHE-ECDSA-AES128-GCM-SHA256";
      expect(await spoken({ cipherSuites: suite }, {})).toBe(`TLSv1.3 ${suite}`);
      expect(await spoken({ cipherSuites: suite }, old)).toMatch(/^TLSv1.2 /);
      expect(await spoken({ ciphers: cipher }, old)).toBe(`TLSv1.2 ${cipher}`);
      expect(await spoken({ ciphers: cipher }, {})).toMatch(/^TLSv1.3 /);
      expect(await spoken({ protocols: "TLSv1.2" }, fresh)).toBeUndefined();
      expect(await spoken({ protocols: "TLSv1.3" }, old)).toBeUndefined();
      expect(await spoken({ protocols: "TLSv1.3" }, fresh)).toMatch(/^TLSv1.3 /);
    });

    it("names the host that it connects to", async () => {
      const [key, cert] = [readFileSync(path("server.key")), readFileSync(path("server.pem"))];
      const named: (string | false | null)[] = [];
      const peer = createTlsServer({ key, cert }, (socket) => {
        named.push(socket.servername);
        socket.destroy();
      });
      await new Promise<void>((resolve) => peer.listen(0, "127.0.0.1", () => resolve()));
      const { port: at } = peer.address() as AddressInfo;
      const files = { privateKey: path("client.key"), certificate: path("client.pem"), caCertificate: path("ca.pem") };
      const one = new DatabaseServer(createNodeHost({ lock: lockRecord }), recordingLog(), {
        runDirectory: directory,
        tls: files,
        columnDiffs: true,
      });
      try {
        await one.addRemote(`ssl:localhost:${at}`);
        await eventually(() => named.length > 0, "a connection");
        await one.removeRemote(`ssl:localhost:${at}`);
        await one.addRemote(`ssl:127.0.0.1:${at}`);
        await eventually(() => named.includes(false), "a connection to an address, which has no name");
        expect(new Set(named)).toEqual(new Set(["localhost", false]));
      } finally {
        one.close();
        peer.close();
      }
    });

    it("learns its CA from the first client that sends one, and serves nobody before", async () => {
      const host = createNodeHost({ lock: lockRecord });
      const log = recordingLog();
      const tls = {
        privateKey: path("server.key"),
        certificate: path("server.pem"),
        caCertificate: path("learned.pem"),
        bootstrap: true,
      };
      const fresh = new DatabaseServer(host, log, { runDirectory: directory, tls, columnDiffs: true });
      await fresh.addRemote(`pssl:0:127.0.0.1`);
      const first = /listening on port (\d+)/.exec(log.lines.join("\n"))![1]!;
      await fresh.removeRemote("pssl:0:127.0.0.1");
      await fresh.addRemote(`pssl:${first}:127.0.0.1`);
      const pem = (name: string): string => readFileSync(path(`${name}.pem`), "utf8");
      /** What the server answers; the empty text where it drops the connection. */
      const ask = (certificates: string): Promise<string> =>
        new Promise((resolve) => {
          let said = "";
          const key = readFileSync(path("client.key"));
          const socket = connectTls({
            port: Number(first),
            host: "127.0.0.1",
            key,
            cert: certificates,
            rejectUnauthorized: false,
          });
          socket.on("data", (bytes: Buffer) => {
            said += bytes.toString();
            socket.end();
          });
          socket.on("error", () => {});
          socket.on("close", () => resolve(said));
          socket.write('{"method":"list_dbs","params":[],"id":1}');
        });
      expect(await ask(pem("client"))).toBe("");
      expect(existsSync(path("learned.pem"))).toBe(false);
      expect(await ask(pem("client") + pem("ca"))).toBe("");
      expect(readFileSync(path("learned.pem"), "utf8").trim()).toBe(pem("ca").trim());
      // The listener comes back with the CA at once, or a moment later.
      let answer = "";
      for (let i = 0; i < 50 && answer === ""; i++) answer = await ask(pem("client"));
      expect(answer).toContain('"_Server"');
      expect(log.lines).toContain(`stream_ssl|INFO|successfully bootstrapped CA cert to ${path("learned.pem")}`);
      fresh.close();
    });
  },
);

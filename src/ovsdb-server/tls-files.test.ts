import { describe, expect, it } from "vitest";
import { FakeFiles } from "#host/fake/files.js";
import { TlsFiles, type TlsOptions } from "./tls-files.js";

const given = { privateKey: "/key", certificate: "/cert", caCertificate: "/ca" };

function open(options: TlsOptions, ...present: string[]): { tls: TlsFiles; learned: string[]; files: FakeFiles } {
  const files = new FakeFiles();
  for (const path of present) files.write(path, `PEM of ${path}\n`);
  const learned: string[] = [];
  const tls = new TlsFiles(
    files,
    options,
    () => undefined,
    (path) => learned.push(path),
  );
  return { tls, learned, files };
}

describe("keys and certificates", () => {
  it("are read from their files", () => {
    expect(open(given, "/key", "/cert", "/ca").tls.settings()).toEqual({
      privateKey: "PEM of /key\n",
      certificate: "PEM of /cert\n",
      caCertificate: "PEM of /ca\n",
    });
  });
  it.each([["/key"], ["/cert"], ["/ca"]])(
    "make TLS impossible where %s is missing: no peer goes unverified",
    (missing) => {
      const present = ["/key", "/cert", "/ca"].filter((path) => path !== missing);
      expect(open(given, ...present).tls.settings()).toBeUndefined();
    },
  );
  it("verify nobody only where the CA is `none`", () => {
    const { tls } = open({ ...given, caCertificate: "none" }, "/key", "/cert");
    expect(tls.settings()).toEqual({ privateKey: "PEM of /key\n", certificate: "PEM of /cert\n" });
    expect(open({ privateKey: "/key", certificate: "/cert" }, "/key", "/cert").tls.settings()).toBeUndefined();
  });
  it("send the peer's CA along", () => {
    const { tls } = open({ ...given, peerCaCertificate: "/more" }, "/key", "/cert", "/ca", "/more");
    expect(tls.settings()?.certificate).toBe("PEM of /cert\nPEM of /more\n");
  });
  it("keep the CA of the first peer where they shall be bootstrapped", () => {
    const { tls, learned, files } = open({ ...given, bootstrap: true }, "/key", "/cert");
    const settings = tls.settings();
    expect(settings?.caCertificate).toBeUndefined();
    settings?.bootstrapCa?.("PEM of the peer");
    settings?.bootstrapCa?.("PEM of another");
    expect(learned).toEqual(["/ca"]);
    expect(files.readText("/ca")).toBe("PEM of the peer");
    expect(tls.settings()).toEqual({
      privateKey: "PEM of /key\n",
      certificate: "PEM of /cert\n",
      caCertificate: "PEM of the peer",
    });
  });
  it("have changed where a file says something else, once", () => {
    const { tls, files } = open(given, "/key", "/cert", "/ca");
    expect([tls.changed(), open({}).tls.used, tls.used]).toEqual([false, false, true]);
    files.write("/cert", "PEM of a newer one\n");
    expect([tls.changed(), tls.changed()]).toEqual([true, false]);
    files.remove("/ca");
    expect(tls.changed()).toBe(true);
  });
  it("may name a column of a database that is not served yet", () => {
    const { tls } = open({ privateKey: "db:S,T,c" });
    expect(tls.settings()).toBeUndefined();
    expect(tls.references()).toEqual(["db:S,T,c"]);
    expect(() => tls.check()).toThrow('"db:S,T,c": no database named S\n');
  });
});

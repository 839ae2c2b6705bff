import { describe, expect, it } from "vitest";
import { createFakeHost } from "#host/fake/host.js";
import { below, directories, resolveStreamName } from "./dirs.js";
import { silentLog } from "./logger.js";
import { readPidfile } from "./pidfile.js";

describe("directories", () => {
  it("are upstream's unless the environment says otherwise", () => {
    expect({ ...directories(createFakeHost().process) }).toEqual({
      run: "/var/run/openvswitch",
      log: "/var/log/openvswitch",
      db: "/etc/openvswitch",
      sysconf: "/etc",
      pkgdata: "/opt/weft/share/openvswitch",
    });
    const env = { OVS_RUNDIR: "/r", OVS_LOGDIR: "/l", OVS_SYSCONFDIR: "/s", OVS_PKGDATADIR: "/p" };
    expect({ ...directories(createFakeHost(env).process) }).toEqual({
      run: "/r",
      log: "/l",
      db: "/s/openvswitch",
      sysconf: "/s",
      pkgdata: "/p",
    });
    expect(directories(createFakeHost({ OVS_RUNDIR: "", OVS_DBDIR: "/d" }).process)).toMatchObject({
      run: "/var/run/openvswitch",
      db: "/d",
    });
  });

  it("hold what has a relative name", () => {
    expect(below("/r", "x")).toBe("/r/x");
    expect(below("/r", "/x")).toBe("/x");
    expect(resolveStreamName("punix:db.sock", "/r")).toBe("punix:/r/db.sock");
    expect(resolveStreamName("unix:/db.sock", "/r")).toBe("unix:/db.sock");
    expect(resolveStreamName("tcp:1.2.3.4:5", "/r")).toBe("tcp:1.2.3.4:5");
  });
});

describe("readPidfile", () => {
  it("believes a pidfile only that its daemon holds", () => {
    const host = createFakeHost();
    const read = () => readPidfile(host, silentLog, "/tmp/x.pid");
    expect(read).toThrow(expect.objectContaining({ code: "ENOENT" }));
    host.files.write("/tmp/x.pid", "77\n");
    expect(read).toThrow(expect.objectContaining({ code: "ESRCH" }));
    host.files.lockElsewhere("/tmp/x.pid", 77);
    expect(read()).toBe(77);
    host.files.lockElsewhere("/tmp/x.pid", 78);
    expect(read).toThrow(expect.objectContaining({ code: "ESRCH" }));
  });
});

import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type BuiltProgram, buildProgram } from "../support/built-program.js";
import { describeWith, program } from "../support/needs.js";

const run = promisify(execFile);
const schema =
  '{"name":"S","version":"1.0.0","tables":{"T":{"columns":{"i":{"type":"integer"},"set":{"type":{"key":"string","min":0,"max":"unlimited"}},"passing":{"type":"string","ephemeral":true}},"indexes":[["i"]],"isRoot":true}}}';

describeWith(
  [program("/usr/sbin/ovsdb-server", "openvswitch-switch"), program("/usr/bin/ovsdb-client", "openvswitch-common")],
  "files of the installed ovsdb-server and ours",
  () => {
    let built: BuiltProgram;
    let directory: string;
    beforeAll(async () => {
      built = await buildProgram("ovsdb-server");
      directory = mkdtempSync(join(tmpdir(), "weft-files-"));
      writeFileSync(join(directory, "schema"), schema);
    });
    afterAll(() => {
      built?.remove();
      rmSync(directory, { recursive: true, force: true });
    });

    const real: readonly string[] = ["/usr/sbin/ovsdb-server"];
    const ours = (): readonly string[] => [process.execPath, built.file];

    /** Serves a file while transactions are sent one after the other; gives their replies and what the server logged. */
    async function serve(
      server: readonly string[],
      file: string,
      ...transactions: string[]
    ): Promise<{ replies: string[]; log: string[] }> {
      const client = transactions.map((t) => `ovsdb-client transact unix:sock '["S",${t}]'`).join(" && ");
      const [command = "", ...args] = server;
      const all = [
        ...args,
        file,
        "--remote=punix:sock",
        "--unixctl=none",
        "-vsyslog:off",
        "-vPATTERN:console:%c|%p|%m",
        `--run=${client}`,
      ];
      const env = { ...process.env, OVS_RUNDIR: directory };
      const { stdout, stderr } = await run(command, all, { cwd: directory, env });
      return {
        replies: stdout.trim().split("\n"),
        log: [...new Set(stderr.split("\n").filter((line) => line.includes("|ERR|")))],
      };
    }
    const create = (file: string): void => {
      execFileSync("/usr/bin/ovsdb-tool", ["create", file, "schema"], { cwd: directory });
    };
    const insert = (i: number): string =>
      `{"op":"insert","table":"T","row":{"i":${i},"set":["set",["a","b${i}"]],"passing":"gone"}}`;
    const change = (i: number): string =>
      `{"op":"mutate","table":"T","where":[["i","==",${i}]],"mutations":[["set","insert","c"],["set","delete","a"]]},{"op":"commit","durable":true}`;
    const select = '{"op":"select","table":"T","where":[["i",">=",0]],"columns":["i","set","passing"]}';
    const rows = ({ replies }: { replies: string[] }): unknown[] =>
      (JSON.parse(replies.at(-1)!) as [{ rows: { i: number }[] }])[0].rows.sort((a, b) => a.i - b.i);

    it("go from one to the other and back", async () => {
      for (const [first, second] of [
        [real, ours()],
        [ours(), real],
      ] as const) {
        const file = first === real ? "from-real" : "from-ours";
        create(file);
        await serve(first, file, insert(1), insert(2), change(1));
        const wanted = [
          { i: 1, set: ["set", ["b1", "c"]], passing: "" },
          { i: 2, set: ["set", ["a", "b2"]], passing: "" },
        ];
        expect(rows(await serve(second, file, select))).toEqual(wanted);
        await serve(second, file, change(2), insert(3));
        expect(rows(await serve(first, file, select))).toEqual([
          wanted[0],
          { i: 2, set: ["set", ["b2", "c"]], passing: "" },
          { i: 3, set: ["set", ["a", "b3"]], passing: "" },
        ]);
      }
    });

    it("with a damaged end are read as far, reported and mended alike", async () => {
      create("sound");
      await serve(real, "sound", insert(1), insert(2), change(2));
      const size = readFileSync(join(directory, "sound")).length;
      const damage: Readonly<Record<string, (path: string) => void>> = {
        cut: (path) => truncateSync(path, size - 7),
        header: (path) => truncateSync(path, size - 150),
        zeros: (path) => writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(512)])),
        flipped: (path) => {
          const bytes = readFileSync(path);
          bytes[size - 20]! ^= 1;
          writeFileSync(path, bytes);
        },
        hash: (path) => {
          const sound = readFileSync(path, "utf8");
          const again = sound.slice(sound.lastIndexOf("OVSDB JSON"));
          writeFileSync(path, sound + again.replace(/^OVSDB JSON (\d+) .{4}/, "OVSDB JSON $1 0000"));
        },
        gone: (path) => {
          // Sound in form, but it deletes a row that is not there.
          const body = '{"T":{"11111111-2222-4333-8444-555555555555":null}}\n';
          const sha1 = createHash("sha1").update(body).digest("hex");
          appendFileSync(path, `OVSDB JSON ${body.length} ${sha1}\n${body}`);
        },
      };
      for (const [name, spoil] of Object.entries(damage)) {
        const files = [`${name}-real`, `${name}-ours`] as const;
        for (const file of files) {
          copyFileSync(join(directory, "sound"), join(directory, file));
          spoil(join(directory, file));
        }
        const tidy = (log: string[]): string[] => log.map((line) => line.replaceAll(/-(real|ours)/g, ""));
        const [theirs, mine] = [
          await serve(real, files[0], select, insert(9), select),
          await serve(ours(), files[1], select, insert(9), select),
        ];
        expect(tidy(mine.log), name).toEqual(tidy(theirs.log));
        expect(mine.log.length, name).toBeGreaterThan(0);
        expect(rows(mine), name).toEqual(rows(theirs));
        // Each reads what the other has mended.
        const kept = rows(theirs).map((row) => ({ ...(row as object), passing: "" }));
        expect(rows(await serve(ours(), files[0], select)), name).toEqual(kept);
        expect(rows(await serve(real, files[1], select)), name).toEqual(kept);
      }
    });
  },
);

import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type BuiltProgram, buildProgram } from "../support/built-program.js";
import { describeWith, program } from "../support/needs.js";
import { Dice } from "../support/ovsdb-random.js";
import { RawClient } from "../support/ovsdb-raw-client.js";
import { createDatabase } from "../support/ovsdb-servers.js";
import {
  halves,
  Ledger,
  readContents,
  recordEnds,
  startAndTell,
  TortureServer,
  tortureSchema,
} from "../support/ovsdb-torture.js";

/** The whole is `WEFT_ROUNDS=500`. */
const rounds = Number(process.env["WEFT_ROUNDS"] ?? 18);
const seed = Number(process.env["WEFT_SEED"] ?? 1);
const clients = 4;
/** A file lives for so many rounds, so that it stays small enough to be looked at often. */
const roundsPerFile = 6;

describeWith(
  [program("/usr/sbin/ovsdb-server", "openvswitch-switch"), program("/usr/bin/ovsdb-client", "openvswitch-common")],
  "crash torture",
  () => {
    let built: BuiltProgram;
    let directory: string;
    let running: TortureServer | undefined;
    const dice = new Dice(seed);
    const tally = { acknowledged: 0, truncated: 0, flipped: 0, refused: 0, recovered: 0 };

    beforeAll(async () => {
      built = await buildProgram("ovsdb-server");
      directory = mkdtempSync(join(tmpdir(), "ovss-torture-"));
    });
    afterAll(async () => {
      await running?.kill();
      built?.remove();
      rmSync(directory, { recursive: true, force: true });
    });

    it(`loses nothing of what was acknowledged (${rounds} rounds, seed ${seed})`, {
      timeout: rounds * 5000,
    }, async () => {
      const file = join(directory, "db");
      let ledger = new Ledger();
      for (let round = 0; round < rounds; round++) {
        if (round % roundsPerFile === 0) {
          rmSync(file, { force: true });
          createDatabase(file, tortureSchema);
          ledger = new Ledger();
        }
        const before = ledger.acknowledged;
        await loadAndKill(file, ledger);
        tally.acknowledged += ledger.acknowledged - before;
        const contents = readContents(file);
        expect([round, ledger.faults(contents)]).toEqual([round, []]);
        await damage(file, round);
      }
      console.log(`torture: ${rounds} rounds, ${JSON.stringify(tally)}`);
      expect(tally.acknowledged).toBeGreaterThan(rounds * 5);
      expect(tally.truncated * tally.flipped).toBeGreaterThan(0);
    });

    /** Several clients write; the server may be compacting when it is killed. */
    async function loadAndKill(file: string, ledger: Ledger): Promise<void> {
      const server = new TortureServer([process.execPath, built.file], directory, file);
      running = server;
      const first = await server.connect();
      await Ledger.begin(first);
      const others = await Promise.all(Array.from({ length: clients - 1 }, () => server.connect()));
      const writing = [first, ...others].map((client) => ledger.write(client, dice));
      const compact = dice.below(3) === 0 ? await RawClient.open(server.control) : undefined;
      const life = 10 + dice.below(120);
      if (compact) setTimeout(() => void compact.call("ovsdb-server/compact", []), dice.below(life));
      await new Promise((resolve) => setTimeout(resolve, life));
      await server.kill();
      running = undefined;
      await Promise.all(writing);
      compact?.close();
    }

    /** Cuts a copy of the file off, or flips a bit of it: what is left is a prefix of the commits, the same for both servers. */
    async function damage(file: string, round: number): Promise<void> {
      const ends = recordEnds(file);
      const whole = statSync(file).size;
      const at = dice.below(whole);
      const flip = dice.below(2) === 0;
      const [mine, theirs] = ["mine", "theirs"].map((name) => {
        // The same name in another directory, so that messages are the same.
        const copy = join(mkdtempSync(join(directory, `${name}-`)), "damaged");
        copyFileSync(file, copy);
        if (flip) flipBit(copy, at, dice);
        else truncateSync(copy, at);
        return copy;
      }) as [string, string];
      // The bit is chosen once.
      copyFileSync(mine, theirs);
      const where = `round ${round}: ${flip ? "flipped" : "cut"} at ${at} of ${whole}`;
      const ours = await startAndTell([process.execPath, built.file], join(mine, ".."), mine);
      const real = await startAndTell(["/usr/sbin/ovsdb-server"], join(theirs, ".."), theirs);
      const plain = (text: string): string =>
        text.replaceAll(join(mine, ".."), "DIR").replaceAll(join(theirs, ".."), "DIR");
      expect([where, ours.rows]).toEqual([where, real.rows]);
      // 3.1.0 reads on, and says the same again, each time it wakes.
      const distinct = (said: readonly string[]): string[] => [...new Set(said.map(plain))];
      expect([where, distinct(ours.said)]).toEqual([where, distinct(real.said)]);
      tally[flip ? "flipped" : "truncated"]++;
      if (ours.rows === undefined) tally.refused++;
      else {
        tally.recovered++;
        const left = readContents(mine);
        expect([where, halves(left), left.sum]).toEqual([where, [], 0]);
        // Exactly the commits before the damage; a flipped bit may have done no harm.
        const sound = ends.filter((end) => end <= at).length;
        if (left.damage !== undefined) expect([where, left.records]).toEqual([where, sound - 1]);
        const prefix = join(mine, "..", "prefix");
        copyFileSync(file, prefix);
        truncateSync(prefix, ends[left.records]!);
        expect([where, left.text === readContents(prefix).text]).toEqual([where, true]);
      }
      for (const copy of [mine, theirs]) rmSync(join(copy, ".."), { recursive: true, force: true });
    }
  },
);

function flipBit(file: string, at: number, dice: Dice): void {
  const bytes = readFileSync(file);
  bytes[at] = bytes[at]! ^ (1 << dice.below(8));
  writeFileSync(file, bytes, { mode: statSync(file).mode });
}

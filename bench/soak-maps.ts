import { readdirSync, readFileSync } from "node:fs";

/** One look: MiB that the kernel has locked for a process's maps, and how many maps there are. */
interface MapSample {
  readonly locked: number;
  readonly maps: number;
}

/** Looks every ten seconds at the BPF maps that a process has open; hash maps that are not made beforehand count what is in them. */
export class MapWatch {
  readonly #samples: MapSample[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #pid: number;

  constructor(pid: number) {
    this.#pid = pid;
    this.#look();
    this.#timer = setInterval(() => this.#look(), 10_000);
  }

  #look(): void {
    const directory = `/proc/${this.#pid}/fdinfo`;
    const locked = new Map<string, number>();
    for (const fd of readdirSync(directory)) {
      try {
        const text = readFileSync(`${directory}/${fd}`, "latin1");
        const id = /^map_id:\s*(\d+)/m.exec(text)?.[1];
        if (id !== undefined) locked.set(id, Number(/^memlock:\s*(\d+)/m.exec(text)?.[1] ?? 0));
      } catch {
        // It has been closed meanwhile.
      }
    }
    const sum = [...locked.values()].reduce((a, b) => a + b, 0);
    this.#samples.push({ locked: sum / 2 ** 20, maps: locked.size });
  }

  /** What it was at the beginning, at the end, and between. */
  report(): string[] {
    this.#look();
    const values = this.#samples.map(({ locked }) => locked);
    const figures = `${values[0]!.toFixed(2)} MiB at first, ${values.at(-1)!.toFixed(2)} at last, lowest ${Math.min(...values).toFixed(2)}, highest ${Math.max(...values).toFixed(2)}`;
    return [`  maps      ${figures}; ${this.#samples[0]!.maps} maps at first, ${this.#samples.at(-1)!.maps} at last`];
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

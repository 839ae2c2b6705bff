import { type ChildProcess, spawn } from "node:child_process";

/** Ends what a command printed; the exit status follows, and another. */
const MARK = "\u001e";

/** One shell that runs commands one after the other: starting programs from it takes a fraction of what Node needs. */
export class Shell {
  readonly #child: ChildProcess;
  #text = "";
  #waiting: ((text: string) => void) | undefined;

  constructor(env: NodeJS.ProcessEnv, cwd: string) {
    this.#child = spawn("sh", [], { env, cwd, stdio: ["pipe", "pipe", "inherit"] });
    this.#child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      this.#text += text;
      const end = this.#text.indexOf(MARK, this.#text.indexOf(MARK) + 1);
      if (end < 0) return;
      const all = this.#text.slice(0, end);
      this.#text = this.#text.slice(end + 1);
      this.#waiting?.(all);
    });
  }

  /** Runs a command; gives what it printed, errors among it, and its status where that is not 0. */
  async run(words: readonly string[], stdin?: string): Promise<string> {
    const command = words.map(quoted).join(" ");
    const input = stdin === undefined ? "</dev/null" : `<<'${MARK}'\n${stdin}\n${MARK}`;
    const printed = await this.script(`${command} 2>&1 ${input}`);
    return printed;
  }

  /** As `run`, of any shell script. */
  script(script: string): Promise<string> {
    return new Promise((resolve) => {
      this.#waiting = (all) => {
        const [text = "", status = ""] = all.split(MARK);
        resolve(status === "0" ? text : `${text}(${status})\n`);
      };
      this.#child.stdin!.write(`${script}\nprintf '\\036%d\\036' $?\n`);
    });
  }

  close(): void {
    this.#child.kill("SIGKILL");
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

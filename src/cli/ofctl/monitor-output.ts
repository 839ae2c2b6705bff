import type { AppctlCommand } from "#runtime/command.js";
import { errnoText } from "#util/errno.js";
import { HostError, UserError } from "#util/errors.js";
import { strftime } from "#util/strftime.js";
import type { OfctlContext } from "./ofctl-command.js";

/** Where `monitor` and `snoop` write: standard error, or the file that `ofctl/set-output-file` names. */
export class MonitorOutput {
  readonly #context: OfctlContext;
  #file: string | undefined;

  constructor(context: OfctlContext) {
    this.#context = context;
  }

  /** Writes a text that ends with a line end, as it is. */
  write(text: string): void {
    const { io } = this.#context;
    if (this.#file === undefined) io.stderr(text);
    else {
      const file = io.host.files.openAppend(this.#file, { create: true, exclusive: false });
      file.append(new TextEncoder().encode(text));
      file.close();
    }
  }

  /** As `write`, with the time before it where `--timestamp` asks for it. */
  writeStamped(text: string): void {
    const { settings, io } = this.#context;
    this.write(settings.timestamp ? `${formatTime(io.host.clock.wall())}: ${text}` : text);
  }

  /** `ofctl/set-output-file`. */
  get command(): AppctlCommand {
    return {
      name: "ofctl/set-output-file",
      usage: "FILE",
      minArgs: 1,
      maxArgs: 1,
      run: ([name = ""]) => {
        const path = this.#context.absolute(name);
        try {
          this.#context.io.host.files.write(path, "");
        } catch (error) {
          if (!(error instanceof HostError)) throw error;
          throw new UserError(errnoText(error.code));
        }
        this.#file = path;
        return "";
      },
      text: () => "",
    };
  }
}

/** `2024-01-31 23:59:59.999`, UTC. */
function formatTime(wall: number): string {
  const milliseconds = String(Math.floor(wall) % 1000).padStart(3, "0");
  return `${strftime("%Y-%m-%d %H:%M:%S", wall, true)}.${milliseconds}`;
}

import { FlowPrinter } from "#openflow/templates/flow-printer.js";
import { OutputBuffer } from "#openflow/templates/output-buffer.js";
import type { OfctlContext } from "./ofctl-command.js";
import { messageText } from "./print-message.js";

/** So much text is written at once. */
const CHUNK = 1 << 16;
/** From this verbosity on, messages say more than usual. */
const VERBOSE = 3;

/** Writes messages to standard output that may be very many: flows among them that look alike are printed faster. `flush` ends it. */
export class MessagePrinter {
  readonly #context: OfctlContext;
  readonly #verbosity: number;
  readonly #flows: FlowPrinter | undefined;
  readonly #out = new OutputBuffer(2 * CHUNK);

  constructor(context: OfctlContext, verbosity: number) {
    this.#context = context;
    this.#verbosity = verbosity;
    if (!context.settings.json && verbosity < VERBOSE) this.#flows = new FlowPrinter();
  }

  /** One message, from `start` to `end` of these bytes. */
  print(bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    if (this.#flows?.print(bytes, start, end, this.#out) !== true) {
      // What is complained of meanwhile comes behind what was printed before.
      this.flush();
      this.#context.io.stdout(messageText(bytes.slice(start, end), this.#context, this.#verbosity));
    } else if (this.#out.length >= CHUNK) this.flush();
  }

  flush(): void {
    if (this.#out.length > 0) this.#context.io.stdout(this.#out.take());
  }
}

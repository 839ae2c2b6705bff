import { formatMessageBytes } from "#openflow/messages/print.js";
import { FlowPrinter } from "#openflow/templates/flow-printer.js";
import { OutputBuffer } from "#openflow/templates/output-buffer.js";
import { complaints } from "./complaints.js";
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
  /** Text without colours. */
  readonly #isPlain: boolean;
  readonly #flows: FlowPrinter | undefined;
  readonly #out = new OutputBuffer(2 * CHUNK);
  readonly #warn: (module: string, text: string) => void;

  constructor(context: OfctlContext, verbosity: number) {
    this.#context = context;
    this.#verbosity = verbosity;
    this.#isPlain = !context.settings.json && context.palette === undefined;
    if (verbosity < VERBOSE) this.#flows = new FlowPrinter();
    const complain = complaints(context);
    this.#warn = (module, text) => {
      // What is complained of comes behind what was printed before.
      this.flush();
      complain(module, text);
    };
  }

  /** One message, from `start` to `end` of these bytes. */
  print(bytes: Uint8Array, start = 0, end: number = bytes.length): void {
    if (!this.#isPlain) {
      this.#context.io.stdout(messageText(bytes.slice(start, end), this.#context, this.#verbosity));
      return;
    }
    if (this.#flows?.print(bytes, start, end, this.#out) !== true) {
      const options = { verbosity: this.#verbosity, warn: this.#warn };
      this.#out.utf8(formatMessageBytes(bytes.slice(start, end), options));
    }
    if (this.#out.length >= CHUNK) this.flush();
  }

  flush(): void {
    const { bytes, length } = this.#out;
    this.#out.length = 0;
    if (length > 0) this.#context.io.host.process.stdoutBytes(bytes.subarray(0, length));
  }
}

import { main } from "#cli/vsctl/main.js";
import { createNodeHost } from "#host/node/host.js";

const host = createNodeHost();
const { process: self } = host;

void main(process.argv.slice(2), {
  host,
  stdout: (text) => self.stdout(text),
  stderr: (text) => self.stderr(text),
  get stdoutIsTerminal() {
    return self.stdoutIsTerminal;
  },
  stdin: () => self.readStdin(),
}).then((status) => process.exit(status));

import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWith, program, root } from "../support/needs.js";
import { needsRealPrograms, ourPrograms, realPrograms, SwitchStack } from "../support/switch-stack.js";

const openssl = "/usr/bin/openssl";
const ofctl = "/usr/bin/ovs-ofctl";

describeWith([root, needsRealPrograms, program(openssl, "openssl")], "a bridge that listens with TLS", () => {
  let stack: SwitchStack;
  const at = (name: string): string => stack.path(name);

  beforeAll(async () => {
    const switchOptions = ["--enable-dummy", "--disable-system"];
    stack = await SwitchStack.start({ ...realPrograms, vswitchd: ourPrograms.vswitchd }, { switchOptions });
    for (const name of ["one", "two", "other"]) {
      const files = ["-keyout", at(`${name}.key`), "-out", at(`${name}.pem`)];
      const args = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", `/CN=${name}`, ...files];
      execFileSync(openssl, args, { stdio: "ignore" });
    }
    const vsctl = (line: string): Promise<string> => stack.must(stack.programs.vsctl, ...line.split(" "));
    await vsctl("add-br br0 -- set bridge br0 datapath_type=dummy fail_mode=secure");
    await vsctl(`set-ssl ${at("one.key")} ${at("one.pem")} ${at("two.pem")}`);
    await vsctl("set-controller br0 pssl:16653:127.0.0.1");
  });
  afterAll(() => stack?.close());

  const asks = async (who: string, trusts: string): Promise<number | string> => {
    const keys = ["-p", at(`${who}.key`), "-c", at(`${who}.pem`), "-C", at(`${trusts}.pem`)];
    return (await stack.run(ofctl, "--timeout=10", ...keys, "show", "ssl:127.0.0.1:16653")).status;
  };

  it("serves whom the database's certificate authority knows, and those of the next where it changes", async () => {
    expect(await asks("two", "one")).toBe(0);
    expect(await asks("other", "one")).not.toBe(0);
    expect(await asks("two", "other")).not.toBe(0);
    const keys = `set-ssl ${at("two.key")} ${at("two.pem")} ${at("one.pem")}`;
    await stack.must(stack.programs.vsctl, ...keys.split(" "));
    expect(await asks("one", "two")).toBe(0);
    expect(await asks("two", "one")).not.toBe(0);
  });
});

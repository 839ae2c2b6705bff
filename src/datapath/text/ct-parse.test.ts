import { describe, expect, it } from "vitest";
import { parseDatapathActions } from "./action-parse.js";
import { formatDatapathActions } from "./action-text.js";

/** What `dpctl/parse-actions` of Open vSwitch 3.1 answered; undefined where it refused. */
const answered: readonly (readonly [given: string, answer: string | undefined])[] = [
  ["ct", "ct"],
  ["ct()", "ct"],
  ["ct(commit,force)", undefined],
  ["ct(force_commit)", "ct(force_commit)"],
  ["ct(commit,zone=5,mark=1/0xff,label=0x5/0xff)", "ct(commit,zone=5,mark=0x1/0xff,label=0x5/0xff)"],
  ["ct(commit,label=0x1/0xffffffffffffffffffffffffffffffff)", "ct(commit,label=0x1)"],
  ["ct(commit,mark=5)", "ct(commit,mark=0x5/0xffffffff)"],
  ["ct(commit,mark=5/0)", "ct(commit)"],
  ["ct(mark=5/5)", "ct(mark=0x5/0x5)"],
  ["ct(commit,mark=5,mark=6)", "ct(commit,mark=0x6/0xffffffff)"],
  ["ct(commit,zone=65536)", "ct(commit)"],
  ["ct(zone=0)", "ct"],
  ["ct(commit,helper=ftp)", "ct(commit,helper=ftp)"],
  ["ct(helper=tftp)", "ct(helper=tftp)"],
  ["ct(commit,timeout=ovs_tp_0_tcp4)", "ct(commit,timeout=ovs_tp_0_tcp4)"],
  ["ct(commit,timeout=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa)", undefined],
  ["ct(nat,commit)", "ct(commit,nat)"],
  ["ct(commit,nat(hash))", "ct(commit,nat)"],
  ["ct(commit,nat(src))", "ct(commit,nat(src))"],
  ["ct(commit,nat(src=10.0.0.1-10.0.0.9:100-200))", "ct(commit,nat(src=10.0.0.1-10.0.0.9:100-200))"],
  ["ct(commit,nat(dst=10.0.0.1:100-100))", "ct(commit,nat(dst=10.0.0.1:100))"],
  ["ct(commit,nat(dst=10.0.0.1-10.0.0.1))", "ct(commit,nat(dst=10.0.0.1))"],
  ["ct(commit,nat(src=10.0.0.1:0-5))", "ct(commit,nat(src=10.0.0.1))"],
  ["ct(commit,nat(src=0.0.0.0))", "ct(commit,nat(src=0.0.0.0))"],
  ["ct(commit,nat(src=10.0.0.1,persistent,hash))", "ct(commit,nat(src=10.0.0.1,persistent,hash))"],
  ["ct(commit,nat(dst=fe80::1-fe80::5,hash,persistent))", "ct(commit,nat(dst=fe80::1-fe80::5,persistent,hash))"],
  ["ct(commit,nat(src=[fe80::1]-[fe80::5]:5-6))", "ct(commit,nat(src=[fe80::1]-[fe80::5]:5-6))"],
  ["ct(commit,nat(src=10.0.0.1),nat(dst=10.0.0.1))", "ct(commit,nat(dst=10.0.0.1))"],
  ["ct(commit,nat(src=10.0.0.9-10.0.0.1))", undefined],
  ["ct(commit,nat(src=10.0.0.1:200-100))", undefined],
  ["ct(commit,nat(src=10.0.0.1,hash,random))", undefined],
  ["ct(commit,nat(src=:100-200))", undefined],
  ["ct(bogus)", undefined],
  ["ct( commit , zone=3 )", undefined],
  ["ct(zone=1)5", undefined],
  ["ct_clear,ct,5", "ct_clear,ct,5"],
];

describe("ct as text", () => {
  it.each(answered)("%s", (given, answer) => {
    if (answer === undefined) expect(() => parseDatapathActions(given)).toThrow("Invalid argument");
    else expect(formatDatapathActions(parseDatapathActions(given))).toBe(answer);
  });
});

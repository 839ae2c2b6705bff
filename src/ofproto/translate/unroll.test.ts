import { expect, it } from "vitest";
import { parseActions } from "#openflow/actions/parse.js";
import { formatUnrolled, unroll } from "./unroll.js";

const step = (table: number, cookie: bigint, text: string): Parameters<typeof unroll>[0][number] => ({
  table,
  cookie,
  actions: parseActions(text, {}),
});

it("a flow's table and cookie come before the first of its actions that may tell of them", () => {
  const text = (...steps: Parameters<typeof unroll>[0]): string => formatUnrolled(unroll(steps));
  expect(text(step(4, 5n, "resubmit(,5),set_field:9->reg2,controller"), step(0, 7n, "output:3"))).toBe(
    "resubmit(,5),set_field:0x9->reg2,unroll_xlate(table=4, cookie=5),CONTROLLER:65535,unroll_xlate(table=0, cookie=7),output:3",
  );
  expect(text(step(1, 2n, "dec_ttl,output:1,controller"))).toBe(
    "unroll_xlate(table=1, cookie=2),dec_ttl,output:1,CONTROLLER:65535",
  );
  expect(text(step(1, 2n, "resubmit(2,)"), step(2, 2n, "ct(table=3)"))).toBe(
    "unroll_xlate(table=1, cookie=2),resubmit:2,ct(table=3)",
  );
  expect(text()).toBe("");
});

import { describe, expect, it } from "vitest";
import { newMatch } from "#flow/match.js";
import { parseActions } from "#openflow/actions/parse.js";
import { Learners } from "./learners.js";
import { Rule } from "./tables/rule.js";

const rule = (actions: string): Rule =>
  new Rule({ tableId: 0, priority: 1, match: newMatch(), actions: parseActions(actions), now: 0 });
const teaches = (cookie: number): Rule => rule(`clone(learn(table=3,cookie=${cookie},delete_learned,in_port=1))`);
const none = { added: [], modified: [], removed: [] };
const told = (learners: Learners): string[] => learners.takeAbandoned().map((m) => `${m.table} ${m.cookie}`);

describe("flows that are learned", () => {
  it("go with the last that teaches them", () => {
    const learners = new Learners();
    const [first, second] = [teaches(5), teaches(5)];
    learners.changed({ ...none, added: [first, second, teaches(6)] });
    learners.changed({ ...none, removed: [{ rule: first, reason: "delete" }] });
    expect(told(learners)).toEqual([]);
    learners.changed({ ...none, modified: [{ before: second, after: rule("output:1"), byAddition: false }] });
    expect(told(learners)).toEqual(["3 5"]);
    expect(told(learners)).toEqual([]);
  });

  it("stay where what teaches them is replaced by its like", () => {
    const learners = new Learners();
    const first = teaches(5);
    learners.changed({ ...none, added: [first] });
    learners.changed({ ...none, modified: [{ before: first, after: teaches(5), byAddition: true }] });
    expect(told(learners)).toEqual([]);
  });

  it("stay where nobody says otherwise", () => {
    const learners = new Learners();
    const plain = rule("learn(table=3,cookie=5,in_port=1)");
    learners.changed({ ...none, added: [plain] });
    learners.changed({ ...none, removed: [{ rule: plain, reason: "idle_timeout" }] });
    expect(told(learners)).toEqual([]);
  });
});

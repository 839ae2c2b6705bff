import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../support/eventually.js";
import { describeWith, root } from "../support/needs.js";
import { osKen } from "../support/os-ken.js";
import { OsKenController } from "../support/os-ken-controller.js";
import { shellWords } from "../support/shell-words.js";
import { needsRealPrograms, ourPrograms, realPrograms, SwitchStack } from "../support/switch-stack.js";
import { osKenConversations } from "./openflow-controllers-conversations.js";
import { difference, logged, tidy } from "./openflow-controllers-tidy.js";

const PORT = 6653;
/** How long two switches may take until they have said the same, in milliseconds. */
const patience = 3000;
const switchOptions = ["--enable-dummy", "--disable-system"];
const protocols = ["10", "11", "12", "13", "14", "15"].map((v) => `OpenFlow${v}`).join(",");
const bridge = `add-br br0 -- set bridge br0 datapath_type=dummy fail_mode=secure protocols=${protocols} other_config:datapath-id=00000000000000b0 other_config:hwaddr=00:00:00:00:00:b0`;
const ports = [1, 2, 3].map((n) => `add-port br0 p${n} -- set interface p${n} type=dummy ofport_request=${n}`);

describeWith([root, needsRealPrograms, osKen], "os-ken's controllers on our switch, beside the installed one", () => {
  let stacks: readonly SwitchStack[];

  beforeAll(async () => {
    const start = (vswitchd: string): Promise<SwitchStack> =>
      SwitchStack.start({ ...realPrograms, vswitchd }, { switchOptions });
    stacks = await Promise.all([start(ourPrograms.vswitchd), start(realPrograms.vswitchd)]);
  });
  afterAll(async () => {
    await Promise.all((stacks ?? []).map((stack) => stack.close()));
  });

  for (const { name, version, learns, steps } of osKenConversations) {
    it(name, { timeout: 120_000 }, async () => {
      const controllers = await Promise.all(
        stacks.map(async (stack) => {
          const options = { version, port: PORT, ...(learns ? { learns } : {}) };
          return OsKenController.start((file, ...args) => stack.background(file, ...args), options);
        }),
      );
      try {
        await Promise.all(
          stacks.map((stack) =>
            stack.must(
              stack.programs.vsctl,
              ...[bridge, ...ports, `set-controller br0 tcp:127.0.0.1:${PORT} -- set controller br0 inactivity_probe=0`]
                .join(" -- ")
                .split(" "),
            ),
          ),
        );
        await Promise.all(controllers.map((c) => c.met()));
        let from = [0, 0];
        for (const step of ["", ...steps]) {
          await Promise.all(stacks.map((stack, i) => run(stack, controllers[i]!, step)));
          // Whether what a flow-mod leads to is told before or after a barrier behind it is a matter of moments upstream.
          const since = (): string[][] =>
            controllers.map((c, i) =>
              c.events
                .slice(from[i]!)
                .filter((e) => e.event !== "EventOFPBarrierReply")
                .map(tidy),
            );
          const isSame = (): boolean => {
            const [a, b] = since();
            return JSON.stringify(a) === JSON.stringify(b);
          };
          await eventually(isSame, "the same", patience).catch(() => {});
          const [ours, real] = since();
          expect(difference(ours!, real!), step).toBe("");
          from = controllers.map((c) => c.events.length);
        }
        // os-ken fails to read some of what the installed switch says, too.
        const [ours, real] = controllers.map((c) => logged(c.complaints));
        expect(ours).toEqual(real);
        expect(controllers.flatMap((c) => c.events.filter((e) => e.event === "complaint"))).toEqual([]);
      } finally {
        await Promise.all(controllers.map((c) => c.stop()));
        await Promise.all(stacks.map((stack) => stack.must(stack.programs.vsctl, "del-br", "br0")));
      }
    });
  }
});

/** A step is a packet (`in PORT FLOW`), a command (`vsctl …`, `appctl …`, `ofctl …`), or an expression for the controller. */
async function run(stack: SwitchStack, controller: OsKenController, step: string): Promise<void> {
  const [first = "", ...rest] = /^(in|vsctl|appctl|ofctl) /.test(step) ? shellWords(step) : [];
  if (first === "in") {
    await stack.appctl("netdev-dummy/receive", ...rest);
    // It comes up, and the controller hears of it and answers, beside what we do.
    for (let turn = 0; turn < 2; turn++) {
      await Promise.all(Array.from({ length: 12 }, () => stack.appctl("version")));
      await controller.say("[]");
    }
    // Of packets of one that the datapath knows, upstream does not say exactly by which flows they went when those change.
    await stack.appctl("revalidator/purge");
  } else if (first === "vsctl") await stack.vsctl(...rest);
  else if (first === "appctl") await stack.appctl(...rest);
  else if (first === "ofctl") await stack.must("/usr/bin/ovs-ofctl", ...rest);
  else if (step !== "") return controller.say(step);
  return controller.say("[]");
}

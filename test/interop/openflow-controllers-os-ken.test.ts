import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../support/eventually.js";
import { describeWith, root } from "../support/needs.js";
import { osKen } from "../support/os-ken.js";
import { OsKenController, type OsKenEvent } from "../support/os-ken-controller.js";
import { shellWords } from "../support/shell-words.js";
import { needsRealPrograms, ourPrograms, realPrograms, SwitchStack } from "../support/switch-stack.js";
import { osKenConversations } from "./openflow-controllers-conversations.js";

const PORT = 6653;
/** How long two switches may take until they have said the same, in milliseconds. */
const patience = 3000;
const switchOptions = ["--enable-dummy", "--disable-system"];
const protocols = ["10", "11", "12", "13", "14", "15"].map((v) => `OpenFlow${v}`).join(",");
const bridge = `add-br br0 -- set bridge br0 datapath_type=dummy fail_mode=secure protocols=${protocols} other_config:datapath-id=00000000000000b0 other_config:hwaddr=00:00:00:00:00:b0`;
const ports = [1, 2, 3].map((n) => `add-port br0 p${n} -- set interface p${n} type=dummy ofport_request=${n}`);

/** Takes what is a matter of moments from what os-ken read, and what the releases differ in. */
function tidy({ event, message }: OsKenEvent): string {
  return `${event} ${withoutMoments(JSON.stringify(sorted(message)))}`;
}

function withoutMoments(text: string): string {
  return text
    .replace(/"(duration_n?sec|generation_id)":\d+/g, '"$1":"<n>"')
    .replace(/("field":"(?:duration|idle_time)","value":)\[[\d,]+\]/g, '$1"<n>"')
    .replace(/("OFPFlowUpdateAbbrev":.*"xid":)\d+/g, '$1"<n>"')
    .replace(/"aa:55:aa:55:00:[0-9a-f]{2}"/g, '"<a dummy\'s address>"')
    .replace(/("data":"[0-9a-f]{8})[0-9a-f]{8}([0-9a-f]*","type")/, "$1<xid>$2")
    .replace(/"sw_desc":"[^"]*"/, '"sw_desc":"<release>"')
    .replace(/"band_types":\d+/, '"band_types":"<bands>"');
}

/** What os-ken logged, without what is random or differs in what it read (the bands of meters). */
function logged(complaints: string): string[] {
  const line = /xid \d+( buf(?: 0x\w\w){4})(?: 0x\w\w){4}((?: 0x\w\w){2}).*/;
  return complaints.split("\n").map((text) => text.replace(line, "<xid>$1 <xid>$2"));
}

/** What a reply lists has no order: that of hashes. */
function sorted(message: unknown): unknown {
  if (Array.isArray(message)) return message.map(sorted);
  if (typeof message !== "object" || message === null) return message;
  const entries = Object.entries(message).map(([key, value]) => [key, sorted(value)] as const);
  const text = (one: unknown): string => withoutMoments(JSON.stringify(one));
  return Object.fromEntries(
    entries.map(([key, value]) =>
      key === "body" && Array.isArray(value) ? [key, value.sort((a, b) => (text(a) < text(b) ? -1 : 1))] : [key, value],
    ),
  );
}

/** Where two lists of texts differ first, with what is around it. */
function difference(ours: readonly string[], real: readonly string[]): string {
  const [a, b] = [ours.join("\n"), real.join("\n")];
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  if (at === a.length && at === b.length) return "";
  const near = (text: string): string => text.slice(Math.max(0, at - 300), at + 200);
  return `ours: ${near(a)}\nreal: ${near(b)}`;
}

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

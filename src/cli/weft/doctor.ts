import { diagnose } from "#datapath/doctor/diagnosis.js";
import { formatDiagnosis } from "#datapath/doctor/diagnosis-text.js";
import type { HostAnswers } from "#host/host-answers.js";
import { formatJson } from "#util/json-text.js";

async function askHost(): Promise<HostAnswers> {
  let probe: typeof import("#host/linux/probe.js");
  try {
    probe = await import("#host/linux/probe.js");
  } catch (error) {
    const reason = `koffi cannot be loaded: ${(error as Error).message.split("\n")[0]}`;
    return { checks: new Map([["koffi", { works: false, reason }]]), features: new Map() };
  }
  return probe.askHost();
}

/** `weft doctor`: what this host can do, found out by trying; needs no daemon, and root only to tell more. The exit status is 0 where packets can be forwarded. */
export async function doctor(
  format: "text" | "json",
  print: (text: string) => void,
  ask: () => Promise<HostAnswers> = askHost,
): Promise<number> {
  const diagnosis = diagnose(await ask());
  print(format === "json" ? `${formatJson(diagnosis)}\n` : formatDiagnosis(diagnosis));
  return diagnosis.canForward ? 0 : 1;
}

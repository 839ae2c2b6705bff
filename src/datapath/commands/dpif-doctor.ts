import type { HostAnswers } from "#host/host-answers.js";
import type { AppctlCommand } from "#runtime/command.js";
import type { Datapaths } from "../datapaths.js";
import { type Diagnosis, diagnose } from "../doctor/diagnosis.js";
import { columns, formatDiagnosis } from "../doctor/diagnosis-text.js";
import { type EngineChoice, engineOf } from "../doctor/engine-of.js";
import { type PortWay, portWay } from "../doctor/port-way.js";

type DaemonDiagnosis = Diagnosis & {
  /** Of this daemon's datapaths. */
  readonly engines: readonly (EngineChoice & { readonly datapath: string })[];
  /** The ports of this daemon's datapaths. */
  readonly ports: readonly (PortWay & { readonly datapath: string; readonly name: string; readonly type: string })[];
};

function enginesText({ engines }: DaemonDiagnosis): string {
  if (engines.length === 0) return "";
  const rows = engines.map(({ datapath, engine, reason }) => [datapath, `${engine} engine`, reason]);
  return `Engines\n${columns(rows)
    .map((line) => line.trimEnd())
    .join("\n")}\n\n`;
}

function portsText({ ports }: DaemonDiagnosis): string {
  if (ports.length === 0) return "No ports.\n\n";
  const rows = ports.map(({ name, type, input, reason }) => [name, type, input, reason]);
  return `Ports\n${columns(rows).join("\n")}\n\n`;
}

/** `dpif/doctor`: what `weft doctor` says, and how the packets of each port come in. */
export function doctorCommand(
  datapaths: Datapaths,
  askHost: () => Promise<HostAnswers>,
): AppctlCommand<DaemonDiagnosis> {
  return {
    name: "dpif/doctor",
    usage: "",
    minArgs: 0,
    maxArgs: 0,
    async run() {
      const diagnosis = diagnose(await askHost());
      const ports = datapaths.all().flatMap((dp) =>
        [...dp.ports()].map(({ name, type, device }) => ({
          datapath: `${dp.type}@${dp.name}`,
          name,
          type,
          ...portWay(device, diagnosis),
        })),
      );
      const engines = datapaths.all().map((dp) => ({ datapath: `${dp.type}@${dp.name}`, ...engineOf(dp) }));
      return { ...diagnosis, engines, ports };
    },
    text: (diagnosis) => enginesText(diagnosis) + portsText(diagnosis) + formatDiagnosis(diagnosis),
  };
}

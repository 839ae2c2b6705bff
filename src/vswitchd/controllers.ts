import { type ConnectionsSettings, type ControllerSettings, isActiveTarget } from "#ofproto/connections/settings.js";
import { versionBitmap } from "#openflow/hello.js";
import { parseVersionName, versions } from "#openflow/version.js";
import { resolveStreamName } from "#runtime/dirs.js";
import { integerSetting } from "./integer-setting.js";
import { type BridgeRow, type ConfigRows, type ControllerRow, type OpenVSwitchRow, otherConfig } from "./rows.js";
import type { WantedBridge } from "./wanted.js";

/** Upstream's defaults; times in milliseconds. */
const defaults = { maxBackoff: 8000, probeInterval: 5000, queueSize: 100 } as const;
const LONGEST_QUEUE = 512;

/** Queues of what the manual's range is, else the default. */
const readQueueSize = (size: number): number => (size < 1 || size > LONGEST_QUEUE ? defaults.queueSize : size);

function readController(row: ControllerRow, queueSize: number): ControllerSettings {
  const number = (value: bigint | number | undefined, fallback: number): number => Number(value ?? fallback);
  const rateLimit = number(row.controller_rate_limit, 0);
  return {
    target: row.target,
    type: row.type === "primary" || row.type === "service" ? row.type : defaultType(row.target),
    isInBand: row.connection_mode !== "out-of-band",
    maxBackoff: number(row.max_backoff, defaults.maxBackoff),
    probeInterval: number(row.inactivity_probe, defaults.probeInterval),
    asyncMessages: row.enable_async_messages ?? true,
    rateLimit,
    burstLimit: number(row.controller_burst_limit, Math.floor(rateLimit / 4)),
    queueSize: readQueueSize(number(row.controller_queue_size, queueSize)),
  };
}

const defaultType = (target: string): ControllerSettings["type"] =>
  isActiveTarget(target) === false ? "service" : "primary";

/** Whether a controller is in charge of the bridge's tables. */
export function isPrimaryController({ type, target }: ControllerSettings): boolean {
  return type === "primary" && isActiveTarget(target) !== undefined;
}

/** What a Bridge row and its Controllers say, and what is wrong with some of them. */
interface ReadControllers extends Pick<WantedBridge, "connections" | "controllerRows"> {
  readonly faults: readonly string[];
}

/** Who a bridge is to speak to by its rows, those left out that are not for the database to say. */
export function readControllers(
  row: BridgeRow,
  root: OpenVSwitchRow,
  rows: ConfigRows,
  runDirectory: string,
): ReadControllers {
  const setting = otherConfig("Bridge", row.other_config);
  const queueSize = readQueueSize(integerSetting(setting("controller-queue-size"), 0, 0, LONGEST_QUEUE));
  const queue = integerSetting(setting("in-band-queue"), -1, 0, 0xffffffff);
  const controllers = row.controller.flatMap((uuid) => rows.controller(uuid) ?? []);
  const managers = root.manager_options.flatMap((uuid) => rows.manager(uuid) ?? []);
  const named = row.protocols.flatMap((name) => parseVersionName(name) ?? []);
  const fault = ({ target }: ControllerRow): string | undefined => controllerFault(target, row.name, runDirectory);
  const permitted = controllers.filter((controller) => fault(controller) === undefined);
  const connections: ConnectionsSettings = {
    controllers: permitted.map((controller) => readController(controller, queueSize)),
    versions: versionBitmap(named.length === 0 ? versions : named),
    inBandTargets: managers.filter((m) => m.connection_mode !== "out-of-band").map((m) => m.target),
    disableInBand: setting("disable-in-band")?.toLowerCase() === "true",
    inBandQueue: queue < 0 ? undefined : queue,
    queueSize,
  };
  return {
    connections,
    controllerRows: controllers.map(({ uuid, target }) => ({ uuid, target })),
    faults: controllers.flatMap((controller) => fault(controller) ?? []),
  };
}

/**
 * Why a controller's unix socket is not for those who write the database to choose; undefined where it may be. They could make the switch talk to
 * other daemons, or overwrite files.
 */
function controllerFault(target: string, bridge: string, runDirectory: string): string | undefined {
  const otherwise = `or connect to "unix:${runDirectory}/${bridge}.mgmt" (which is always available without special configuration).`;
  const path = resolveStreamName(target, runDirectory).replace(/^p?unix:/, "");
  const climbs = path.includes("/../");
  if (target.startsWith("unix:")) {
    if (path.startsWith(`${runDirectory}/`) && !climbs) return undefined;
    return `Not connecting to socket controller "${target}" due to possibility for remote exploit.  Instead, specify socket in permitted directory "unix:${runDirectory}/" ${otherwise}`;
  }
  if (target.startsWith("punix:")) {
    if (path.startsWith(`${runDirectory}/${bridge}.`) && !climbs) return undefined;
    return `Not adding Unix domain socket controller "${target}" due to possibility of overwriting local files. Instead, specify path in permitted format "punix:${runDirectory}/${bridge}.*" ${otherwise}`;
  }
  return undefined;
}

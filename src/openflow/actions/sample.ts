import { UserError } from "#util/errors.js";
import { parseKeyValues } from "../key-value.js";
import { OfpError } from "../ofp-error.js";
import { formatOfport, OFPP, parseOfport } from "../port-number.js";
import { always } from "../version.js";
import type { ActionRow } from "./action.js";
import { parseU16, parseU32 } from "./argument.js";
import { nx, type WireForm } from "./wire-form.js";

/** Reports packets to an IPFIX collector set. */
export interface Sample {
  readonly kind: "sample";
  /** Of 65535: how many packets are reported; not 0. */
  readonly probability: number;
  readonly collectorSetId: number;
  readonly obsDomainId: number;
  readonly obsPointId: number;
  /** `OFPP.none` where there is none. */
  readonly samplingPort: number;
  readonly direction: "" | "ingress" | "egress";
}

const directions = ["", "ingress", "egress"] as const;

/** `form` 1 has no port, 2 has one, 3 has a direction too. */
const wire = (number: number, form: 1 | 2 | 3): WireForm<Sample> => ({
  ids: [nx(always, number)],
  length: form === 1 ? [24, 24] : [32, 32],
  canSay: (a) => form === 3 || (a.direction === "" && (form === 2 || a.samplingPort === OFPP.none)),
  decode: (r) => {
    const probability = r.u16();
    if (probability === 0) throw new OfpError("OFPBAC_BAD_ARGUMENT");
    const sample = { collectorSetId: r.u32(), obsDomainId: r.u32(), obsPointId: r.u32() };
    const samplingPort = form === 1 ? OFPP.none : r.u16();
    const direction = form === 3 ? directions[r.u8()] : "";
    if (direction === undefined) throw new OfpError("OFPBAC_BAD_ARGUMENT");

    if (form === 3 && !r.zeros(r.left)) throw new OfpError("NXBRC_MUST_BE_ZERO");
    return { kind: "sample", probability, ...sample, samplingPort, direction };
  },
  encode: (a, w) => {
    w.u16(a.probability).u32(a.collectorSetId).u32(a.obsDomainId).u32(a.obsPointId);
    if (form === 1) return;
    w.u16(a.samplingPort).u8(directions.indexOf(a.direction)).zeros(5);
  },
});

export const sample: ActionRow<Sample> = {
  kind: "sample",
  wire: [wire(29, 1), wire(38, 2), wire(41, 3)],
  format: (a, ctx) =>
    `sample(probability=${a.probability},collector_set_id=${a.collectorSetId},obs_domain_id=${a.obsDomainId}` +
    `,obs_point_id=${a.obsPointId}${a.samplingPort === OFPP.none ? "" : `,sampling_port=${formatOfport(a.samplingPort, ctx)}`}` +
    `${a.direction === "" ? "" : `,${a.direction}`})`,
  parse: {
    sample: (text, ctx) => {
      let a: Sample = {
        kind: "sample",
        probability: 0,
        collectorSetId: 0,
        obsDomainId: 0,
        obsPointId: 0,
        samplingPort: OFPP.none,
        direction: "",
      };
      for (const { key, value } of parseKeyValues(text)) {
        if (key === "probability") {
          a = { ...a, probability: parseU16(value, key) };
          if (a.probability === 0) throw new UserError(`invalid probability value "${value}"`);
        } else if (key === "collector_set_id") a = { ...a, collectorSetId: parseU32(value) };
        else if (key === "obs_domain_id") a = { ...a, obsDomainId: parseU32(value) };
        else if (key === "obs_point_id") a = { ...a, obsPointId: parseU32(value) };
        else if (key === "sampling_port") {
          const samplingPort = parseOfport(value, ctx);
          if (samplingPort === undefined) throw new UserError(`${value}: unknown port`);
          a = { ...a, samplingPort };
        } else if (key === "ingress" || key === "egress") a = { ...a, direction: key };
        else throw new UserError(`invalid key "${key}" in "sample" argument`);
      }
      if (a.probability === 0) throw new UserError('non-zero "probability" must be specified on sample');
      return a;
    },
  },
};

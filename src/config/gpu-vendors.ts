import type { GpuSpec } from "./spec.ts";

type Vendor = NonNullable<GpuSpec["vendor"]>;

/** How vendors name their models. */
const models: readonly (readonly [Vendor, RegExp])[] = [
  ["nvidia", /^(?:A\d{2,4}G?|B\d{3}|G[BH]\d{3}|[HV]\d{3}(?:NVL)?|L4|L40S?|P(?:4|40|100)|T4|(?:GTX|RTX).+)$/i],
  ["amd", /^MI(?:100|210|250X?|300[AX]|308X|325X|35[05]X)$/i],
  ["google", /^v\d+(?:e|p|litepod)?-\d+$/i],
  ["intel", /^Gaudi\d?$/i],
  ["tenstorrent", /^(?:n150|n300|p100a|p150|p300|tt-galaxy-[bw]h)$/i],
];

/** Who makes a model; `null` for one that is not known. */
export function vendorOf(name: string): Vendor | null {
  return models.find(([, pattern]) => pattern.test(name))?.[0] ?? null;
}

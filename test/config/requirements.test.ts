import { describe, expect, it } from "vitest";

import { vendorOf } from "../../src/config/gpu-vendors.ts";
import { effectiveGpu } from "../../src/config/requirements.ts";
import { service } from "./parsing.ts";

function gpu(written: string) {
  return service(`type: service\nname: web\nport: 80\nimage: x\nresources: {gpu: '${written}'}\n`).spec.resources.gpu;
}

describe("vendorOf()", () => {
  it.each([
    ["nvidia", ["A10", "A10G", "A100", "A4000", "B200", "GB200", "GH200", "H100", "H200NVL", "L4", "L40S", "V100"]],
    ["nvidia", ["P4", "P40", "P100", "T4", "RTX4090", "RTX4070TiSUPER", "RTX6000Ada", "GTX1660", "h100"]],
    ["amd", ["MI100", "MI300X", "MI325X", "mi355x"]],
    ["google", ["v2-8", "v5p-8", "v5litepod-4", "v6e-1"]],
    ["intel", ["Gaudi", "Gaudi2", "Gaudi3"]],
    ["tenstorrent", ["n150", "n300", "p100a", "p150", "p300", "tt-galaxy-wh"]],
    [null, ["", "v5p", "XYZ1", "P150b", "A100:2"]],
  ])("is %s for %j", (vendor, names) => {
    expect(names.map(vendorOf)).toEqual(names.map(() => vendor));
  });
});

describe("effectiveGpu()", () => {
  it.each([
    ["amd:MI300X", true, "amd"],
    ["MI300X", true, "amd"],
    ["H100,A100", true, "nvidia"],
    ["H100,MI300X", true, null],
    ["H100,XYZ1", true, null],
    ["XYZ1", false, null],
    ["24GB", true, null],
    ["24GB", false, "nvidia"],
    ["0", false, null],
    ["amd", false, "amd"],
  ])("gives %s with an image of one's own: %s the vendor %s", (written, ownImage, vendor) => {
    const wanted = gpu(written);
    expect(effectiveGpu(wanted, ownImage)).toEqual({ ...wanted, vendor });
  });

  it.each([
    [true, null],
    [false, "nvidia"],
  ])("gives nothing said any number (image of one's own: %s)", (ownImage, vendor) => {
    expect(effectiveGpu(null, ownImage)).toEqual({
      vendor,
      name: null,
      count: { min: 0, max: null },
      memory: null,
      total_memory: null,
      compute_capability: null,
    });
  });
});

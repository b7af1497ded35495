import { describe, expect, it } from "vitest";

import { type CatalogItem, diskSize, matches, requirementsOf } from "../../src/backends/match-offers.ts";
import { jobOf } from "../../src/config/job.ts";
import { service } from "../config/parsing.ts";

const item: CatalogItem = {
  price: 1,
  spot: false,
  arch: "x86",
  cpus: 8,
  memory: 32,
  disk: null,
  gpu: { vendor: "nvidia", name: "A10G", count: 2, memory: 24 },
};

function suits(resources: string, change: Partial<CatalogItem> = {}): boolean {
  const { spec } = service(`type: service\nname: web\nport: 80\nimage: x\nresources: ${resources}\n`);
  return matches({ ...item, ...change }, { resources: spec.resources, spot: null, maxPrice: 1 });
}

describe("matches()", () => {
  it.each([
    ["{}", {}, true],
    ["{cpu: 8, memory: 32}", {}, true],
    ["{cpu: 9..}", {}, false],
    ["{memory: ..31GB}", {}, false],
    ["{cpu: arm}", {}, false],
    ["{}", { price: 1.01 }, false],
    ["{gpu: a10g}", {}, true],
    ["{gpu: 'a10g:1'}", {}, false],
    ["{gpu: 'amd'}", {}, false],
    ["{gpu: 24GB..}", {}, true],
    ["{gpu: {total_memory: 48GB}}", {}, true],
    ["{gpu: {total_memory: 49GB..}}", {}, false],
    ["{gpu: {compute_capability: 8.6}}", {}, true],
    ["{gpu: {compute_capability: '8.7'}}", {}, false],
    [
      "{gpu: {compute_capability: '7.0'}}",
      { gpu: { vendor: "nvidia", name: "unheard-of", count: 1, memory: 1 } },
      false,
    ],
    ["{gpu: 0..}", { gpu: null }, true],
    ["{gpu: 'A100:0..'}", { gpu: null }, true],
    ["{gpu: 1..}", { gpu: null }, false],
    ["{disk: 100GB..}", { disk: 50 }, false],
    ["{disk: null}", { disk: 50 }, true],
  ])("%s suits %j: %s", (resources, change, expected) => {
    expect(suits(resources, change)).toBe(expected);
  });
});

describe("diskSize()", () => {
  it("is nothing where the job and the backend agree on none", () => {
    expect(diskSize(null, { min: 200, max: null }, { min: 1, max: 100 })).toBe(null);
  });
});

describe("requirementsOf()", () => {
  it.each([
    ["image: x", { arch: "x86", vendor: undefined, spot: false, maxPrice: null }],
    ["commands: [a]\nresources: {gpu: 24GB}", { arch: "x86", vendor: "nvidia", spot: false, maxPrice: null }],
    ["image: x\nresources: {gpu: 24GB}", { arch: "x86", vendor: null, spot: false, maxPrice: null }],
    ["image: x\nresources: {gpu: MI300X}", { arch: "x86", vendor: "amd", spot: false, maxPrice: null }],
    ["image: x\nresources: {gpu: GH200}", { arch: "arm", vendor: "nvidia", spot: false, maxPrice: null }],
    ["image: x\nspot_policy: spot\nmax_price: 2", { arch: "x86", vendor: undefined, spot: true, maxPrice: 2 }],
    ["image: x\nspot_policy: auto", { arch: "x86", vendor: undefined, spot: null, maxPrice: null }],
  ])("%s", (lines, expected) => {
    const { spec } = service(`type: service\nname: web\nport: 80\n${lines}\n`);
    const { resources, spot, maxPrice } = requirementsOf(jobOf(spec, []));
    expect({ arch: resources.cpu.arch, vendor: resources.gpu?.vendor, spot, maxPrice }).toEqual(expected);
  });
});

import { describe, expect, it } from "vitest";

import { parseLines, shorts } from "./parsing.ts";

describe("resources", () => {
  const anyGpu = {
    vendor: null,
    name: null,
    count: { min: 1, max: null },
    memory: null,
    total_memory: null,
    compute_capability: null,
  };

  it.each([
    ["gpu: 2", { gpu: { ...anyGpu, count: { min: 2, max: 2 } } }],
    ["gpu: 1:2", { gpu: { ...anyGpu, count: { min: 62, max: 62 } } }],
    ["gpu: 0..", { gpu: { ...anyGpu, count: { min: 0, max: null } } }],
    ["gpu: '24GB..48 GB : 2'", { gpu: { ...anyGpu, memory: { min: 24, max: 48 }, count: { min: 2, max: 2 } } }],
    ["gpu: A10G,A100", { gpu: { ...anyGpu, name: ["A10G", "A100"] } }],
    ["gpu: H100:1..8", { gpu: { ...anyGpu, name: ["H100"], count: { min: 1, max: 8 } } }],
    [
      "gpu: 2:NVIDIA:A100:40GB",
      { gpu: { ...anyGpu, vendor: "nvidia", name: ["A100"], memory: { min: 40, max: 40 }, count: { min: 2, max: 2 } } },
    ],
    ["gpu: tt", { gpu: { ...anyGpu, vendor: "tenstorrent" } }],
    ["gpu: tpu-v5p-8", { gpu: { ...anyGpu, name: ["v5p-8"] } }],
    ["gpu: 4090", { gpu: { ...anyGpu, count: { min: 4090, max: 4090 } } }],
    [
      "gpu: {name: A100, count: 2.., memory: 40.., total_memory: 1TB, compute_capability: 8.0}",
      {
        gpu: {
          vendor: null,
          name: ["A100"],
          count: { min: 2, max: null },
          memory: { min: 40, max: null },
          total_memory: { min: 1024, max: 1024 },
          compute_capability: [8, 0],
        },
      },
    ],
    [
      "gpu: {vendor: Google, compute_capability: [7, 5]}",
      { gpu: { ...anyGpu, vendor: "google", compute_capability: [7, 5] } },
    ],
    ["cpu: 4", { cpu: { arch: null, count: { min: 4, max: 4 } } }],
    ["cpu: ARM:4 .. 8", { cpu: { arch: "arm", count: { min: 4, max: 8 } } }],
    ["cpu: x86", { cpu: { arch: "x86", count: { min: 2, max: null } } }],
    ["cpu: {min: 1, max: 2}", { cpu: { arch: null, count: { min: 1, max: 2 } } }],
    ["cpu: {arch: X86, count: 4..}", { cpu: { arch: "x86", count: { min: 4, max: null } } }],
    ["memory: 512MB..1 TB", { memory: { min: 0.5, max: 1024 } }],
    ["memory: 1.5", { memory: { min: 1.5, max: 1.5 } }],
    ["memory: {min: 512MB}", { memory: { min: 0.5, max: null } }],
    ["shm_size: 16 gb", { shm_size: 16 }],
    ["disk: 200GB", { disk: { size: { min: 200, max: 200 } } }],
    ["disk: {size: 1TB..}", { disk: { size: { min: 1024, max: null } } }],
    ["disk: true", { disk: { size: { min: 1, max: 1 } } }],
    ["cpu: 2.5", { cpu: { arch: null, count: { min: 2, max: 2 } } }],
    ["cpu: {min: 4}", { cpu: { arch: null, count: { min: 4, max: null } } }],
    ["gpu: {name: [tpu-v5p-8, TPU-v2], count: 1}", { gpu: { name: ["v5p-8", "TPU-v2"] } }],
    ["gpu: {compute_capability: ' 7.5 '}", { gpu: { compute_capability: [7, 5] } }],
    ["disk:", { disk: null }],
  ])("reads %s", (line, resources) => {
    const parsed = parseLines("resources:", `  ${line}`);
    expect(parsed).toMatchObject({ kind: "service", service: { spec: { resources } } });
  });

  it.each([
    ["gpu: H100:80GB:80GB", "GPU spec memory conflict: H100:80GB:80GB"],
    ["gpu: foo:bar", "GPU spec name conflict: foo:bar"],
    ["gpu: nvidia:amd", "GPU spec vendor conflict: nvidia:amd"],
    ["gpu: '1:2'", "GPU spec count conflict: 1:2"],
    ["gpu: 'A100:'", "GPU spec contains empty token: A100:"],
    ["gpu: 'A100,:2'", "GPU name can not be empty"],
    ["gpu: ''", "GPU spec contains empty token: "],
    ["gpu: {vendor: ati}", 'unknown GPU vendor "ati"'],
    ["gpu: {compute_capability: '9'}", "Invalid compute capability: 9"],
    ["cpu: 'x86:arm'", "CPU spec arch conflict: x86:arm"],
    ["cpu: '1:2'", "CPU spec count conflict: 1:2"],
    ["cpu: 'arm:-1'", "CPU spec arch conflict: arm:-1"],
    ["cpu: mips", "Invalid CPU architecture: mips"],
    ["cpu: ''", "CPU spec contains empty token: "],
    ["memory: 80GB..24GB", "Invalid range order: 80GB..24GB"],
    ["memory: ..", "Invalid empty range: .."],
    ["memory: 512KB", 'cannot read "512KB" as a size'],
    ["memory: 1GiB", 'cannot read "1GiB" as a size'],
    ["shm_size: 1..2", 'cannot read "1..2" as a size'],
  ])("refuses %s", (line, message) => {
    const parsed = parseLines("resources:", `  ${line}`);
    expect(parsed.diagnostics.map((diagnostic) => diagnostic.message)).toEqual([message]);
    expect(shorts(parsed)[0]).toMatch(/^error invalid-value 6:\d+ resources\./);
  });
});

import type { GpuSpec, ResourcesSpec } from "./spec.ts";

/** The CPU architecture that a service gets: as given, or that of the GPU's module, or x86. */
export function effectiveArch({ cpu, gpu }: ResourcesSpec): "x86" | "arm" {
  return cpu.arch ?? (isSuperchip(gpu) ? "arm" : "x86");
}

/** NVIDIA's modules with ARM cores of their own. */
export function isSuperchip(gpu: GpuSpec | null): boolean {
  if (gpu === null || (gpu.vendor !== null && gpu.vendor !== "nvidia")) return false;
  return (gpu.name ?? []).some((name) => /^G[BH]\d{3}$/i.test(name));
}

import type { GpuSpec, ResourcesSpec } from "./spec.ts";

/** The CPU architecture that a service gets: as given, or that of the GPU's module, or x86. */
export function effectiveArch({ cpu, gpu }: ResourcesSpec): "x86" | "arm" {
  return cpu.arch ?? (isSuperchip(gpu) ? "arm" : "x86");
}

/** Resources with the architecture that a service gets: unset and given are the same where it is the same. */
export function withArch(resources: ResourcesSpec): ResourcesSpec {
  return { ...resources, cpu: { ...resources.cpu, arch: effectiveArch(resources) } };
}

/** NVIDIA's modules with ARM cores of their own. */
export function isSuperchip(gpu: GpuSpec | null): boolean {
  if (gpu === null || (gpu.vendor !== null && gpu.vendor !== "nvidia")) return false;
  return (gpu.name ?? []).some((name) => /^G[BH]\d/i.test(name));
}

import { formatMemory } from "./fields/memory.ts";
import { formatRange } from "./fields/range.ts";
import type { GpuSpec, ResourcesSpec } from "./spec.ts";

/** Resources as the reference prints them, such as `cpu=2 mem=8GB disk=100GB A100:80GB:2`. */
export function formatResources({ cpu, memory, disk, gpu }: ResourcesSpec): string {
  const arch = cpu.arch === "arm" ? "arm:" : "";
  const parts = [`cpu=${arch}${formatRange(cpu.count)}`, `mem=${formatRange(memory, formatMemory)}`];
  if (disk !== null) parts.push(`disk=${formatRange(disk.size, formatMemory)}`);
  if (gpu !== null) parts.push(formatGpu(gpu));
  return parts.join(" ");
}

function formatGpu({ name, memory, count, total_memory, compute_capability }: GpuSpec): string {
  const parts = [name?.join(",") || "gpu"];
  if (memory !== null) parts.push(formatRange(memory, formatMemory));
  parts.push(formatRange(count));
  if (total_memory !== null) parts.push(formatRange(total_memory, formatMemory));
  if (compute_capability !== null) parts.push(`(${compute_capability.join(", ")})`);
  return parts.join(":");
}

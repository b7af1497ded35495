import type { FileDiff } from "../diff/diff-files.ts";
import { changedName } from "./change-text.ts";
import type { Paint } from "./style.ts";

/** What differs between two service files, for people. */
export function diffText(
  diff: FileDiff,
  options: { readonly before: string; readonly after: string; readonly paint: Paint },
): string {
  if (diff.changes.length === 0) return "Detected no changes.";
  const { paint } = options;
  const updatable = diff.action === "restart" ? "cannot" : "can";
  const names = new Map([
    ["OLD", options.before],
    ["NEW", options.after],
  ]);
  const lines = diff.changes.map((change) => {
    const file = names.get(change.file) ?? change.file;
    return `  - ${changedName(change)} ${paint("cyan", `(${change.effect})`)}${paint("gray", `  ${file}:${change.line}`)}`;
  });
  const effect = diff.redeploys ? "replicas are replaced" : "no replica is replaced";
  return [
    `Detected changes that ${updatable} be updated in-place:`,
    ...lines,
    `Action: ${diff.action}; ${effect}: ${diff.reason}.`,
    ...(diff.hint === null ? [] : [`Instead: ${diff.hint}.`]),
  ].join("\n");
}

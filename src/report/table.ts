import Table from "cli-table3";

const none = "";

/** Rows in aligned columns without lines, as dstack prints them. Cells may carry colours. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const drawn = new Table({
    chars: {
      top: none,
      "top-mid": none,
      "top-left": none,
      "top-right": none,
      bottom: none,
      "bottom-mid": none,
      "bottom-left": none,
      "bottom-right": none,
      left: none,
      "left-mid": none,
      mid: none,
      "mid-mid": none,
      right: none,
      "right-mid": none,
      middle: "  ",
    },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  drawn.push([...head], ...rows.map((row) => [...row]));
  return drawn
    .toString()
    .split("\n")
    .map((line) => ` ${line.trimEnd()}`)
    .join("\n");
}

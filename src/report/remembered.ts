import type { ServiceLine } from "./service-line.ts";

type Draw = (line: ServiceLine) => string;

const drawings = new WeakMap<Draw, WeakMap<ServiceLine, string>>();

/** A drawing of lines that draws each of them once: the line of a service that did not change is the same object. */
export function remembered(draw: Draw): Draw {
  const drawn = drawings.get(draw) ?? new WeakMap<ServiceLine, string>();
  drawings.set(draw, drawn);
  return (line) => {
    const text = drawn.get(line) ?? draw(line);
    drawn.set(line, text);
    return text;
  };
}

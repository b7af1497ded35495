import type { Event } from "../reconciler/event.ts";
import type { Paint } from "./style.ts";

const colors = {
  provision: "cyan",
  running: "cyan",
  probe: "gray",
  ready: "green",
  route: "green",
  drain: "yellow",
  terminate: "yellow",
  verdict: "red",
  record: "gray",
  wait: "gray",
  note: "gray",
} as const;

/** One event as a line: time, service, what, which replica, detail. */
export function eventText(event: Event, paint: Paint): string {
  const time = paint("gray", event.time.slice(11, 19));
  const who = event.replica === null ? "" : ` replica=${event.replica} deployment=${event.deployment ?? "-"}`;
  return `${time} ${event.service} ${paint(colors[event.event], event.event)}${who}  ${event.detail}`;
}

/** What a pass did, one at a time: drawn for people, and printed as JSON lines. */
export interface Event {
  readonly event:
    | "provision"
    | "running"
    | "probe"
    | "ready"
    | "route"
    | "drain"
    | "terminate"
    | "verdict"
    | "record"
    | "wait"
    | "note";
  /** RFC 3339 UTC. */
  readonly time: string;
  readonly service: string;
  readonly replica: number | null;
  readonly deployment: number | null;
  readonly detail: string;
}

/**
 * Whether an answer of this program says the same as the reference's. `null` in a probe or a scaling of the reference is a
 * default that it applies later, so it agrees with ours; members that only later versions have may be there with their
 * defaults; floats are equal as numbers.
 */
export function agrees(expected: unknown, actual: unknown): boolean {
  if (expected === actual || Object.is(expected, actual)) return true;
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) &&
      expected.length === actual.length &&
      expected.every((item, index) => agrees(item, actual[index]))
    );
  }
  if (!isRecord(expected) || !isRecord(actual)) return false;
  for (const [key, member] of Object.entries(expected)) {
    const meant = inFull(key, member, actual[key]);
    const isUnset = (meant === null && isDefault(key, actual[key])) || (!(key in actual) && isDefault(key, meant));
    if (!isUnset && !agrees(meant, actual[key])) return false;
  }
  return Object.entries(actual).every(([key, member]) => key in expected || isDefault(key, member));
}

/** The long form of what the reference keeps as it is written, and this program does not. */
function inFull(key: string, member: unknown, actual: unknown): unknown {
  if (key === "retry" && member === true) return anyFailure;
  if (key === "idle_duration" && typeof member === "number" && member < 0) return actual === -1 ? -1 : member;
  return key === "name" && typeof member === "string" && Array.isArray(actual) ? [member] : member;
}

/** What `retry: true` stands for. */
const anyFailure = { on_events: ["no-capacity", "interruption", "error"], duration: 3600 };

/** Values that stand for "not set". */
const defaults: Readonly<Record<string, unknown>> = {
  url: "/",
  method: "get",
  timeout: 10,
  interval: 15,
  ready_after: 1,
  until_ready: false,
  window: 60,
  if_exists: "error",
  single_branch: true,
  priority: 0,
  on_events: anyFailure.on_events,
  duration: anyFailure.duration,
};

function isDefault(key: string, member: unknown): boolean {
  return member === undefined || (Object.hasOwn(defaults, key) && agrees(defaults[key], member));
}

export function isRecord(input: unknown): input is Readonly<Record<string, unknown>> {
  return typeof input === "object" && input !== null && !Array.isArray(input);
}

/**
 * Whether an answer of this program says the same as the reference's. `null` in a probe or a scaling of the reference is a
 * default that it applies later, so it agrees with ours; members that only later versions have may be there with their
 * defaults; floats are equal as numbers.
 */
export function agrees(expected: unknown, actual: unknown): boolean {
  if (Object.is(expected, actual)) return true;
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) &&
      expected.length === actual.length &&
      expected.every((item, index) => agrees(item, actual[index]))
    );
  }
  if (!isRecord(expected) || !isRecord(actual)) return false;
  for (const [key, member] of Object.entries(expected)) {
    if (!agrees(member, actual[key]) && !(member === null && isDefault(key, actual[key]))) return false;
  }
  return Object.entries(actual).every(([key, member]) => key in expected || isDefault(key, member));
}

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
};

function isDefault(key: string, member: unknown): boolean {
  return member === undefined || (Object.hasOwn(defaults, key) && Object.is(defaults[key], member));
}

export function isRecord(input: unknown): input is Readonly<Record<string, unknown>> {
  return typeof input === "object" && input !== null && !Array.isArray(input);
}

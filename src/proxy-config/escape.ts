/** A value that no quoting makes safe to put into a gateway's configuration. It is refused, whatever it was meant to say. */
export class UnquotableError extends Error {
  override readonly name = "UnquotableError";
  readonly code = "unquotable";
  /** What the value was to be: `service name`, `socket path` … */
  readonly what: string;
  readonly value: string;

  constructor(what: string, value: string, expected: string) {
    super(`${what} ${JSON.stringify(value)} cannot stand in a gateway's configuration: expected ${expected}`);
    this.what = what;
    this.value = value;
  }
}

/** Kinds of values that configurations are made of, each with all that it may be. Everything else is refused. */
const shapes = {
  "gateway name": { pattern: /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, expected: "letters, digits, `-` and `_`" },
  "project name": { pattern: /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, expected: "letters, digits, `-` and `_`" },
  "service name": { pattern: /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, expected: "letters, digits, `-` and `_`" },
  "host name": {
    pattern:
      /^(?=.{1,253}$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/,
    expected: "labels of letters, digits and `-`, joined by dots",
  },
  "path prefix": {
    // Unreserved characters only: what a client's, nginx's and Envoy's idea of one path agree on.
    pattern: /^\/(?:(?!\.{1,2}\/)[A-Za-z0-9._~-]+\/)*$/,
    expected: "`/`, then segments of letters, digits, `.`, `_`, `~` and `-`, each ended by `/`",
  },
  // sockaddr_un holds 107 bytes and a NUL; one byte a character is left by the pattern.
  "socket path": {
    pattern: /^\/[A-Za-z0-9 ._~/@%+=:,-]{1,106}$/,
    expected: "an absolute path of plain characters, at most 107 bytes",
  },
  "file name": { pattern: /^[A-Za-z0-9 ._~/@%+=:,-]{1,4000}$/, expected: "a path of plain characters" },
  // Token characters of RFC 6750, and of nothing else.
  "bearer token": {
    pattern: /^[A-Za-z0-9._~+/-]+=*$/,
    expected: "letters, digits, `-._~+/` and `=` at the end (RFC 6750)",
  },
} as const;

/** The value itself, once it is known to be all that this kind of value may be. */
export function safe(what: keyof typeof shapes, value: string): string {
  const { pattern, expected } = shapes[what];
  if (!pattern.test(value)) throw new UnquotableError(what, value, expected);
  return value;
}

/** An IP address as it stands before `:port`: version 6 in brackets. Host names pass `safe("host name", …)`. */
export function hostAndPort(host: string, port: number): string {
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new UnquotableError("port", String(port), "1 to 65535");
  return `${isIpv6(host) ? `[${host}]` : safe("host name", host)}:${port}`;
}

/** Whether it can only be an IPv6 address; zones (`%eth0`) are none of a configuration's. */
export function isIpv6(host: string): boolean {
  return /^(?=.*:)[0-9A-Fa-f:.]{2,45}$/.test(host);
}

/** Whether it is written as an IPv4 address. */
export function isIpv4(host: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(host);
}

/** A string that nginx reads back as it is. Variables have no escape in nginx, so `$` is refused. */
export function nginxString(value: string): string {
  // oxlint-disable-next-line no-control-regex -- these are the characters to refuse
  if (/[$\u0000-\u001f\u007f]/.test(value))
    throw new UnquotableError("string", value, "no `$` and no control characters");
  return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** A text that a regular expression (PCRE or RE2) matches as it is. */
export function regexLiteral(value: string): string {
  return value.replace(/[\\^$.|?*+()[\]{}]/g, "\\$&");
}

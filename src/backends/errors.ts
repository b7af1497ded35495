export type BackendErrorCode =
  | "unauthorized"
  | "quota"
  | "no-capacity"
  | "not-found"
  | "rate-limited"
  | "unavailable"
  | "invalid"
  | "fenced";

const retryable: Record<BackendErrorCode, boolean> = {
  unauthorized: false,
  quota: true,
  "no-capacity": true,
  "not-found": false,
  "rate-limited": true,
  unavailable: true,
  invalid: false,
  fenced: false,
};

/** What a provider refused or failed to do, told apart by what to do about it. */
export class BackendError extends Error {
  override readonly name = "BackendError";
  readonly backend: string;
  readonly code: BackendErrorCode;
  readonly retryable: boolean;

  constructor(backend: string, code: BackendErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(`[${backend}] ${message}`, options);
    this.backend = backend;
    this.code = code;
    this.retryable = retryable[code];
  }
}

/** Refused since the service was worked on under a later lease than the one that the call was made under. Nothing was done. */
export class FencedError extends BackendError {
  /** The highest fence that the backend was called with. */
  readonly seen: number;

  constructor(backend: string, service: string, fences: { readonly called: number; readonly seen: number }) {
    super(
      backend,
      "fenced",
      `${service} is worked on under fence ${fences.seen}: refused a call under ${fences.called}`,
    );
    this.seen = fences.seen;
  }
}

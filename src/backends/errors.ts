export type BackendErrorCode =
  | "unauthorized"
  | "quota"
  | "no-capacity"
  | "not-found"
  | "rate-limited"
  | "unavailable"
  | "invalid";

const retryable: Record<BackendErrorCode, boolean> = {
  unauthorized: false,
  quota: true,
  "no-capacity": true,
  "not-found": false,
  "rate-limited": true,
  unavailable: true,
  invalid: false,
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

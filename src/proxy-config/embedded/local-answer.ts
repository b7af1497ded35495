import { STATUS_CODES, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** What the gateway itself has to say: one line of text. */
export interface LocalAnswer {
  readonly status: number;
  readonly text: string;
  /** Names and values, one after the other. */
  readonly headers: readonly string[];
}

/** Answers a request without asking an upstream. */
export function answer(response: ServerResponse, { status, text, headers }: LocalAnswer): void {
  const body = `${text}\n`;
  response.writeHead(status, [...headers, ...bodyHeaders(body)]);
  response.end(body);
}

/** The same on the bare connection of a request to switch protocols, which has no response object. */
export function answerOnSocket(socket: Duplex, { status, text, headers }: LocalAnswer): void {
  const body = `${text}\n`;
  const head = headOf(status, STATUS_CODES[status] ?? "", [...headers, ...bodyHeaders(body), "Connection", "close"]);
  socket.end(head + body, () => socket.destroy());
}

/** The head of a response, as bytes of ISO 8859-1 go over the wire. */
export function headOf(status: number, message: string, headers: readonly string[]): string {
  let head = `HTTP/1.1 ${status} ${message}\r\n`;
  for (let index = 0; index + 1 < headers.length; index += 2) head += `${headers[index]}: ${headers[index + 1]}\r\n`;
  return `${head}\r\n`;
}

function bodyHeaders(body: string): readonly string[] {
  return [
    "Content-Type",
    "text/plain; charset=utf-8",
    "Content-Length",
    String(Buffer.byteLength(body)),
    "Cache-Control",
    "no-store",
  ];
}

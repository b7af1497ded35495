/** What a rendering needs to know besides the routes. */
export interface RenderOptions {
  /** Name of the gateway in the settings: only the routes that name it are drawn. */
  readonly gateway: string;
  readonly listen: { readonly host: string; readonly port: number };
  /**
   * Where the gateway's host keeps the tokens, written at delivery and nowhere else; needed by routes with `auth`. Envoy's
   * ends in `.yaml`, and gets that ending where it lacks it: Envoy tells formats apart by it.
   */
  readonly tokensFile: string;
}

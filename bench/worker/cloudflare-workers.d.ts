// The little that the Worker of the benchmarks needs of the runtime's own types: benchmarks are checked as Node scripts.
declare module "cloudflare:workers" {
  interface Storage {
    readonly sql: { exec(query: string, ...values: readonly (string | number)[]): unknown };
  }

  export abstract class DurableObject {
    constructor(state: { readonly storage: Storage }, environment: unknown);
    protected readonly ctx: { readonly storage: Storage };
  }
}

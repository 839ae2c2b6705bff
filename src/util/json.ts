/** Any JSON value. Object members keep their order. 64-bit integers beyond 2^53 arrive as `bigint` where a reader says so. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | { readonly [name: string]: Json };

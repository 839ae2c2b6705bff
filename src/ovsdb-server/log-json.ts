import type { Json } from "#util/json.js";
export function parseJson(text: string): Json { return JSON.parse(text) as Json; }

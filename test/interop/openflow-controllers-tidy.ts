import type { OsKenEvent } from "../support/os-ken-controller.js";

/** Takes what is a matter of moments from what os-ken read, and what the releases differ in. */
export function tidy({ event, message }: OsKenEvent): string {
  return `${event} ${withoutMoments(JSON.stringify(sorted(message)))}`;
}

function withoutMoments(text: string): string {
  return (
    text
      .replace(/"(duration_n?sec|generation_id)":\d+/g, '"$1":"<n>"')
      .replace(/("field":"(?:duration|idle_time)","value":)\[[\d,]+\]/g, '$1"<n>"')
      .replace(/("OFPFlowUpdateAbbrev":.*"xid":)\d+/g, '$1"<n>"')
      .replace(/"aa:55:aa:55:00:[0-9a-f]{2}"/g, '"<a dummy\'s address>"')
      .replace(/("data":"[0-9a-f]{8})[0-9a-f]{8}([0-9a-f]*","(?:exp_)?type")/, "$1<xid>$2")
      // Of a bundle's message, which an error quotes.
      .replace(/(00000003040e[0-9a-f]{4})[0-9a-f]{8}/g, "$1<xid>")
      .replace(/"sw_desc":"[^"]*"/, '"sw_desc":"<release>"')
      .replace(/"band_types":\d+/, '"band_types":"<bands>"')
  );
}

/** What os-ken logged, without what is random or differs in what it read (the bands of meters). */
export function logged(complaints: string): string[] {
  const line = /xid \d+( buf(?: 0x\w\w){4})(?: 0x\w\w){4}((?: 0x\w\w){2}).*/;
  return complaints.split("\n").map((text) => text.replace(line, "<xid>$1 <xid>$2"));
}

/** What a reply lists has no order: that of hashes. */
function sorted(message: unknown): unknown {
  if (Array.isArray(message)) return message.map(sorted);
  if (typeof message !== "object" || message === null) return message;
  const entries = Object.entries(message).map(([key, value]) => [key, sorted(value)] as const);
  const text = (one: unknown): string => withoutMoments(JSON.stringify(one));
  return Object.fromEntries(
    entries.map(([key, value]) =>
      key === "body" && Array.isArray(value) ? [key, value.sort((a, b) => (text(a) < text(b) ? -1 : 1))] : [key, value],
    ),
  );
}

/** Where two lists of texts differ first, with what is around it. */
export function difference(ours: readonly string[], real: readonly string[]): string {
  const [a, b] = [ours.join("\n"), real.join("\n")];
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  if (at === a.length && at === b.length) return "";
  const near = (text: string): string => text.slice(Math.max(0, at - 300), at + 200);
  return `ours: ${near(a)}\nreal: ${near(b)}`;
}

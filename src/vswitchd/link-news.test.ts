import { expect, it } from "vitest";
import { FakeNetHost } from "#host/fake/net.js";
import type { LinkEvent } from "#host/net.js";
import { LinkNews } from "./link-news.js";

it("takes a link's coming, renaming, going up and being enslaved for news, and nothing else", () => {
  const net = new FakeNetHost();
  net.plug("eth0", Uint8Array.of(2, 0, 0, 0, 0, 1));
  const link = net.link("eth0")!;
  const news = new LinkNews();
  const changed = (change: object): LinkEvent => ({ kind: "link", link: { ...link, ...change } });
  expect(news.isNews(changed({}))).toBe(true);
  expect(news.isNews(changed({ carrier: !link.carrier, mtu: 1400, flags: link.flags ^ 0x100 }))).toBe(false);
  expect(news.isNews(changed({ flags: link.flags ^ 1 }))).toBe(true);
  expect(news.isNews(changed({ flags: link.flags ^ 1 }))).toBe(false);
  expect(news.isNews(changed({ flags: link.flags ^ 1, master: 7 }))).toBe(true);
  expect(news.isNews({ kind: "gone", ifindex: link.ifindex, name: "eth0" })).toBe(false);
  expect(news.isNews(changed({ flags: link.flags ^ 1, master: 7 }))).toBe(true);
});

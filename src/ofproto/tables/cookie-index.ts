import type { Rule } from "./rule.js";

/**
 * Live rules by cookie, chained through the rules themselves: the first that came, then the others, the latest first, as upstream has it. A cookie
 * of 0 is not kept: most rules have it.
 */
export class CookieIndex {
  readonly #heads = new Map<bigint, Rule>();

  add(rule: Rule): void {
    const { cookie } = rule;
    if (cookie === 0n) return;
    const head = this.#heads.get(cookie);
    if (head === undefined) {
      this.#heads.set(cookie, rule);
      return;
    }
    rule.cookieBefore = head;
    rule.cookieAfter = head.cookieAfter;
    if (head.cookieAfter !== undefined) head.cookieAfter.cookieBefore = rule;
    head.cookieAfter = rule;
  }

  remove(rule: Rule): void {
    const { cookie, cookieBefore: before, cookieAfter: after } = rule;
    if (cookie === 0n) return;
    if (before !== undefined) before.cookieAfter = after;
    else if (after !== undefined) this.#heads.set(cookie, after);
    else this.#heads.delete(cookie);
    if (after !== undefined) after.cookieBefore = before;
    rule.cookieBefore = undefined;
    rule.cookieAfter = undefined;
  }

  /** Those of a cookie; undefined for 0. They must not change meanwhile. */
  rules(cookie: bigint): Iterable<Rule> | undefined {
    return cookie === 0n ? undefined : chain(this.#heads.get(cookie));
  }
}

function* chain(head: Rule | undefined): Generator<Rule> {
  for (let rule = head; rule !== undefined; rule = rule.cookieAfter) yield rule;
}

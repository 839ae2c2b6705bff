import { describe, expect, it } from "vitest";
import { PortNumbers } from "./port-numbers.js";

describe("OpenFlow port numbers", () => {
  it("go up, and give a name its number again", () => {
    const numbers = new PortNumbers();
    expect(["a", "b", "c"].map((n) => numbers.take(n, undefined))).toEqual([1, 2, 3]);
    numbers.release(2);
    expect(numbers.take("d", undefined)).toBe(4);
    expect(numbers.take("b", undefined)).toBe(2);
    numbers.release(3);
    numbers.forget("c");
    expect(numbers.take("c", undefined)).toBe(5);
  });

  it("are those asked for, where free and in range", () => {
    const numbers = new PortNumbers();
    expect(numbers.take("a", 77)).toBe(77);
    expect(numbers.take("b", 77)).toBe(1);
    expect(numbers.take("c", 65280)).toBe(2);
    expect(numbers.take("d", 0)).toBe(3);
    expect(numbers.take("e", 65279)).toBe(65279);
    expect(numbers.take("f", 4)).toBe(4);
    expect(numbers.take("g", undefined)).toBe(5);
  });

  it("are reused, longest free first, only when all have been given", () => {
    const numbers = new PortNumbers();
    for (let i = 1; i < 65280; i++) numbers.take(`p${i}`, undefined);
    expect(numbers.take("x", undefined)).toBeUndefined();
    numbers.release(9);
    numbers.release(5);
    expect(numbers.take("x", undefined)).toBe(9);
    expect(numbers.take("y", undefined)).toBe(5);
  });
});

/** Formats `value` as C's `printf("%.15g")` does: 15 significant digits, no trailing zeros, an exponent of two digits at least. */
export function formatReal(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", exponentText = "0"] = fifteenDigits(value).split("e");
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 15) return trimZeros(inPlaces(mantissa, exponent));
  const digits = Math.abs(exponent).toString().padStart(2, "0");
  return `${trimZeros(mantissa)}e${exponent < 0 ? "-" : "+"}${digits}`;
}

/** `value.toExponential(14)`, but what lies right between two is rounded to the even one, as C does, not up. */
function fifteenDigits(value: number): string {
  const rounded = value.toExponential(14);
  const [mantissa = "", exponent] = value.toExponential(15).split("e");
  const isEvenBefore5 = mantissa.endsWith("5") && "02468".includes(mantissa.at(-2)!);
  if (!isEvenBefore5 || !/^-?\d\.\d{15}0*e/.test(value.toExponential(100))) return rounded;
  return `${mantissa.slice(0, -1)}e${exponent}`;
}

/** The digits of a mantissa with the point moved. */
function inPlaces(mantissa: string, exponent: number): string {
  const sign = mantissa.startsWith("-") ? "-" : "";
  const digits = mantissa.replace(/[-.]/g, "");
  if (exponent < 0) return `${sign}0.${"0".repeat(-1 - exponent)}${digits}`;
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

function trimZeros(text: string): string {
  return text.includes(".") ? text.replace(/\.?0*$/, "") : text;
}

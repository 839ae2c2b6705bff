const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** A moment in broken-down form, local or UTC. */
interface Parts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Minutes east of Greenwich. */
  readonly offset: number;
}

function partsOf(milliseconds: number, utc: boolean): Parts {
  const date = new Date(milliseconds);
  const offset = utc ? 0 : -date.getTimezoneOffset();
  const shifted = new Date(milliseconds + offset * 60_000);
  return {
    year: shifted.getUTCFullYear(),
    month: shifted.getUTCMonth(),
    day: shifted.getUTCDate(),
    weekday: shifted.getUTCDay(),
    hour: shifted.getUTCHours(),
    minute: shifted.getUTCMinutes(),
    second: shifted.getUTCSeconds(),
    offset,
  };
}

const pad = (value: number, width: number, fill = "0"): string => String(value).padStart(width, fill);

function yearDay(p: Parts): number {
  return Math.round((Date.UTC(p.year, p.month, p.day) - Date.UTC(p.year, 0, 1)) / 86_400_000);
}

/** ISO 8601 week number and its year. */
function isoWeek(p: Parts): { readonly week: number; readonly year: number } {
  const thursday = new Date(Date.UTC(p.year, p.month, p.day + 4 - (p.weekday || 7)));
  const year = thursday.getUTCFullYear();
  return { year, week: Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / 604_800_000) + 1 };
}

function zone(p: Parts): string {
  const size = Math.abs(p.offset);
  return `${p.offset < 0 ? "-" : "+"}${pad(Math.floor(size / 60), 2)}${pad(size % 60, 2)}`;
}

function convert(p: Parts, c: string, milliseconds: number): string | undefined {
  const again = (format: string): string => expand(format, p, milliseconds);
  switch (c) {
    case "a":
      return days[p.weekday]!.slice(0, 3);
    case "A":
      return days[p.weekday]!;
    case "b":
    case "h":
      return months[p.month]!.slice(0, 3);
    case "B":
      return months[p.month]!;
    case "c":
      return again("%a %b %e %H:%M:%S %Y");
    case "C":
      return pad(Math.floor(p.year / 100), 2);
    case "d":
      return pad(p.day, 2);
    case "D":
    case "x":
      return again("%m/%d/%y");
    case "e":
      return pad(p.day, 2, " ");
    case "F":
      return again("%Y-%m-%d");
    case "g":
      return pad(isoWeek(p).year % 100, 2);
    case "G":
      return String(isoWeek(p).year);
    case "H":
      return pad(p.hour, 2);
    case "I":
      return pad(p.hour % 12 || 12, 2);
    case "j":
      return pad(yearDay(p) + 1, 3);
    case "k":
      return pad(p.hour, 2, " ");
    case "l":
      return pad(p.hour % 12 || 12, 2, " ");
    case "m":
      return pad(p.month + 1, 2);
    case "M":
      return pad(p.minute, 2);
    case "n":
      return "\n";
    case "p":
      return p.hour < 12 ? "AM" : "PM";
    case "P":
      return p.hour < 12 ? "am" : "pm";
    case "r":
      return again("%I:%M:%S %p");
    case "R":
      return again("%H:%M");
    case "s":
      return String(Math.floor(milliseconds / 1000));
    case "S":
      return pad(p.second, 2);
    case "t":
      return "\t";
    case "T":
    case "X":
      return again("%H:%M:%S");
    case "u":
      return String(p.weekday || 7);
    case "U":
      return pad(Math.floor((yearDay(p) + 7 - p.weekday) / 7), 2);
    case "V":
      return pad(isoWeek(p).week, 2);
    case "w":
      return String(p.weekday);
    case "W":
      return pad(Math.floor((yearDay(p) + 7 - ((p.weekday + 6) % 7)) / 7), 2);
    case "y":
      return pad(p.year % 100, 2);
    case "Y":
      return String(p.year);
    case "z":
      return zone(p);
    case "Z":
      return p.offset === 0 ? "UTC" : zone(p);
    case "%":
      return "%";
    default:
      return undefined;
  }
}

function expand(format: string, parts: Parts, milliseconds: number): string {
  return format.replace(/%(.)/gs, (whole, c: string) => convert(parts, c, milliseconds) ?? whole);
}

/**
 * strftime(3) in the C locale. `milliseconds` since the Unix epoch, shown in UTC or in the machine's time zone. As Open vSwitch
 * extends it, a run of `#` stands for as many digits of the second's fraction.
 */
export function strftime(format: string, milliseconds: number, utc: boolean): string {
  const fraction = pad(Math.floor(milliseconds) % 1000, 3);
  const filled = format.replace(/#+/g, (run) => fraction.slice(0, run.length).padEnd(run.length, "0"));
  return expand(filled, partsOf(milliseconds, utc), milliseconds);
}

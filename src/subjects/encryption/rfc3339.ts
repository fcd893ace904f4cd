// Wall-clock text of virtual time. The sidecar records when a key was created; the host's calendar must not reach it.

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;
const DAY_S = 86_400;
const FIRST_YEAR = 2026;

/** RFC 3339 UTC seconds; virtual time starts with the year 2026. */
export function rfc3339(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  let days = Math.floor(seconds / DAY_S);
  let year = FIRST_YEAR;
  for (; days >= yearDays(year); year++) days -= yearDays(year);
  let month = 0;
  for (; days >= monthDays(year, month); month++) days -= monthDays(year, month);
  const inDay = seconds % DAY_S;
  const time = [Math.floor(inDay / 3600), Math.floor(inDay / 60) % 60, inDay % 60].map(two).join(':');
  return `${year}-${two(month + 1)}-${two(days + 1)}T${time}Z`;
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function yearDays(year: number): number {
  return isLeap(year) ? 366 : 365;
}

function monthDays(year: number, month: number): number {
  return MONTH_DAYS[month]! + (month === 1 && isLeap(year) ? 1 : 0);
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}

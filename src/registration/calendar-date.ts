// Dates without a time of day, as `YYYY-MM-DD`; as text they compare in their order.

/** Undefined for a day that the Gregorian calendar does not have. `year`: 1000 to 9999. */
export function calendarDate(year: number, month: number, day: number): string | undefined {
  const text = `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text) ? text : undefined;
}

/** Undefined for anything but a real day in that one spelling, from the year 1000 on. */
export function parseCalendarDate(text: string): string | undefined {
  const [, year, month, day] = /^([1-9]\d{3})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  return year === undefined ? undefined : calendarDate(Number(year), Number(month), Number(day));
}

/** The day in UTC that this moment belongs to. */
export const dayOf = (millisecondsSinceEpoch: number): string => new Date(millisecondsSinceEpoch).toISOString().slice(0, 10);

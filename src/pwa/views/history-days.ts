// Entries of the history by their days, in the device's own zone, and what people call these days.
import { locale } from "../language/text.ts";
import type { HistoryEntry } from "../../protocol/history.ts";
import { calendarDay, weekday } from "./server-clock.ts";

const dayOf = (at: number): string => new Date(at).toDateString();

/** In the order in which they come. */
export function daysOf(entries: readonly HistoryEntry[]): readonly { readonly day: string; readonly entries: HistoryEntry[] }[] {
  const days: { day: string; entries: HistoryEntry[] }[] = [];
  for (const entry of entries) {
    const day = dayOf(entry.at);
    const last = days.at(-1);
    if (last?.day === day) last.entries.push(entry);
    else days.push({ day, entries: [entry] });
  }
  return days;
}

/** `Today`, `Yesterday`, `Monday` within a week, a date before. */
export function dayName(at: number, now = Date.now()): string {
  const midnight = (time: number) => new Date(time).setHours(0, 0, 0, 0);
  // Days of a change of the clock have 23 or 25 hours.
  const ago = Math.round((midnight(now) - midnight(at)) / 86_400_000);
  if (ago < 0 || ago > 6) return calendarDay(at);
  if (ago > 1) return capital(weekday(at));
  return capital(new Intl.RelativeTimeFormat(locale(), { numeric: "auto" }).format(-ago, "day"));
}

const capital = (word: string): string => word.charAt(0).toLocaleUpperCase(locale()) + word.slice(1);

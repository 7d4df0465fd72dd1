// The server's time while something on the screen counts down. Only for showing: the server decides what is too late.
import { useEffect, useState } from "preact/hooks";
import { locale } from "../language/text.ts";

/** Milliseconds since the epoch by the server's clock, renewed each second. `skew`: how far the server is ahead. */
export function useServerClock(skew: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const renew = () => setNow(Date.now());
    const timer = setInterval(renew, 1000);
    // Browsers slow the timers of hidden pages down: what is seen first must not be old.
    document.addEventListener("visibilitychange", renew);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", renew);
    };
  }, []);
  return now + skew;
}

/** To the nearest: the server's clock is known to a part of a second, and three hours must not begin with 3:00:01. */
const wholeSeconds = (milliseconds: number) => Math.max(0, Math.round(milliseconds / 1000));

const twoDigits = (count: number) => String(count).padStart(2, "0");

/** `2:59:07`; with hours even when there are none, so that the digits do not jump. Never below zero. */
export function countdown(milliseconds: number): string {
  const seconds = wholeSeconds(milliseconds);
  return `${Math.floor(seconds / 3600)}:${twoDigits(Math.floor(seconds / 60) % 60)}:${twoDigits(seconds % 60)}`;
}

/** `2:07`, for what takes minutes. Never below zero. */
export function minutesAndSeconds(milliseconds: number): string {
  const seconds = wholeSeconds(milliseconds);
  return `${Math.floor(seconds / 60)}:${twoDigits(seconds % 60)}`;
}

/** `14:32`, by the device's own clock and zone. */
export const clockTime = (milliseconds: number): string =>
  new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit" }).format(milliseconds);

/** `Monday`. */
export const weekday = (milliseconds: number): string =>
  new Intl.DateTimeFormat(locale(), { weekday: "long" }).format(milliseconds);

/** `21 November 2029`. */
export const calendarDay = (milliseconds: number): string =>
  new Intl.DateTimeFormat(locale(), { dateStyle: "long" }).format(milliseconds);

/** `21 November 2029 at 14:32`: by the device's own zone. */
export const dayAndTime = (milliseconds: number): string =>
  new Intl.DateTimeFormat(locale(), { dateStyle: "long", timeStyle: "short" }).format(milliseconds);

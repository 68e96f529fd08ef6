// Numbers and states in few words.

const UNITS = ["B", "kB", "MB", "GB"];

/** Bytes as people write them: "340 B", "1.2 MB". */
export function bytes(count) {
  let [value, unit] = [count, 0];
  while (value >= 1000 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit && value < 100 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/** A duration: "0.4 ms", "12 ms", "1.25 s". */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "";
  const milliseconds = seconds * 1000;
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  return seconds < 100 ? `${seconds.toFixed(2)} s` : `${Math.round(seconds)} s`;
}

/** How long something will last or has lasted: "45 s", "3 min", "for ever". */
export function span(seconds) {
  if (seconds === null || seconds === undefined) return "for ever";
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}

/** The time of day of a moment, in seconds since the epoch. */
export const clock = (moment) => new Date(moment * 1000).toLocaleTimeString([], { hour12: false });

/** The class of a status, as a word for style sheets. */
export function kind(status) {
  if (!status) return "none";
  return ["none", "info", "good", "moved", "refused", "failed"][Math.floor(status / 100)] ?? "none";
}

const SIGNS = { good: "✓", moved: "↪", refused: "!", failed: "✗", info: "…", none: "–" };

/** A sign for a status, so that colour is not all that tells. */
export const sign = (status) => SIGNS[kind(status)];

/** "1 route", "2 routes". */
export const counted = (count, one, more = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : more}`;

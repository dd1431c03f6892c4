/** Progress lines, on standard error: standard output belongs to what a command was asked for. */
import { performance } from "node:perf_hooks";

/** `83.4` → `1:23`; under a minute `23.4 s` is kept. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")} min`;
}

/** One line, with the time since the command started. */
export function say(text: string): void {
  // performance.now() counts from the start of the process.
  const elapsed = Math.floor(performance.now() / 1000);
  const clock = `${Math.floor(elapsed / 60)}:${String(elapsed % 60).padStart(2, "0")}`;
  process.stderr.write(`${clock.padStart(6)}  ${text}\n`);
}

/** What a long step may tell while it runs: shown with the next sign of life. */
export type Progress = (text: string) => void;

const SIGN_OF_LIFE_S = 20;

/**
 * Runs one step and shows it: its title at the start, a sign of life every 20 s with the last thing that the step told,
 * and the time it took.
 */
export async function step<T>(title: string, work: (progress: Progress) => Promise<T>): Promise<T> {
  const started = performance.now();
  let last = "";
  say(`${title} …`);
  const timer = setInterval(() => say(`${title} … ${last.slice(0, 120)}`), SIGN_OF_LIFE_S * 1000);
  try {
    const result = await work((text) => {
      last = text;
    });
    const took = (performance.now() - started) / 1000;
    if (took >= 1) say(`${title}: done in ${duration(took)}`);
    return result;
  } finally {
    clearInterval(timer);
  }
}

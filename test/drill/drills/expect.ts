/** Criteria over what a drill measured itself. Pure. */
import { type Criterion, type Seen, Unit } from "../drill";

/** A figure that the drill took itself. */
export const figure =
  (name: string) =>
  ({ figures }: Seen): number | undefined =>
    figures[name];

/** Something that is so or is not: the drill has noted 1 or 0. */
export const holds = (what: string, name: string): Criterion => ({
  what,
  unit: Unit.Count,
  of: figure(name),
  atLeast: 1,
  atMost: 1,
});

/** Seconds that the drill has noted. */
export const within = (what: string, name: string, atMost: number): Criterion => ({
  what,
  unit: Unit.Seconds,
  of: figure(name),
  atMost,
});

/** Things that must not have happened, of which the drill has noted the number. */
export const none = (what: string, name: string): Criterion => ({
  what,
  unit: Unit.Count,
  of: figure(name),
  atMost: 0,
});

import { describe, expect, it } from "vitest";
import { Desk, type Seat } from "../../src/server/live/desk.js";
import { Rate } from "../../src/server/live/rate.js";

interface Frame {
  readonly arrived: number;
}

/** A desk on a clock of its own, and seats that write down what becomes of their frames. */
function scene() {
  let now = 0;
  let finish = (): void => {};
  const log: string[] = [];
  const desk = new Desk<Frame>(() => now);
  const seat = (name: string): Seat<Frame> => {
    const one: Seat<Frame> = {
      run({ arrived }) {
        log.push(`${name} ${arrived} at ${now}`);
        return new Promise((done) => {
          finish = done;
        });
      },
      dropped({ arrived }) {
        log.push(`${name} ${arrived} dropped`);
      },
    };
    desk.join(one);
    return one;
  };
  return {
    desk,
    log,
    seat,
    /** A frame that comes now. */
    offer: (one: Seat<Frame>) => desk.offer(one, { arrived: now }),
    wait(ms: number) {
      now += ms;
    },
    /** The run that goes on ends after so many ms. */
    async end(ms: number) {
      now += ms;
      finish();
      await new Promise((done) => setImmediate(done));
    },
  };
}

describe("Desk", () => {
  it("holds one frame a stream, the newest", async () => {
    const { log, seat, offer, wait, end } = scene();
    const a = seat("a");
    for (let i = 0; i < 4; i++) {
      offer(a);
      wait(1);
    }
    await end(20);
    expect(log).toEqual(["a 0 at 0", "a 1 dropped", "a 2 dropped", "a 3 at 24"]);
  });

  it("gives turns to those who had none for longest", async () => {
    const { log, seat, offer, end } = scene();
    const [a, b, c] = [seat("a"), seat("b"), seat("c")];
    offer(a);
    await end(20);
    log.length = 0;
    offer(b);
    offer(a);
    offer(c);
    await end(20);
    await end(20);
    expect(log.map((line) => line[0])).toEqual(["b", "c", "a"]);
  });

  it("drops what waited longer than one and a half runs: more streams get fewer frames, not older answers", async () => {
    const { log, seat, offer, end } = scene();
    const seats = ["a", "b", "c", "d"].map(seat);
    offer(seats[0]!);
    await end(20);
    log.length = 0;
    // Each stream has a new frame every 20 ms; the model can answer one of the four.
    for (let i = 0; i < 40; i++) {
      for (const one of seats) offer(one);
      await end(20);
    }
    const answered = log.flatMap((line) => {
      const [name = "", arrived, , at] = line.split(" ");
      return line.endsWith("dropped") ? [] : [{ name, age: Number(at) - Number(arrived) }];
    });
    expect(answered.length).toBeGreaterThanOrEqual(40);
    expect(Math.max(...answered.map(({ age }) => age))).toBeLessThanOrEqual(40);
    for (const name of ["a", "b", "c", "d"])
      expect(answered.filter((one) => one.name === name).length).toBeGreaterThanOrEqual(9);
  });

  it("forgets who left", async () => {
    const { desk, log, seat, offer, end } = scene();
    const [a, b] = [seat("a"), seat("b")];
    offer(a);
    offer(b);
    desk.leave(b);
    await end(20);
    offer(b);
    expect(log).toEqual(["a 0 at 0", "b 20 dropped"]);
    expect(desk.size).toBe(1);
  });
});

it("a rate allows its burst at once, and then so many a second", () => {
  const rate = new Rate(10, 3, 0);
  expect([0, 0, 0, 0].map((at) => rate.take(at))).toEqual([true, true, true, false]);
  expect([50, 100, 150, 200].map((at) => rate.take(at))).toEqual([false, true, false, true]);
});

import astronaut from "../../bench/pictures/astronaut.jpg";
import cat from "../../bench/pictures/cat.jpg";
import coffee from "../../bench/pictures/coffee.jpg";
import rocket from "../../bench/pictures/rocket.jpg";

/** Labels that the sample pictures are told apart by. */
export const SAMPLE_LABELS = ["a cat", "a cup of coffee", "a rocket", "an astronaut", "a dog", "a street"];

/** The pictures that ship with zeroclip; bench/pictures/LICENSES.md says whose they are. */
export const SAMPLES = Object.entries({ cat, coffee, rocket, astronaut }).map(([name, address]) => {
  return { name: `${name}.jpg`, address };
});

export async function samplePictures(): Promise<File[]> {
  return Promise.all(
    SAMPLES.map(async ({ name, address }) => {
      const blob = await (await fetch(address)).blob();
      return new File([blob], name, { type: "image/jpeg" });
    }),
  );
}

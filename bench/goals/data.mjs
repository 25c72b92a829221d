// The data folder's archives, unpacked once into a cache outside the repository, one folder a class.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const data = resolve(process.env.ZEROCLIP_DATA ?? "../shared/data");
export const cache = join(process.env.XDG_CACHE_HOME ?? join(tmpdir()), "zeroclip-goals");

/** Unpacks an archive (tar, tar.xz) of the data folder; `arrange` may move what is in it. */
function unpack(archive, arrange = () => {}) {
  const source = join(data, archive);
  if (!existsSync(source)) {
    throw new Error(`Expected ${archive} in the data folder ${data} (ZEROCLIP_DATA) but it is not there.`);
  }
  // Size and time are part of the name, so that another archive is unpacked anew.
  const { size, mtimeMs } = statSync(source);
  const folder = join(cache, `${archive}-${size}-${Math.round(mtimeMs)}`);
  if (existsSync(folder)) return folder;
  const partial = `${folder}.${process.pid}.partial`;
  mkdirSync(partial, { recursive: true });
  try {
    execFileSync("tar", ["-xf", source, "-C", partial], { stdio: ["ignore", "ignore", "inherit"] });
    arrange(partial);
    renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return folder;
}

/** One photo for each of the 1,000 ImageNet classes: `<wnid>_<name>.jpg` → a folder `<wnid>_<name>` each. */
export function imagenetSample() {
  const folder = unpack("imagenet-sample-224.tar", (partial) => {
    const source = join(partial, "imagenet-sample");
    for (const file of readdirSync(source)) {
      const name = file.replace(/\.jpg$/, "");
      mkdirSync(join(partial, "classes", name), { recursive: true });
      renameSync(join(source, file), join(partial, "classes", name, file));
    }
  });
  return join(folder, "classes");
}

export const cifar10 = () => join(unpack("cifar10-test-1000.tar"), "cifar10");
export const clothing = (split) => join(unpack("clothing-10-224.tar"), "clothing", split);
export const tinyImagenet = () => join(unpack("tiny-imagenet-64-30x200.tar"), "tiny-imagenet");
export const chestXray = () => join(unpack("chest-xray-3x100-224.tar"), "chest-xray");

/** The pictures of Flickr8k, its English captions, those of the test split in Chinese, and its list. */
export function flickr8k() {
  const captions = unpack("flickr8k-captions.tar.xz");
  const find = (name) => {
    const found = readdirSync(captions, { recursive: true }).find((path) => path.endsWith(name));
    if (found === undefined) throw new Error(`Expected ${name} in flickr8k-captions.tar.xz.`);
    return join(captions, found);
  };
  return {
    images: join(unpack("flickr8k-224.tar"), "flickr8k"),
    captions: find("en.txt"),
    /** Chinese, by people who read the English captions of the test split. */
    translations: find("zh-test-human-translation.txt"),
    /** Chinese, by people who saw the pictures. */
    chinese: find("zh.txt"),
    train: find("train.txt"),
    test: find("test.txt"),
  };
}

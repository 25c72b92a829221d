import type { Words } from "../words/en";

/** The page's words where there is no server: nothing is kept by one, and there is no key. */
export function localWords(words: Words): Words {
  const { search, settings, problems } = words;
  const { upload, collections, labelsNone, tooLarge, notCalibrated, storage, code } = words.local.instead;
  return {
    ...words,
    codeDialog: code,
    problems: { ...problems, "image.too-large": tooLarge, "calibrate.none": notCalibrated },
    settings: { ...settings, storage },
    search: {
      ...search,
      filters: { ...search.filters, labelsNone },
      collections: { ...search.collections, hint: collections },
      upload: { ...search.upload, hint: upload },
    },
  };
}

/** Most bytes of a label set: one of 200,000 labels with their names takes 9 MB. */
export const MOST_LABEL_BYTES = 16 * 1024 * 1024;

/** Where a value stands in a file: keys and positions from the top. */
export type Path = readonly (string | number)[];

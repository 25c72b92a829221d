import { join } from "node:path";
import { type Environment, readEnvironment } from "../../environment.js";
import { STARTER_FOLDER } from "../../find-model.js";

/** Options of every command about models. */
export interface ModelsOptions {
  readonly home?: string;
  readonly offline?: boolean;
  readonly quiet?: boolean;
  readonly progress?: boolean;
  readonly json?: boolean;
}

/** Environment and options together; options win. */
export function settings(options: ModelsOptions): Environment & { starterFolder: string } {
  const environment = readEnvironment();
  return {
    ...environment,
    home: options.home ?? environment.home,
    offline: options.offline ?? environment.offline,
    starterFolder: STARTER_FOLDER,
  };
}

/** Where compiled models lie. */
export const compiledFolder = (home: string): string => join(home, "compiled");

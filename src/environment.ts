import { homedir } from "node:os";
import { join } from "node:path";

/** What zeroclip takes from the environment. The one file that reads it; every value can also be given as an option. */
export interface Environment {
  /** Models and caches: `ZEROCLIP_HOME`, default `~/.cache/zeroclip`. */
  readonly home: string;
  /** `ZEROCLIP_OFFLINE` set to anything but "", "0" or "false". */
  readonly offline: boolean;
  /** `ZEROCLIP_MIRROR`: base address that replaces that of OpenAI's checkpoints. */
  readonly mirror: string | undefined;
  /** `HF_ENDPOINT`: base address that replaces the Hugging Face hub's. */
  readonly hubEndpoint: string | undefined;
  /** `HF_TOKEN`: for private and gated repositories; sent to the hub's own host only. */
  readonly hubToken: string | undefined;
  /** `ZEROCLIP_PYTHON`: a Python that has the packages of the peers that `zeroclip bench` compares with. */
  readonly python: string | undefined;
  /** `ZEROCLIP_MILVUS_TOKEN`: `user:password` or a key for databases at `milvus://`. */
  readonly milvusToken: string | undefined;
  /** `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`: a server that speaks like S3, for pictures under `s3://`. */
  readonly s3Endpoint: string | undefined;
  /** `AWS_REGION`, `AWS_DEFAULT_REGION`. */
  readonly s3Region: string | undefined;
  /** Settings of `zeroclip serve`: all variables that begin with `ZEROCLIP_SERVE_`. */
  readonly serve: Readonly<Record<string, string>>;
  readonly proxy: {
    readonly http: string | undefined;
    readonly https: string | undefined;
    readonly none: string | undefined;
  };
}

/** Variables → settings; an empty variable counts as absent. */
export function readEnvironment(
  variables: Readonly<Record<string, string | undefined>> = process.env,
): Environment {
  const get = (...names: string[]): string | undefined => names.map((name) => variables[name]).find(Boolean);
  return {
    home: get("ZEROCLIP_HOME") ?? join(homedir(), ".cache", "zeroclip"),
    offline: !["0", "false", undefined].includes(get("ZEROCLIP_OFFLINE")?.toLowerCase()),
    mirror: get("ZEROCLIP_MIRROR"),
    hubEndpoint: get("HF_ENDPOINT"),
    hubToken: get("HF_TOKEN"),
    python: get("ZEROCLIP_PYTHON"),
    milvusToken: get("ZEROCLIP_MILVUS_TOKEN"),
    s3Endpoint: get("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
    s3Region: get("AWS_REGION", "AWS_DEFAULT_REGION"),
    serve: Object.fromEntries(
      Object.entries(variables).flatMap(([name, value]) =>
        name.startsWith("ZEROCLIP_SERVE_") && value ? [[name, value]] : [],
      ),
    ),
    proxy: {
      http: get("http_proxy", "HTTP_PROXY"),
      https: get("https_proxy", "HTTPS_PROXY"),
      none: get("no_proxy", "NO_PROXY"),
    },
  };
}

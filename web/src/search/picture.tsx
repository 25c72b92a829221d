import { type ReactNode, useState } from "react";
import { Icon } from "../parts/icons";
import { useServer } from "../server";

/** A small picture; where there is none, or it can't be shown, a sign stands in its place until the server is back. */
export function Picture({
  address,
  alt = "",
  lazy = false,
}: {
  readonly address: string | undefined;
  readonly alt?: string;
  readonly lazy?: boolean;
}): ReactNode {
  const { epoch, doubt } = useServer();
  const [broken, setBroken] = useState<string>();
  const asked = `${epoch} ${address}`;
  if (address === undefined || broken === asked)
    return (
      <span className="no-picture">
        <Icon name="image" size={22} />
      </span>
    );
  return (
    <img
      src={address}
      alt={alt}
      decoding="async"
      {...(lazy ? { loading: "lazy" as const } : {})}
      onError={() => {
        setBroken(asked);
        doubt();
      }}
    />
  );
}

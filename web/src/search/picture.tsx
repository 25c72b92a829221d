import { type ReactNode, useState } from "react";
import { Icon } from "../parts/icons";

/** A small picture; where there is none, or it can't be shown, a sign stands in its place. */
export function Picture({
  address,
  alt = "",
  lazy = false,
}: {
  readonly address: string | undefined;
  readonly alt?: string;
  readonly lazy?: boolean;
}): ReactNode {
  const [broken, setBroken] = useState<string>();
  if (address === undefined || broken === address)
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
      onError={() => setBroken(address)}
    />
  );
}

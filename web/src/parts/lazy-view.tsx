import { type ComponentType, type LazyExoticComponent, lazy, type ReactNode } from "react";
import { useWords } from "../words";
import { Button, Notice } from "./basics";

/** A view that is loaded when it is first shown; where it does not come (the server has another version by now) the page says so. */
export function lazyView(
  load: () => Promise<{ readonly default: ComponentType }>,
): LazyExoticComponent<ComponentType> {
  return lazy(() => load().catch(() => ({ default: NotLoaded })));
}

function NotLoaded(): ReactNode {
  const words = useWords();
  return (
    <div className="view">
      <Notice kind="error">
        <p>{words.notLoaded}</p>
        <div className="row">
          <Button onClick={() => location.reload()}>{words.reload}</Button>
        </div>
      </Notice>
    </div>
  );
}

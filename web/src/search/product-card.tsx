import type { ReactNode } from "react";
import type { Product } from "../api";
import { useWords } from "../words";
import { Picture } from "./picture";

export function money({ amount, currency }: NonNullable<Product["price"]>, lang: string): string {
  return new Intl.NumberFormat(lang, { style: "currency", currency }).format(amount);
}

/** A product: its picture, name, category, price. */
export function ProductCard({
  product,
  chosen,
  onChoose,
}: {
  readonly product: Product;
  readonly chosen: boolean;
  readonly onChoose: () => void;
}): ReactNode {
  const words = useWords();
  const { name, names, categories, price, pictures } = product;
  return (
    <li>
      <button type="button" className="product" aria-pressed={chosen} onClick={onChoose}>
        <span className="product-picture">
          <Picture address={pictures[0]} lazy />
        </span>
        <span className="product-name" dir="auto">
          {names[words.code] ?? name}
        </span>
        <span className="product-facts">
          <span className="quiet-text" dir="auto">
            {categories.at(-1) ?? "\u00a0"}
          </span>
          {price && <span className="digits">{money(price, words.code)}</span>}
        </span>
      </button>
    </li>
  );
}

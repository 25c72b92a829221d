import { type ReactNode, useRef, useState } from "react";
import type { Product, RecogniseResponse } from "../api";
import { percent } from "../format";
import { Button, Empty, Notice, Select } from "../parts/basics";
import { CameraDialog } from "../parts/camera-dialog";
import { Icon } from "../parts/icons";
import { spoken } from "../said";
import { useWords } from "../words";
import { Picture } from "./picture";
import { money, ProductCard } from "./product-card";
import { useAddress } from "./use-address";
import { useProductList, useRecognised, useRecommended } from "./use-products";

/** A photo that was dropped or pasted, and which one in the order of coming. */
export interface Photo {
  readonly file: File | undefined;
  readonly count: number;
}

/** Which product a photo shows; what resembles a product and what goes with it. */
export default function ProductsTab({
  photo,
  onFiles,
}: {
  readonly photo: Photo;
  readonly onFiles: (files: Iterable<File>) => void;
}): ReactNode {
  const words = useWords();
  const p = words.search.products;
  const [catalogue, setCatalogue] = useState("");
  const [chosen, setChosen] = useState<Product>();
  const { list, error, busy, more } = useProductList(catalogue);
  const choose = (product: Product): void => {
    setChosen(product);
    const shown = document.querySelector(".recommended");
    const top = shown?.getBoundingClientRect().top ?? 0;
    if (top < 0 || top > innerHeight * 0.6) shown?.scrollIntoView({ block: "start" });
  };
  return (
    <div className="products">
      <section className="panel" aria-label={p.recognise}>
        <Recognise photo={photo} catalogue={catalogue} onFiles={onFiles} />
      </section>
      <section className="panel recommended" aria-label={p.look}>
        {chosen ? (
          <Recommended product={chosen} catalogue={catalogue} onChoose={choose} />
        ) : (
          <Empty icon="products" title={p.pick} />
        )}
      </section>
      <section className="panel wide" aria-label={p.list}>
        <div className="row between">
          <div>
            <h2>{p.list}</h2>
            <p className="hint digits">{list ? p.count(list.total) : "\u00a0"}</p>
          </div>
          {(list?.catalogues.length ?? 0) > 1 && (
            <Select
              label={p.catalogue}
              value={catalogue === "" ? list!.catalogue : catalogue}
              options={list!.catalogues.map(({ name }) => [name, name])}
              onChange={(name) => {
                setCatalogue(name);
                setChosen(undefined);
              }}
            />
          )}
        </div>
        {error && <Notice kind="error">{spoken(error, words)}</Notice>}
        {list?.products.length === 0 && <Empty icon="products" title={p.empty} />}
        <ul className="product-grid">
          {list?.products.map((product) => (
            <ProductCard
              key={product.id}
              product={product}
              chosen={product.id === chosen?.id}
              onChoose={() => choose(product)}
            />
          ))}
        </ul>
        {more && (
          <div className="row more-groups">
            <Button icon="fold" disabled={busy} onClick={more}>
              {p.more}
            </Button>
          </div>
        )}
      </section>
    </div>
  );
}

function Recognise({
  photo,
  catalogue,
  onFiles,
}: {
  readonly photo: Photo;
  readonly catalogue: string;
  readonly onFiles: (files: Iterable<File>) => void;
}): ReactNode {
  const words = useWords();
  const p = words.search.products;
  const chooser = useRef<HTMLInputElement>(null);
  const [camera, setCamera] = useState(false);
  const address = useAddress(photo.file);
  const { value, busy, error } = useRecognised(photo.file, photo.count, catalogue);
  return (
    <>
      <div>
        <h2>{p.recognise}</h2>
        <p className="hint">{p.recogniseHint}</p>
      </div>
      <div className="recognise">
        <div className="recognise-photo">
          {address === undefined ? (
            <Icon name="camera" size={32} />
          ) : (
            <img src={address} alt={photo.file!.name} />
          )}
        </div>
        <div className="row">
          <Button kind="main" icon="upload" onClick={() => chooser.current?.click()}>
            {words.pictures.choose}
          </Button>
          <Button icon="camera" onClick={() => setCamera(true)}>
            {words.pictures.camera}
          </Button>
        </div>
        <input
          ref={chooser}
          type="file"
          accept="image/*"
          hidden
          aria-label={p.recognise}
          onChange={(event) => {
            onFiles(event.target.files ?? []);
            event.target.value = "";
          }}
        />
      </div>
      {error && <Notice kind="error">{spoken(error, words)}</Notice>}
      <div className={busy ? "dimmed" : ""} aria-live="polite">
        {value && <Candidates found={value} />}
      </div>
      {camera && <CameraDialog onTake={(file) => onFiles([file])} onClose={() => setCamera(false)} />}
    </>
  );
}

function Candidates({ found }: { readonly found: RecogniseResponse }): ReactNode {
  const words = useWords();
  const p = words.search.products;
  const cosine = (value: number | undefined): string => value?.toFixed(2) ?? "";
  return (
    <>
      {found.notInCatalogue && (
        <Notice>
          <strong>{p.notIn}.</strong> {p.notInHint}
        </Notice>
      )}
      <ul className="bars candidates" aria-label={p.candidates}>
        {found.candidates.map(({ id, name, category, price, probability, evidence, pictures }, i) => (
          <li key={id} className={`candidate ${i === 0 && !found.notInCatalogue ? "best" : ""}`}>
            <span className="candidate-picture">
              <Picture address={pictures[0]} />
            </span>
            <div className={`bar ${i === 0 && !found.notInCatalogue ? "best" : ""}`}>
              <span className="bar-label" dir="auto">
                {name}
              </span>
              <span className="bar-value">{percent(probability, words.code)}</span>
              <span className="bar-track">
                <span className="bar-fill" style={{ width: `${probability * 100}%` }} />
              </span>
              <span className="quiet-text digits" dir="auto">
                {[category, price && money(price, words.code)].filter(Boolean).join(" · ")}
              </span>
              <span className="quiet-text digits">
                {p.evidence(cosine(evidence.picture), cosine(evidence.text))}
              </span>
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}

function Recommended({
  product,
  catalogue,
  onChoose,
}: {
  readonly product: Product;
  readonly catalogue: string;
  readonly onChoose: (product: Product) => void;
}): ReactNode {
  const words = useWords();
  const p = words.search.products;
  const { value, busy, error } = useRecommended(product, catalogue);
  const [similar, looks] = value ?? [];
  const cards = (products: readonly Product[]): ReactNode => (
    <ul className="product-row">
      {products.map((one) => (
        <ProductCard key={one.id} product={one} chosen={false} onChoose={() => onChoose(one)} />
      ))}
    </ul>
  );
  return (
    <>
      <h2 dir="auto">{p.similar(product.names[words.code] ?? product.name)}</h2>
      {error && <Notice kind="error">{spoken(error, words)}</Notice>}
      <div className={`recommendations ${busy ? "dimmed" : ""}`} aria-live="polite">
        {similar?.products && cards(similar.products)}
        <h3>{p.look}</h3>
        {looks?.looks?.map(({ category, products }) => (
          <div key={category}>
            <p className="quiet-text" dir="auto">
              {category}
            </p>
            {cards(products)}
          </div>
        ))}
        {value && !looks?.looks?.length && <p className="hint">{p.noLook}</p>}
      </div>
    </>
  );
}

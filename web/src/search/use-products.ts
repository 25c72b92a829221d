import { useCallback, useEffect, useRef, useState } from "react";
import type { Product, ProductList, RecogniseResponse, RecommendResponse } from "../api";
import { type Said, sayingOf } from "../said";
import { useServer } from "../server";

const PAGE = 60;

export interface Listed {
  readonly list: ProductList | undefined;
  readonly error: Said | undefined;
  /** A further page is on its way. */
  readonly busy: boolean;
  readonly more: (() => void) | undefined;
}

/** The products of a catalogue, page by page; "" is the server's first. */
export function useProductList(catalogue: string): Listed {
  const { api, epoch, noticed } = useServer();
  const [list, setList] = useState<ProductList>();
  const [error, setError] = useState<Said>();
  /** Of the list that is shown: another one's pages are not its own. */
  const shown = useRef(new AbortController());
  const [busy, setBusy] = useState(false);
  const ask = useCallback(
    async (signal: AbortSignal, cursor?: string): Promise<void> => {
      try {
        const page = await api.products.list({
          ...{ top: PAGE, signal },
          ...(catalogue === "" ? {} : { catalogue }),
          ...(cursor === undefined ? {} : { cursor }),
        });
        if (signal.aborted) return;
        const before = (list: ProductList | undefined): readonly Product[] =>
          cursor === undefined ? [] : (list?.products ?? []);
        setList((list) => ({ ...page, products: [...before(list), ...page.products] }));
        setError(undefined);
      } catch (thrown) {
        if (!signal.aborted) setError(noticed(thrown) ? undefined : sayingOf(thrown));
      }
    },
    [api, catalogue, noticed],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: a server that is back is asked anew.
  useEffect(() => {
    const stop = new AbortController();
    shown.current = stop;
    setBusy(false);
    void ask(stop.signal);
    return () => stop.abort();
  }, [ask, epoch]);
  const next = list?.next;
  const more = (): void => {
    const { signal } = shown.current;
    setBusy(true);
    void ask(signal, next).then(() => !signal.aborted && setBusy(false));
  };
  return { list, error, busy, more: next === undefined ? undefined : more };
}

export interface Asked<T> {
  readonly value: T | undefined;
  readonly busy: boolean;
  readonly error: Said | undefined;
}

/** Answers to a question that changes; undefined asks nothing. `key` says whether it is another one. */
function useAnswer<T>(key: string, ask: (signal: AbortSignal) => Promise<T> | undefined): Asked<T> {
  const { epoch, noticed } = useServer();
  const [state, setState] = useState<Asked<T>>({ value: undefined, busy: false, error: undefined });
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` says whether `ask`, new with every drawing, is another.
  useEffect(() => {
    const stop = new AbortController();
    const asked = ask(stop.signal);
    if (!asked) return setState({ value: undefined, busy: false, error: undefined });
    setState((before) => ({ ...before, busy: true, error: undefined }));
    asked
      .then((value) => !stop.signal.aborted && setState({ value, busy: false, error: undefined }))
      .catch((thrown: unknown) => {
        if (stop.signal.aborted) return;
        setState({ value: undefined, busy: false, error: noticed(thrown) ? undefined : sayingOf(thrown) });
      });
    return () => stop.abort();
  }, [key, epoch, noticed]);
  return state;
}

/** `count` says that another photo came, as two may have one name. */
export function useRecognised(
  photo: File | undefined,
  count: number,
  catalogue: string,
): Asked<RecogniseResponse> {
  const { api } = useServer();
  return useAnswer(
    `${count} ${catalogue}`,
    (signal) =>
      photo &&
      api.products.recognise({ image: photo, ...(catalogue === "" ? {} : { catalogue }) }, { signal }),
  );
}

/** Products like one, and those that go with it. */
export function useRecommended(
  product: Product | undefined,
  catalogue: string,
): Asked<readonly [similar: RecommendResponse, looks: RecommendResponse]> {
  const { api } = useServer();
  const of = catalogue === "" ? {} : { catalogue };
  return useAnswer(
    `${product?.id ?? ""} ${catalogue}`,
    (signal) =>
      product &&
      Promise.all([
        api.products.recommend({ ...of, like: [product.id], top: 12, diverse: 0.8 }, { signal }),
        // A catalogue without rules has no looks: that is no fault of the question.
        api.products.recommend({ ...of, look: product.id }, { signal }).catch((thrown: unknown) => {
          if (signal.aborted) throw thrown;
          return { catalogue, version: 0 };
        }),
      ]),
  );
}

import { DOMParser, type Document, type Element, XMLSerializer } from "@xmldom/xmldom";
import { ClipError } from "../../errors.js";

const RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const DC = "http://purl.org/dc/elements/1.1/";
const XMLNS = "http://www.w3.org/2000/xmlns/";
/** Where zeroclip notes which subjects it wrote itself, so that it never takes away a person's. */
const OWN = "urn:zeroclip:xmp:1#";

const EMPTY = `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="zeroclip">
 <rdf:RDF xmlns:rdf="${RDF}">
  <rdf:Description rdf:about=""/>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>`;

function wrong(what: string): ClipError {
  return new ClipError("search.xmp", `Expected a sidecar in XMP but ${what}; it is left as it is.`);
}

function parse(text: string): Document {
  // Entities could be made to grow without end, or to read other files: XMP has none.
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw wrong("it has a document type of its own");
  try {
    const onError = (level: string, message: string): void => {
      if (level !== "warning") throw new Error(message);
    };
    return new DOMParser({ onError }).parseFromString(text.replace(/^\ufeff/, ""), "text/xml");
  } catch (error) {
    throw wrong(`it is no XML (${(error as Error).message.split("\n", 1)[0]!.slice(0, 100)})`);
  }
}

function childrenOf(parent: Element): Element[] {
  return [...parent.childNodes].filter((node): node is Element => node.nodeType === 1);
}

function named(parent: Element, space: string, ...names: readonly string[]): Element | undefined {
  return childrenOf(parent).find((one) => one.namespaceURI === space && names.includes(one.localName ?? ""));
}

function textsOf(list: Element | undefined): string[] {
  if (list === undefined) return [];
  return childrenOf(list)
    .filter(({ namespaceURI, localName }) => namespaceURI === RDF && localName === "li")
    .map(({ textContent }) => textContent ?? "");
}

/** Writes a property as an unordered list, in place of what it was; of none it is taken away. */
function setBag(description: Element, space: string, name: string, texts: readonly string[]): void {
  const document = description.ownerDocument!;
  const [prefix, local] = name.split(":") as [string, string];
  const before = named(description, space, local);
  if (texts.length === 0) {
    if (before) description.removeChild(before);
    return;
  }
  if (!description.lookupNamespaceURI(prefix)) {
    description.setAttributeNS(XMLNS, `xmlns:${prefix}`, space);
  }
  const property = before ?? document.createElementNS(space, name);
  while (property.firstChild) property.removeChild(property.firstChild);
  const bag = document.createElementNS(RDF, "rdf:Bag");
  for (const text of texts) {
    const item = document.createElementNS(RDF, "rdf:li");
    item.appendChild(document.createTextNode(text));
    bag.appendChild(item);
  }
  property.appendChild(bag);
  if (!before) description.appendChild(property);
}

/** Subjects of a property: those of its list, or its plain text. */
function subjectsOf(property: Element | undefined): string[] {
  if (property === undefined) return [];
  const list = named(property, RDF, "Bag", "Seq", "Alt");
  if (list) return textsOf(list);
  const text = property.textContent?.trim() ?? "";
  return text === "" ? [] : [text];
}

/** Signs that no XML can hold. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
const UNWRITABLE = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;

/**
 * A sidecar's text (undefined: there is none yet) with `labels` among its `dc:subject`. Subjects of others stay, those that an
 * earlier call wrote and that are not among `labels` go, all other properties stay as they are. Undefined: nothing changes. Raises `search.xmp`.
 */
export function mergeSubjects(text: string | undefined, labels: readonly string[]): string | undefined {
  if (text === undefined && labels.length === 0) return undefined;
  const document = parse(text ?? EMPTY);
  const [rdf] = document.getElementsByTagNameNS(RDF, "RDF");
  if (rdf === undefined) throw wrong("it has no rdf:RDF");
  const descriptions = childrenOf(rdf).filter(
    ({ namespaceURI, localName }) => namespaceURI === RDF && localName === "Description",
  );
  let home = descriptions.find((one) => named(one, DC, "subject")) ?? descriptions[0];
  if (home === undefined) {
    home = document.createElementNS(RDF, "rdf:Description");
    home.setAttributeNS(RDF, "rdf:about", "");
    rdf.appendChild(home);
  }
  const before = subjectsOf(named(home, DC, "subject"));
  const wrote = subjectsOf(named(home, OWN, "tagged"));
  const wanted = [...new Set(labels.map((label) => label.replaceAll(UNWRITABLE, "").trim()))].filter(Boolean);
  const kept = before.filter((subject) => !wrote.includes(subject));
  const added = wanted.filter((label) => !kept.includes(label));
  const after = [...kept, ...added];
  const isSame = (a: readonly string[], b: readonly string[]): boolean =>
    a.length === b.length && a.every((one) => b.includes(one));
  if (isSame(before, after) && isSame(wrote, added)) return undefined;
  setBag(home, DC, "dc:subject", after);
  setBag(home, OWN, "zeroclip:tagged", added);
  return new XMLSerializer().serializeToString(document);
}

// Imported first: methods are named by these symbols, which younger browsers have by themselves. `Symbol.for` gives the page
// and its worker, and whoever else fills them in the same way, one and the same.
for (const name of ["dispose", "asyncDispose"] as const) {
  if (Symbol[name] === undefined)
    Object.defineProperty(Symbol, name, { value: Symbol.for(`Symbol.${name}`), configurable: true });
}

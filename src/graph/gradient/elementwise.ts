import { numberOf } from "../attributes.js";
import { type Rule, single, unary } from "./rule.js";
import type { Tape } from "./tape.js";

/** Where the derivative of a power is taken of nothing smaller: x^(p − 1) of 0 would be no number. */
const LEAST_BASE = 1e-20;

/** Passes where the result lies between the bounds. It is asked of the result: what went in need not be kept. */
const cut = unary((_, gradient, y, tape, node) => {
  const [, least, most] = node.inputs;
  const parts = [
    ...(least ? [tape.node("Greater", [y, least])] : []),
    ...(most ? [tape.node("Less", [y, most])] : []),
  ];
  if (parts.length === 0) return gradient;
  return tape.where(parts.length === 1 ? parts[0]! : tape.node("And", parts), gradient);
});

const rectified = unary((_, gradient, y, tape) =>
  tape.where(tape.node("Greater", [y, tape.float(0)]), gradient),
);

/** Sums, each operand with its sign. */
function sum(signs: (position: number) => number): Rule {
  return single((node, gradient, tape) =>
    node.inputs.map((name, i) =>
      tape.needs(name) ? tape.scaled(tape.sumTo(gradient, node.outputs[0]!, name), signs(i)) : undefined,
    ),
  );
}

const multiply = single((node, gradient, tape) => {
  const [a, b] = node.inputs as [string, string];
  const of = (name: string, other: string): string | undefined =>
    tape.needs(name) ? tape.sumTo(tape.multiply(gradient, other), node.outputs[0]!, name) : undefined;
  return [of(a, b), of(b, a)];
});

const divide = single((node, gradient, tape) => {
  const [a, b] = node.inputs as [string, string];
  const y = node.outputs[0]!;
  const share = tape.node("Div", [gradient, b]);
  return [
    tape.needs(a) ? tape.sumTo(share, y, a) : undefined,
    tape.needs(b) ? tape.scaled(tape.sumTo(tape.multiply(share, y), y, b), -1) : undefined,
  ];
});

/** x^p for a p that nothing depends on. */
const power = single((node, gradient, tape) => {
  const [x, p] = node.inputs as [string, string];
  const base = tape.node("Max", [x, tape.float(LEAST_BASE)]);
  const lower = tape.node("Pow", [base, tape.node("Sub", [p, tape.float(1)])]);
  return [tape.sumTo(tape.multiply(gradient, tape.multiply(p, lower)), node.outputs[0]!, x)];
});

/** s + αx · s(1 − s) of s = sigmoid(αx): the derivative of x · s */
function swish(x: string, alpha: number, tape: Tape): string {
  const inner = tape.scaled(x, alpha);
  const s = tape.node("Sigmoid", [inner]);
  const rest = tape.node("Sub", [tape.float(1), s]);
  return tape.add(s, tape.multiply(inner, tape.multiply(s, rest)));
}

/** Φ(x) + x · φ(x): the derivative of x · Φ(x) */
function normal(x: string, tape: Tape): string {
  const erf = tape.node("Erf", [tape.scaled(x, Math.SQRT1_2)]);
  const share = tape.scaled(tape.add(erf, tape.float(1)), 0.5);
  const density = tape.scaled(
    tape.node("Exp", [tape.scaled(tape.multiply(x, x), -0.5)]),
    1 / Math.sqrt(2 * Math.PI),
  );
  return tape.add(share, tape.multiply(x, density));
}

/** The same for x · (1 + tanh u) / 2 with u = √(2/π) · (x + 0.044715 x³) */
function tanhNormal(x: string, tape: Tape): string {
  const root = Math.sqrt(2 / Math.PI);
  const square = tape.multiply(x, x);
  const u = tape.multiply(tape.scaled(x, root), tape.add(tape.scaled(square, 0.044715), tape.float(1)));
  const t = tape.node("Tanh", [u]);
  const du = tape.scaled(tape.add(tape.scaled(square, 3 * 0.044715), tape.float(1)), root);
  const slope = tape.multiply(tape.node("Sub", [tape.float(1), tape.multiply(t, t)]), du);
  return tape.scaled(tape.add(tape.add(t, tape.float(1)), tape.multiply(x, slope)), 0.5);
}

/** Operators that work on each element alone, and sums and products with what is repeated. */
export const ELEMENTWISE: Readonly<Record<string, Rule>> = {
  Add: sum(() => 1),
  Sum: sum(() => 1),
  Sub: sum((i) => (i === 0 ? 1 : -1)),
  Mul: multiply,
  Div: divide,
  Pow: power,
  Relu: rectified,
  Clip: cut,
  Neg: unary((_, gradient, __, tape) => tape.scaled(gradient, -1)),
  Exp: unary((_, gradient, y, tape) => tape.multiply(gradient, y)),
  Log: unary((x, gradient, _, tape) => tape.node("Div", [gradient, x])),
  Sqrt: unary((_, gradient, y, tape) => tape.node("Div", [tape.scaled(gradient, 0.5), y])),
  Tanh: unary((_, gradient, y, tape) =>
    tape.multiply(gradient, tape.node("Sub", [tape.float(1), tape.multiply(y, y)])),
  ),
  Sigmoid: unary((_, gradient, y, tape) =>
    tape.multiply(gradient, tape.multiply(y, tape.node("Sub", [tape.float(1), y]))),
  ),
  Erf: unary((x, gradient, _, tape) => {
    const density = tape.node("Exp", [tape.scaled(tape.multiply(x, x), -1)]);
    return tape.multiply(gradient, tape.scaled(density, 2 / Math.sqrt(Math.PI)));
  }),
  QuickGelu: unary((x, gradient, _, tape, node) =>
    tape.multiply(gradient, swish(x, numberOf(node, "alpha", 1.702), tape)),
  ),
  Gelu: unary((x, gradient, _, tape) => tape.multiply(gradient, normal(x, tape))),
  FastGelu: unary((x, gradient, _, tape) => tape.multiply(gradient, tanhNormal(x, tape))),
};

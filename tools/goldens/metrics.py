"""Writes test/golden/evaluate/metrics.json: figures of scikit-learn, scipy and numpy for src/evaluate/metrics.ts and statistics.ts.

Run from the repository root with scikit-learn and scipy beside tools/goldens/requirements.txt:
  python tools/goldens/metrics.py
"""

import json
import pathlib
import platform

import numpy as np
import scipy
import sklearn
from scipy.stats import binomtest, chi2
from sklearn.metrics import balanced_accuracy_score, log_loss, roc_auc_score, roc_curve, top_k_accuracy_score

SEED = 20_240_607
BINS = 15
rng = np.random.default_rng(SEED)


def ece(confidence, right, groups):
    return sum(len(g) / len(confidence) * abs(confidence[g].mean() - right[g].mean()) for g in groups if len(g))


def classification(n, classes):
    truth = rng.integers(0, classes, n)
    logits = rng.normal(0, 2, (n, classes))
    logits[np.arange(n), truth] += 1.5
    logits = np.round(logits, 3)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    predicted = p.argmax(1)
    confidence, right = p.max(1), (predicted == truth).astype(float)
    edges = np.linspace(0, 1, BINS + 1)
    width = [np.flatnonzero((confidence > a) & (confidence <= b)) for a, b in zip(edges[:-1], edges[1:])]
    mass = np.array_split(np.argsort(confidence, kind="stable"), BINS)
    labels = np.arange(classes)
    return {
        "truth": truth.tolist(),
        "logits": logits.tolist(),
        "top1": float(right.mean()),
        "top5": float(top_k_accuracy_score(truth, p, k=5, labels=labels)) if classes > 5 else 1.0,
        "meanPerClass": float(balanced_accuracy_score(truth, predicted)),
        "nll": float(log_loss(truth, p, labels=labels)),
        "brier": float(((p - np.eye(classes)[truth]) ** 2).sum(1).mean()),
        "eceWidth": float(ece(confidence, right, width)),
        "eceMass": float(ece(confidence, right, mass)),
    }


def detection(inside, outside, digits):
    a, b = np.round(rng.normal(1, 1, inside), digits), np.round(rng.normal(0, 1, outside), digits)
    truth, scores = np.r_[np.ones(inside), np.zeros(outside)], np.r_[a, b]
    fpr, tpr, _ = roc_curve(truth, scores, drop_intermediate=False)
    return {
        "belongs": a.tolist(),
        "strangers": b.tolist(),
        "auroc": float(roc_auc_score(truth, scores)),
        "fpr95": float(fpr[np.flatnonzero(tpr >= 0.95 - 1e-12)[0]]),
    }


def paired(first, second):
    both = first + second
    exact = both < 25
    p = binomtest(min(first, second), both, 0.5).pvalue if exact and both else 1.0
    if not exact:
        p = chi2.sf((abs(first - second) - 1) ** 2 / both if first != second else 0.0, 1)
    return {"onlyFirst": first, "onlySecond": second, "p": float(p), "method": "exact" if exact else "chi-squared"}


out = {
    "provenance": {
        "made by": "tools/goldens/metrics.py",
        "seed": SEED,
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
        },
    },
    "classification": [classification(40, 3), classification(67, 8), classification(200, 20)],
    "detection": [detection(60, 40, 6), detection(100, 100, 1), detection(7, 90, 0)],
    "paired": [
        paired(a, b)
        for a, b in [(0, 0), (1, 0), (3, 3), (2, 9), (0, 12), (10, 14), (12, 13), (20, 60), (50, 50), (7, 130), (400, 700)]
    ],
    "quantiles": [{"share": s, "value": float(np.quantile(np.arange(1, 12) ** 2, s))} for s in (0, 0.025, 0.5, 0.975, 1)],
    "erfc": [{"x": x, "value": float(scipy.special.erfc(x))} for x in (0, 0.1, 0.5, 1, 1.9, 2, 2.1, 3, 5, 10, 20)],
}
path = pathlib.Path("test/golden/evaluate/metrics.json")
path.parent.mkdir(parents=True, exist_ok=True)
path.write_text(json.dumps(out) + "\n")

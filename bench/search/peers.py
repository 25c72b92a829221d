"""faiss and hnswlib over the vectors of bench/search.mjs: a JSON object a line.

Run by it as `python peers.py FILE ROWS QUERIES DIM K`; needs faiss-cpu, hnswlib and numpy.
"""

import json
import os
import resource
import sys
import time

import faiss
import hnswlib
import numpy as np

path, rows, queries, dim, k = sys.argv[1], *map(int, sys.argv[2:])
everything = np.memmap(path, dtype="<f4", mode="r", shape=(rows + queries, dim))
base, asked = np.ascontiguousarray(everything[:rows]), np.ascontiguousarray(everything[rows:])
cores = os.cpu_count()


def memory():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def measure(name, build, search, truth, used):
    for query in asked[:20]:
        search(query[None])
    times, right = [], 0
    for i, query in enumerate(asked):
        began = time.perf_counter()
        found = search(query[None])[0]
        times.append(1000 * (time.perf_counter() - began))
        if truth is not None:
            right += len(set(found.tolist()) & truth[i])
    times.sort()
    began = time.perf_counter()
    for start in range(0, queries, 32):
        search(asked[start : start + 32])
    line = {
        "name": name,
        "build": build,
        "p50": times[len(times) // 2],
        "p95": times[int(len(times) * 0.95)],
        "recall": 1 if truth is None else right / (k * queries),
        "perSecond": queries / (time.perf_counter() - began),
        "memory": used,
    }
    print(json.dumps(line), flush=True)


def built(make):
    before, began = memory(), time.perf_counter()
    index = make()
    return index, time.perf_counter() - began, memory() - before


def flat():
    index = faiss.IndexFlatIP(dim)
    index.add(base)
    return index


def graph():
    index = faiss.IndexHNSWFlat(dim, 16, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = 128
    index.hnsw.efSearch = 96
    index.add(base)
    return index


def other_graph():
    index = hnswlib.Index(space="ip", dim=dim)
    index.init_index(max_elements=rows, ef_construction=128, M=16)
    index.set_num_threads(cores)
    index.add_items(base)
    index.set_ef(96)
    return index


index, build, used = built(flat)
truth = [set(row.tolist()) for row in index.search(asked, k)[1]]
measure("faiss, exact", build, lambda q: index.search(q, k)[1], None, used)
del index
index, build, used = built(graph)
measure("faiss, HNSW", build, lambda q: index.search(q, k)[1], truth, used)
del index
index, build, used = built(other_graph)
measure("hnswlib", build, lambda q: index.knn_query(q, k=k)[0], truth, used)

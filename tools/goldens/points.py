"""Writes test/golden/points: one mesh and one cloud in every format that src/points/read knows, written by other libraries, and
PointCLIP's two projections of the cloud computed with numpy and scipy from the publications' formulae.

Run from the repository root with numpy, scipy, trimesh, plyfile and pypcd4:
  python tools/goldens/points.py
"""

import importlib.metadata
import json
import pathlib
import platform

import numpy as np
import plyfile
import pypcd4
import scipy
import trimesh
from scipy.ndimage import convolve, maximum_filter

SEED = 20_261_129
OUT = pathlib.Path("test/golden/points")
OUT.mkdir(parents=True, exist_ok=True)
rng = np.random.default_rng(SEED)

# A mesh that is like itself from no side, in a place of its own.
mesh = trimesh.creation.annulus(r_min=0.3, r_max=0.7, height=0.9, sections=8)
mesh.vertices = mesh.vertices * [1, 2, 1] + rng.normal(0, 0.05, mesh.vertices.shape) + [4, -3, 2]
mesh.vertices = mesh.vertices.astype(np.float32)
vertices, faces = np.asarray(mesh.vertices, np.float64), np.asarray(mesh.faces)

mesh.export(OUT / "mesh.ply")
mesh.export(OUT / "mesh-ascii.ply", encoding="ascii")
mesh.export(OUT / "mesh.obj")
mesh.export(OUT / "mesh.off", digits=9)
mesh.export(OUT / "mesh.stl")
mesh.export(OUT / "mesh-ascii.stl", file_type="stl_ascii")
table = np.array([tuple(v) for v in vertices.astype("f8")], [(c, "f8") for c in "xyz"])
corners = np.array([(f,) for f in faces.astype("i4")], [("vertex_indices", "i4", (3,))])
parts = [plyfile.PlyElement.describe(table, "vertex"), plyfile.PlyElement.describe(corners, "face")]
plyfile.PlyData(parts, byte_order=">").write(OUT / "mesh-big-endian.ply")
# In a GLB the node moves what the mesh holds.
place = trimesh.transformations.compose_matrix(translate=[1, 2, 3], angles=[0.3, -0.2, 0.9], scale=[2, 1, 0.5])
scene = trimesh.Scene()
scene.add_geometry(mesh, transform=place)
scene.export(OUT / "mesh.glb")

# A cloud: a dented ball on a plate, with colours.
ball = rng.normal(0, 1, (260, 3))
ball /= np.linalg.norm(ball, axis=1, keepdims=True)
ball[:, 2] = ball[:, 2] * 0.8 + 0.9
plate = np.c_[rng.uniform(-1.2, 1.2, (140, 2)), rng.normal(0, 0.01, 140)]
cloud = np.r_[ball, plate].astype(np.float32)
colours = rng.integers(0, 256, cloud.shape).astype(np.uint8)
table = np.array(
    [(*p, *c) for p, c in zip(cloud, colours)],
    [(c, "f4") for c in "xyz"] + [(c, "u1") for c in ("red", "green", "blue")],
)
vertex = [plyfile.PlyElement.describe(table, "vertex")]
plyfile.PlyData(vertex, text=True).write(OUT / "cloud-ascii.ply")
for order, name in (("<", "little"), (">", "big")):
    plyfile.PlyData(vertex, byte_order=order).write(OUT / f"cloud-{name}-endian.ply")
np.savetxt(OUT / "cloud.xyz", np.c_[cloud, colours], "%.9g %.9g %.9g %d %d %d")
np.savetxt(OUT / "cloud.pts", np.c_[cloud, np.zeros(len(cloud)), colours], "%.9g %.9g %.9g %d %d %d %d", header=str(len(cloud)), comments="")
np.savetxt(OUT / "cloud.csv", cloud, "%.9g", delimiter=",", header="x,y,z", comments="")
np.save(OUT / "cloud-f4.npy", cloud)
np.save(OUT / "cloud-f8-big-endian.npy", cloud.astype(">f8"))
np.save(OUT / "cloud-fortran.npy", np.asfortranarray(cloud))
rgb = pypcd4.PointCloud.encode_rgb(colours)
pcd = pypcd4.PointCloud.from_xyzrgb_points(np.c_[cloud, rgb])
for form, encoding in (("ascii", pypcd4.Encoding.ASCII), ("binary", pypcd4.Encoding.BINARY), ("compressed", pypcd4.Encoding.BINARY_COMPRESSED)):
    pcd.save(OUT / f"cloud-{form}.pcd", encoding=encoding)
# Numbers of few bits, so that something is there to compress.
coarse = (np.round(cloud * 4) / 4).astype(np.float32)
pypcd4.PointCloud.from_xyz_points(coarse).save(OUT / "coarse-compressed.pcd", encoding=pypcd4.Encoding.BINARY_COMPRESSED)


def camera(around, above):
    a, e = np.radians([around, above])
    ca, sa, ce, se = np.cos(a), np.sin(a), np.cos(e), np.sin(e)
    return np.array([[-sa, ca, 0], [-se * ca, -se * sa, ce], [ce * ca, ce * sa, se]])


def plain(seen, side=128, distance=1.6):
    """PointCLIP: x/z and y/z round up to a pixel, which takes the depth, several by 1/depth."""
    depth = distance - seen[:, 2]
    column = np.ceil((seen[:, 0] / depth + 1) * side / 2).astype(int)
    row = np.ceil((1 - seen[:, 1] / depth) * side / 2).astype(int)
    values, weights = np.zeros((side, side)), np.zeros((side, side))
    np.add.at(values, (row, column), depth * (1 / depth))
    np.add.at(weights, (row, column), 1 / depth)
    return np.where(weights > 0, values / np.maximum(weights, 1e-12), 0) / (distance + 1)


def realistic(seen, cells=112, depth=8, filled=0.8, bias=0.2):
    """PointCLIP V2: quantise, densify, smooth, squeeze."""
    low, high = seen.min(0), seen.max(0)
    p = (seen - (low + high) / 2) / (high - low).max() * 2
    column = np.clip(np.ceil((p[:, 0] * filled + 1) / 2 * cells), 1, cells - 2).astype(int)
    row = np.clip(np.ceil((1 - p[:, 1] * filled) / 2 * cells), 1, cells - 2).astype(int)
    near = ((p[:, 2] + 1) / 2 + bias) / (1 + bias) * (depth - 2)
    grid = np.zeros((depth, cells, cells))
    np.maximum.at(grid, (np.ceil(near).astype(int), row, column), np.clip(near, 1, depth - 2))
    # Windows of seven with two cells of padding: of cells + 4 - 7 + 1 places.
    padded = np.pad(grid, ((0, 0), (2, 2), (2, 2)))
    dense = np.stack([maximum_filter(s, 7)[3:-3, 3:-3] for s in padded])
    xs = np.arange(3) - 1
    kernel = np.exp(-(xs**2) / (2 * 3**2))
    kernel = np.outer(kernel, kernel) / np.outer(kernel, kernel).sum()
    image = np.stack([convolve(s, kernel, mode="constant") for s in dense]).max(0)
    return 1 - image / image.max()


low, high = cloud.min(0).astype(float), cloud.max(0).astype(float)
framed = cloud - (low + high) / 2
framed /= np.linalg.norm(framed, axis=1).max()
np.save(OUT / "plain-right.npy", plain(framed @ camera(90, 0).T).astype("<f4"))
np.save(OUT / "realistic-front-right.npy", realistic(framed @ camera(45, 20).T).astype("<f4"))

moved = trimesh.transform_points(vertices, place)
(OUT / "expected.json").write_text(
    json.dumps(
        {
            "provenance": {
                "script": "tools/goldens/points.py",
                "seed": SEED,
                "python": platform.python_version(),
                "numpy": np.__version__,
                "scipy": scipy.__version__,
                "trimesh": trimesh.__version__,
                "plyfile": importlib.metadata.version("plyfile"),
                "pypcd4": importlib.metadata.version("pypcd4"),
            },
            "mesh": {"vertices": vertices.round(6).tolist(), "faces": faces.tolist(), "moved": moved.round(6).tolist()},
            "cloud": {"points": cloud.astype(float).round(6).tolist(), "colours": colours.tolist()},
        }
    )
)

from . import ops, transforms

__version__ = "0.0.0+shim"

"""A local server that behaves like iTop 3.2, fed by recorded answers or by generated rows of the same form."""

from hd_assets.standin.itop.server import ItopStandin
from hd_assets.standin.itop.serving import StandinTransport, serving
from hd_assets.standin.itop.store import Store

__all__ = ["ItopStandin", "StandinTransport", "Store", "serving"]

"""The settings that every service has, whatever it does; each service joins them with its own (see `settings`)."""

from typing import Final

from servicekit import logs, settings
from servicekit.settings import Setting

LOCAL_DIR: Final = Setting("LOCAL_DIR", "./.local", settings.path, meaning="where everything lies that is not set")
KEYS_DIR: Final = Setting("KEYS_DIR", "{LOCAL_DIR}/keys", settings.path, meaning="all key files")
PUBLIC_URL: Final = Setting("PUBLIC_URL", None, settings.http_url, meaning="the address people use; https: HSTS")
TRUSTED_PROXIES: Final = Setting(
    "TRUSTED_PROXIES", "0", settings.integer(0, 8), meaning="hops whose forwarded headers count"
)
WORKERS: Final = Setting("WEB_WORKERS", "2", settings.integer(1, 64), meaning="processes that answer requests")
THREADS: Final = Setting("WEB_THREADS", "8", settings.integer(1, 64), meaning="threads in each")
LOG_LEVEL: Final = Setting("LOG_LEVEL", "info", settings.choice(*logs.LEVELS), meaning="what is logged")
EMBEDDED_PG_BIN: Final = Setting("EMBEDDED_PG_BIN", None, settings.path, meaning="a folder with initdb and postgres")
SCRATCH: Final = Setting(
    "ALLOW_SCRATCH_DATABASE", "0", settings.flag, meaning="trials only: a server that may lose data, and the test clock"
)
TEST_CLOCK: Final = Setting("TEST_CLOCK_FILE", None, settings.path, meaning="an instant taken as now, on scratch only")

SERVICE_SETTINGS: Final = (
    LOCAL_DIR, KEYS_DIR, PUBLIC_URL, TRUSTED_PROXIES, WORKERS, THREADS, LOG_LEVEL, EMBEDDED_PG_BIN, SCRATCH, TEST_CLOCK,
)  # fmt: skip

DEVELOPMENT_KEYS: Final = "DEVELOPMENT KEYS IN USE"
"""What logs, readiness and exports say where the keys were made beside an embedded server, for trying things out."""

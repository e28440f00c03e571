"""A real SMTP server on this machine, with STARTTLS, that takes e-mail or does not, as a test says."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"


class Sink:
    """What arrived, and how the next one is answered."""

    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "relay.pem"
        self._tls = _server_context(self.certificate)
        self.arrived: list[bytes] = []
        """Every message that came to its final dot."""
        self.to: list[list[str]] = []
        self.has_begun = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.mail = self.rcpt = self.data = "250 OK"
        self.drops_after_dot = self.drops_at_data = False
        self.offers_tls = True
        self.during: Callable[[], None] | None = None
        """What happens in the world while the relay has the message and has not answered."""
        self.port = 0

    @property
    def url(self) -> str:
        """Return the setting that names it."""
        return f"smtp://{HOST}:{self.port}"

    def trusted(self) -> ssl.SSLContext:
        """Return what a client needs to trust it."""
        return ssl.create_default_context(cafile=str(self.certificate))

    def protocol(self) -> SMTP:
        """Return what answers one connection."""
        tls = {"tls_context": self._tls, "require_starttls": True} if self.offers_tls else {}
        return _Answering(self, **tls)

    async def handle_MAIL(  # noqa: N802 - the library's name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Answer who sends."""
        envelope.mail_from = address
        return self.mail

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Answer to whom."""
        envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - the library's name
        """Take a message: at this point its final dot has come."""
        self.arrived.append(envelope.original_content)
        self.to.append(list(envelope.rcpt_tos))
        self.has_begun.set()
        await asyncio.to_thread(self.may_answer.wait, 30)
        if self.during is not None:
            await asyncio.to_thread(self.during)
        if self.drops_after_dot:
            _cut(server.transport)
        return self.data


class _Answering(SMTP):
    def __init__(self, sink: Sink, **options: Any) -> None:
        super().__init__(sink, hostname="relay.example.org", **options)
        self._sink = sink

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - the library's name
        if self._sink.drops_at_data:
            _cut(self.transport)
            return
        await super().smtp_DATA(arg)


def _cut(transport: Any) -> None:
    transport.abort()


@contextmanager
def smtp_sink(folder: Path) -> Iterator[Sink]:
    """Run one, on a port that nobody else has."""
    sink = Sink(folder)
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(sink.protocol, HOST, 0))
    sink.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        sink.may_answer.set()
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _server_context(file: Path) -> ssl.SSLContext:
    """Return a TLS context with a certificate of its own making, which lies in the file with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context

"""The sandbox's AWS as an HTTP server: one thread a connection, connections kept alive."""

import contextlib
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sandbox.aws.cloud import Cloud
from sandbox.aws.gateway import ConnectionCutError, Gateway
from sandbox.aws.http_messages import HttpRequest, HttpResponse


class Server:
    """A running server.

    State lives in moto's process-wide backends: run one at a time in a process.

    Attributes:
        cloud: The state behind it.
    """

    def __init__(
        self, cloud: Cloud, host: str = "127.0.0.1", port: int = 0, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Binds the port.

        Args:
            cloud: The state to serve.
            host: Address to bind.
            port: Port to bind; 0 takes a free one.
            sleep: Waits so many seconds, for faults with a delay.

        Raises:
            OSError: The port is taken.
        """
        self.cloud = cloud
        self._http = _HttpServer((host, port), Gateway(cloud, sleep))

    @property
    def url(self) -> str:
        """Where it answers."""
        host, port = self._http.server_address[:2]
        return f"http://{host!s}:{port}"

    def serve(self) -> None:
        """Answers requests until `stop` is called from another thread."""
        self._http.serve_forever(poll_interval=0.1)

    def stop(self) -> None:
        """Makes `serve` return, and closes the port."""
        self._http.shutdown()
        self._http.server_close()

    @contextlib.contextmanager
    def running(self) -> Iterator["Server"]:
        """Serves from a thread of this process for the length of a `with` block."""
        thread = threading.Thread(target=self.serve, name="sandbox-aws", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.stop()
            thread.join()


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], gateway: Gateway) -> None:
        self.gateway = gateway
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # http.server would look its own address up in the DNS, which a sandbox may not have.
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request_thread(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override] # typeshed allows datagrams too
        with self._connections_lock:
            self._connections.add(request)
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._connections_lock:
                self._connections.discard(request)

    def server_close(self) -> None:
        super().server_close()
        # Idle clients keep connections open; without this their threads would outlive the server.
        with self._connections_lock:
            for connection in self._connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    server: _HttpServer
    protocol_version = "HTTP/1.1"
    server_version = "sandbox-aws"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1

    def handle(self) -> None:
        # A client that goes away ends its connection, nothing else.
        with contextlib.suppress(ConnectionError, BrokenPipeError):
            super().handle()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Requests are in the call log; nothing goes to stderr."""

    def _answer(self) -> None:
        path, _, query = self.path.partition("?")
        request = HttpRequest(
            method=self.command,
            raw_path=path,
            raw_query=query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self._body(),
        )
        try:
            response = self.server.gateway.answer(request)
        except ConnectionCutError:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        except Exception:  # noqa: BLE001 - a defect here must show as a server's error, not as a lost connection
            traceback.print_exc(file=sys.stderr)
            response = HttpResponse.of_json({"message": "the sandbox failed; its stderr says why"}, 500)
        self._send(response)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunked_body()
        length = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(length) if length else b""

    def _chunked_body(self) -> bytes:
        chunks = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline() not in {b"\r\n", b""}:
            pass
        return b"".join(chunks)

    def _send(self, response: HttpResponse) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, str(value))
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _answer  # noqa: N815 - http.server's names

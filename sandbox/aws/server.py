"""The sandbox's AWS as an HTTP server: one thread a connection, connections kept alive."""

import contextlib
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sandbox.aws.call_path import CallPath, ConnectionCutError
from sandbox.aws.cloud import Cloud
from sandbox.aws.gateway import Gateway
from sandbox.aws.http_messages import HttpRequest, HttpResponse
from sandbox.aws.oci_registry import OciRegistry, is_for_registry
from sandbox.aws.request_bodies import IncompleteBodyError, RequestBody


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
        path = CallPath(cloud, sleep)
        self._http = _HttpServer((host, port), Gateway(cloud, path), OciRegistry(cloud, path))

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

    def __init__(self, address: tuple[str, int], gateway: Gateway, registry: OciRegistry) -> None:
        self.gateway = gateway
        self.registry = registry
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
        try:
            path, _, query = self.path.partition("?")
            request = HttpRequest(
                method=self.command,
                raw_path=path,
                raw_query=query,
                headers={name.lower(): value for name, value in self.headers.items()},
                is_client_gone=self._is_client_gone,
            )
            self._send(self._response(request, self._body()))
        except (ConnectionCutError, IncompleteBodyError):
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)

    def _response(self, request: HttpRequest, body: RequestBody) -> HttpResponse:
        try:
            if is_for_registry(request):
                response = self.server.registry.answer(request, body)
            else:
                response = self.server.gateway.answer(replace(request, body=body.read()))
        except (ConnectionCutError, IncompleteBodyError):
            raise
        except Exception:  # noqa: BLE001 - a defect here must show as a server's error, not as a lost connection
            traceback.print_exc(file=sys.stderr)
            response = HttpResponse.of_json({"message": "the sandbox failed; its stderr says why"}, 500)
        body.discard()
        return response

    def _is_client_gone(self) -> bool:
        # A client that waits for its answer sends nothing, so what can be read is the connection's end.
        try:
            return not self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _body(self) -> RequestBody:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return RequestBody(self.rfile, None)
        return RequestBody(self.rfile, int(self.headers.get("Content-Length") or 0))

    def _send(self, response: HttpResponse) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, str(value))
        if "Content-Length" not in response.headers:
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        with contextlib.closing(response.pieces) if response.pieces is not None else contextlib.nullcontext():
            if self.command != "HEAD":
                for piece in response.pieces or (response.body,):
                    self.wfile.write(piece)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _answer  # noqa: N815 - http.server's names

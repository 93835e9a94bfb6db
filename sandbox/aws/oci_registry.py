"""The registry that images are pushed to and pulled from: the OCI distribution API of ECR and ECR Public.

Manifests and tags are the ones of the ECR API; layers' bytes come from and go to the layer store as a stream.
"""

from collections.abc import Callable, Mapping

from sandbox.aws import layer_links, oci_images
from sandbox.aws.call_path import CallPath
from sandbox.aws.cloud import Cloud
from sandbox.aws.http_messages import HttpRequest, HttpResponse
from sandbox.aws.layer_store import LayerStore, LayerStoreError
from sandbox.aws.manifests import read_manifest
from sandbox.aws.oci_callers import TOKEN_PATH, Caller, find_address, give_public_token, identify
from sandbox.aws.oci_errors import (
    DENIED,
    MANIFEST_INVALID,
    UNKNOWN,
    VERSION_HEADER,
    OciCode,
    OciError,
    oci_error_response,
)
from sandbox.aws.oci_requests import Operation, first_byte, read_oci_request
from sandbox.aws.oci_steps import Exchange, Steps
from sandbox.aws.oci_uploads import Upload, Uploads
from sandbox.aws.request_bodies import BodyTooLongError, RequestBody

LONGEST_MANIFEST = 4 * 1024 * 1024
"""Most bytes of a manifest (`PutImage`, ECR API reference)."""


def is_for_registry(request: HttpRequest) -> bool:
    """Whether a request speaks the registry's API. AWS APIs may have paths under `/v2/` too, but are signed."""
    path = request.raw_path
    if "AWS4-HMAC-SHA256" in request.headers.get("authorization", "") or "X-Amz-Algorithm" in request.raw_query:
        return False
    return path.startswith(("/v2/", layer_links.PREFIX)) or path in {"/v2", TOKEN_PATH, f"{TOKEN_PATH}/"}


class OciRegistry:
    """Answers every request of a registry client.

    Args:
        cloud: The state of the sandbox.
        path: The way of calls through it.
    """

    def __init__(self, cloud: Cloud, path: CallPath) -> None:
        self._cloud = cloud
        self._steps = Steps(path)
        self._uploads = Uploads()
        self._answers: Mapping[Operation, Callable[[Exchange], HttpResponse]] = {
            Operation.PING: self._ping,
            Operation.READ_MANIFEST: self._read_manifest,
            Operation.PUT_MANIFEST: self._put_manifest,
            Operation.CHECK_LAYER: self._check_layer,
            Operation.READ_LAYER: self._read_layer,
            Operation.BEGIN_UPLOAD: self._begin_upload,
            Operation.UPLOAD_PART: self._upload_part,
            Operation.UPLOAD_PROGRESS: self._upload_progress,
            Operation.FINISH_UPLOAD: self._finish_upload,
            Operation.LIST_TAGS: self._list_tags,
        }

    def answer(self, request: HttpRequest, body: RequestBody) -> HttpResponse:
        """Answers one request.

        Args:
            request: The request without its body.
            body: Its body, read as far as it is needed.

        Raises:
            ConnectionCutError: The connection is to be closed without an answer.
            IncompleteBodyError: The client went away in the middle of the body.
        """
        try:
            if request.raw_path.startswith(layer_links.PREFIX):
                return self._send_layer(request)
            caller = self._identify(request)
            if request.raw_path.rstrip("/") == TOKEN_PATH:
                return HttpResponse.of_json({"token": give_public_token(self._cloud, caller)})
            asked = read_oci_request(request.method, request.raw_path, request.raw_query)
            address = find_address(request.host, asked.name, caller)
            return self._answers[asked.operation](Exchange(request, body, asked, caller, address))
        except OciError as error:
            return oci_error_response(error)
        except LayerStoreError as error:
            return oci_error_response(OciError(UNKNOWN, str(error)))

    @property
    def _layers(self) -> LayerStore:
        if self._cloud.layers is None:
            text = "This AWS sandbox was started without --registry, so that it has no images to push or pull."
            raise OciError(OciCode("UNSUPPORTED", 501), text)
        return self._cloud.layers

    def _identify(self, request: HttpRequest) -> Caller:
        _ = self._layers
        with self._cloud.lock:
            return identify(self._cloud, request.headers)

    def _send_layer(self, request: HttpRequest) -> HttpResponse:
        layers = self._layers
        try:
            digest = self._cloud.layer_links.digest(request.raw_path, self._cloud.clock())
        except layer_links.InvalidLinkError as error:
            raise OciError(DENIED, str(error)) from None
        found = layers.read(digest, request.headers.get("range"))
        return HttpResponse(found.status, headers=found.headers, pieces=found.pieces)

    def _ping(self, exchange: Exchange) -> HttpResponse:
        exchange.admit(Operation.PING)
        return _answer(200, {"Content-Type": "application/json"}, b"{}")

    def _read_manifest(self, exchange: Exchange) -> HttpResponse:
        image = self._steps.take(
            exchange,
            Operation.READ_MANIFEST,
            lambda: oci_images.read_image(self._cloud, exchange.address, exchange.asked),
        )
        headers = {"Content-Type": image.image_manifest_media_type or "", "Docker-Content-Digest": image.image_digest}
        return _answer(200, headers, image.image_manifest.encode())

    def _put_manifest(self, exchange: Exchange) -> HttpResponse:
        try:
            text = exchange.body.read(LONGEST_MANIFEST).decode()
        except (BodyTooLongError, UnicodeDecodeError) as error:
            raise OciError(MANIFEST_INVALID, f"the manifest cannot be read: {error}") from None
        media_type = exchange.request.headers.get("content-type", "").partition(";")[0].strip() or None
        self._steps.take(
            exchange,
            Operation.PUT_MANIFEST,
            lambda: oci_images.put_image(self._cloud, exchange.address, exchange.asked, text, media_type),
        )
        return _answer(201, _stored_at(exchange, "manifests", read_manifest(text).digest))

    def _check_layer(self, exchange: Exchange) -> HttpResponse:
        digest = exchange.asked.digest
        size = self._steps.take(
            exchange, Operation.CHECK_LAYER, lambda: oci_images.layer_size(self._cloud, exchange.address, digest)
        )
        return _answer(200, {**_layer_headers(digest), "Content-Length": str(size)})

    def _read_layer(self, exchange: Exchange) -> HttpResponse:
        digest = exchange.asked.digest
        self._steps.take(
            exchange, Operation.READ_LAYER, lambda: oci_images.check_layer(self._cloud, exchange.address, digest)
        )
        # ECR keeps no layers itself: it sends its clients to S3.
        location = self._cloud.layer_links.path(digest, self._cloud.clock())
        return _answer(307, {**_layer_headers(digest), "Location": location})

    def _begin_upload(self, exchange: Exchange) -> HttpResponse:
        def begin() -> Upload:
            with self._cloud.lock:
                oci_images.open_repository(self._cloud, exchange.address)
            return self._uploads.begin(self._layers, exchange.address)

        # A layer of another repository (`mount`) and one in this very request (`digest`) are uploaded all the same, as
        # the specification allows.
        return _upload_at(exchange, self._steps.take(exchange, Operation.BEGIN_UPLOAD, begin), 202)

    def _upload_part(self, exchange: Exchange) -> HttpResponse:
        return _upload_at(exchange, self._append(exchange), 202)

    def _upload_progress(self, exchange: Exchange) -> HttpResponse:
        upload = self._steps.take(
            exchange,
            Operation.UPLOAD_PROGRESS,
            lambda: self._uploads.find(exchange.asked.upload, exchange.address),
        )
        return _upload_at(exchange, upload, 204)

    def _finish_upload(self, exchange: Exchange) -> HttpResponse:
        digest = exchange.asked.digest
        if not exchange.body.is_empty:
            self._append(exchange)

        def finish() -> None:
            upload = self._uploads.find(exchange.asked.upload, exchange.address)
            self._uploads.finish(self._layers, upload, digest)
            oci_images.add_layer(self._cloud, exchange.address, digest, upload.size)

        self._steps.take(exchange, Operation.FINISH_UPLOAD, finish)
        return _answer(201, _stored_at(exchange, "blobs", digest))

    def _append(self, exchange: Exchange) -> Upload:
        def append() -> Upload:
            upload = self._uploads.find(exchange.asked.upload, exchange.address)
            first = first_byte(exchange.request.headers.get("content-range"))
            self._uploads.append(self._layers, upload, first, exchange.body)
            return upload

        return self._steps.take(exchange, Operation.UPLOAD_PART, append)

    def _list_tags(self, exchange: Exchange) -> HttpResponse:
        asked = exchange.asked
        every = self._steps.take(
            exchange, Operation.LIST_TAGS, lambda: oci_images.list_tags(self._cloud, exchange.address)
        )
        left = [tag for tag in every if tag > asked.after]
        shown = left[: asked.limit]
        headers = dict(VERSION_HEADER)
        if shown and len(shown) < len(left):
            headers["Link"] = f'</v2/{asked.name}/tags/list?n={asked.limit}&last={shown[-1]}>; rel="next"'
        response = HttpResponse.of_json({"name": asked.name, "tags": shown})
        return HttpResponse(200, response.body, {**response.headers, **headers})


def _answer(status: int, headers: Mapping[str, str], body: bytes = b"") -> HttpResponse:
    return HttpResponse(status, body, {**VERSION_HEADER, **headers})


def _layer_headers(digest: str) -> Mapping[str, str]:
    return {"Content-Type": "application/octet-stream", "Docker-Content-Digest": digest}


def _stored_at(exchange: Exchange, kind: str, digest: str) -> Mapping[str, str]:
    return {"Location": f"/v2/{exchange.asked.name}/{kind}/{digest}", "Docker-Content-Digest": digest}


def _upload_at(exchange: Exchange, upload: Upload, status: int) -> HttpResponse:
    headers = {
        "Location": f"/v2/{exchange.asked.name}/blobs/uploads/{upload.id}",
        "Range": f"0-{max(upload.size - 1, 0)}",
        "Docker-Upload-Uuid": upload.id,
    }
    return _answer(status, headers)

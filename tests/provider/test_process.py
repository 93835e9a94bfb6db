"""What the engine's plugin process relies on: the pickle, the type token, the log of grpc."""

from __future__ import annotations

import base64
import logging
import pickle
import pickletools

import pytest
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.dynamic.dynamic import serialize_provider

from nvcf.errors import Unreachable
from nvcf.provider import RegistryCredentialProvider, RegistryCredentialResource


def test_the_provider_is_pickled_by_reference() -> None:
    pickled = base64.b64decode(serialize_provider(RegistryCredentialProvider()))
    assert len(pickled) < 120
    texts = [argument for _, argument, _ in pickletools.genops(pickled) if isinstance(argument, str)]
    assert texts == ["nvcf.provider", "RegistryCredentialProvider"]
    assert type(pickle.loads(pickled)) is RegistryCredentialProvider
    assert pickled == base64.b64decode(serialize_provider(RegistryCredentialProvider()))


def test_the_type_token_is_pinned() -> None:
    assert RegistryCredentialResource._resource_type_name == "dynamic/nvcf:RegistryCredential"


@pytest.mark.parametrize(("error", "shown"), [(Unreachable("x"), False), (KeyError("x"), True)])
def test_grpc_prints_tracebacks_of_defects_only(
    error: Exception, shown: bool, caplog: pytest.LogCaptureFixture
) -> None:
    provider = RegistryCredentialProvider()
    provider.configure(ConfigureRequest(Config({}, "project")))
    try:
        raise error
    except (Unreachable, KeyError):
        logging.getLogger("grpc._server").exception("Exception calling application: x")
    assert bool(caplog.records) is shown


def test_output_names() -> None:
    resource = object.__new__(RegistryCredentialResource)
    names = [resource.translate_output_property(key) for key in ("credentialId", "name", "lastUpdatedAt")]
    assert names == ["credential_id", "name", "last_updated_at"]

"""The plugin against a real API server, called as the engine calls it."""

import base64
import threading
from typing import Any

import pytest
import yaml

from sandbox.plugins.kubernetes.cluster import ApiError, Cluster
from sandbox.plugins.kubernetes.objects import ObjectId
from sandbox.plugins.kubernetes.waiting import follow, is_gone
from sandbox.plugins.protocol.errors import InitializationError, PluginError
from sandbox.plugins.protocol.messages import Autonaming, CheckRequest, CreateRequest
from sandbox.plugins.protocol.values import UNKNOWN, Secret

SECRET = "kubernetes:core/v1:Secret"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
NAMESPACE = "kubernetes:core/v1:Namespace"
CRON_JOB = "kubernetes:batch/v1:CronJob"
JOB = "kubernetes:batch/v1:Job"


def secret(password: Any, **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": "s", **metadata}, "stringData": {"password": password}}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def cron_job(schedule: str = "0 * * * *") -> dict[str, Any]:
    container = {"name": "c", "image": "i", "resources": {"requests": {"cpu": "0.5", "memory": "1024Mi"}}}
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    return {"metadata": {"name": "cj"}, "spec": {"schedule": schedule, "jobTemplate": {"spec": {"template": template}}}}


def job(**metadata: Any) -> dict[str, Any]:
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}
    return {"metadata": {"name": "j", **metadata}, "spec": {"template": template}}


def outside(
    admin: Cluster, namespace: str, api_version: str, kind: str, name: str, body: dict[str, Any], manager: str = "else"
) -> None:
    """Change an object as somebody else would."""
    where = admin.kind(api_version, kind)
    admin.request("PATCH", where.path(namespace, name), body, "application/merge-patch+json", {"fieldManager": manager})


def remove(admin: Cluster, namespace: str, api_version: str, kind: str, name: str) -> None:
    admin.delete(admin.kind(api_version, kind), namespace, name, "Background")


class TestSecrets:
    def test_life(self, provider: Any, namespace: str, live: Any) -> None:
        resource = provider.resource(SECRET)
        outputs = resource.create(secret("one"))
        assert resource.id == f"{namespace}/s"
        assert outputs["data"] == {"password": encoded("one")}
        assert live("v1", "Secret", "s")["data"] == {"password": encoded("one")}
        assert not resource.diff(secret("one")).changes

        diff = resource.diff(secret("two"))
        assert [(change.path, change.replace) for change in diff.changes] == [("data.password", False)]
        resource.update(secret("two"))
        assert live("v1", "Secret", "s")["data"] == {"password": encoded("two")}

        resource.delete()
        with pytest.raises(ApiError, match="not found"):
            live("v1", "Secret", "s")
        resource.delete()  # gone already

    def test_data_is_secret_wherever_it_shows(self, provider: Any) -> None:
        resource = provider.resource(SECRET)
        checked = provider.plugin.check(CheckRequest(resource.target, {}, secret("one")))
        assert isinstance(checked.inputs["data"], Secret)
        created = provider.plugin.create(CreateRequest(resource.target, resource.check(secret("one")), preview=False))
        assert isinstance(created.outputs["data"], Secret)

    def test_a_field_that_the_program_drops_is_dropped_from_the_object(self, provider: Any, live: Any) -> None:
        resource = provider.resource(SECRET)
        resource.create({**secret("one", labels={"a": "1", "b": "2"}), "stringData": {"x": "1", "y": "2"}})
        resource.update({**secret("one", labels={"a": "1"}), "stringData": {"x": "1"}})
        found = live("v1", "Secret", "s")
        assert found["metadata"]["labels"] == {"a": "1"}
        assert found["data"] == {"x": encoded("1")}

    def test_without_mutable_secrets_the_old_one_goes_first(
        self, configured: Any, admin_kubeconfig: str, namespace: str
    ) -> None:
        provider = configured({"kubeconfig": admin_kubeconfig, "namespace": namespace}, {})
        resource = provider.resource(SECRET)
        resource.create(secret("one"))
        diff = resource.diff(secret("two"))
        assert [change.replace for change in diff.changes] == [True]
        assert diff.delete_before_replace


class TestNames:
    def test_a_name_is_made_and_kept(self, provider: Any) -> None:
        resource = provider.resource(SECRET, "cred")
        inputs = resource.check({})
        assert inputs["metadata"]["name"].startswith("cred-")
        assert len(inputs["metadata"]["name"]) == len("cred-") + 8
        assert inputs["metadata"]["annotations"] == {"pulumi.com/autonamed": "true"}
        resource.create({})
        assert resource.check({})["metadata"]["name"] == resource.outputs["metadata"]["name"]
        diff = resource.diff({"type": "other"})
        assert any(change.replace for change in diff.changes)
        assert not diff.delete_before_replace

    def test_the_engines_wish_decides(self, provider: Any) -> None:
        target = provider.resource(SECRET).target
        check = provider.plugin.check
        enforced = check(CheckRequest(target, {}, {}, Autonaming.ENFORCE, "exactly"))
        assert enforced.inputs["metadata"]["name"] == "exactly"
        disabled = check(CheckRequest(target, {}, {}, Autonaming.DISABLE))
        assert [failure.path for failure in disabled.failures] == ["metadata.name"]
        generated = check(CheckRequest(target, {}, {"metadata": {"generateName": "x-"}}))
        assert [failure.path for failure in generated.failures] == ["metadata.generateName"]

    def test_objects_outside_namespaces_get_none(self, provider: Any) -> None:
        assert "namespace" not in provider.resource(NAMESPACE).check({"metadata": {"name": "n"}})["metadata"]

    def test_the_namespace_of_the_object_wins(self, provider: Any) -> None:
        inputs = provider.resource(SECRET).check({"metadata": {"name": "n", "namespace": "other"}})
        assert inputs["metadata"]["namespace"] == "other"

    def test_a_namespace_that_only_the_object_has_is_no_change(self, provider: Any) -> None:
        resource = provider.resource(SECRET)
        resource.create(secret("one"))
        del resource.inputs["metadata"]["namespace"]
        assert not resource.diff(secret("one")).changes

    def test_moving_to_another_namespace_replaces(self, provider: Any) -> None:
        resource = provider.resource(SECRET)
        resource.create(secret("one"))
        diff = resource.diff(secret("one", namespace="other"))
        assert [(change.path, change.replace) for change in diff.changes] == [("metadata.namespace", True)]
        assert not diff.delete_before_replace


class TestPreviews:
    def test_a_dry_run_tells_defaults_and_leaves_nothing(self, provider: Any, live: Any) -> None:
        outputs = provider.resource(CRON_JOB).preview(cron_job())
        assert outputs["spec"]["concurrencyPolicy"] == "Allow"
        assert "status" not in outputs
        with pytest.raises(ApiError, match="not found"):
            live("batch/v1", "CronJob", "cj")

    @pytest.mark.parametrize(
        ("token", "inputs"),
        [
            (SECRET, {"metadata": {"name": "s", "namespace": "not-there-yet"}}),
            (SECRET, {"metadata": {"name": UNKNOWN}}),
            (SECRET, {"metadata": {"name": "s"}, "stringData": {"a": UNKNOWN}}),
            ("kubernetes:example.com/v1:Widget", {"metadata": {"name": "w"}}),
        ],
    )
    def test_what_cannot_be_tried_yet_is_taken_as_given(
        self, provider: Any, token: str, inputs: dict[str, Any]
    ) -> None:
        resource = provider.resource(token)
        assert resource.preview(inputs) == resource.check(inputs)

    def test_what_the_server_refuses_fails_the_preview(self, provider: Any) -> None:
        with pytest.raises(PluginError, match=r"cannot create CronJob .*/cj \(res\).*spec.schedule"):
            provider.resource(CRON_JOB).preview(cron_job("not a schedule"))

    def test_a_previewed_update_changes_nothing(self, provider: Any, live: Any) -> None:
        resource = provider.resource(SECRET)
        resource.create(secret("one"))
        assert resource.update(secret("two"), preview=True)["data"] == {"password": encoded("two")}
        assert live("v1", "Secret", "s")["data"] == {"password": encoded("one")}
        assert resource.update(secret(UNKNOWN), preview=True)["stringData"] == {"password": UNKNOWN}


class TestOthersAtWork:
    def test_an_object_that_exists_is_not_taken_over_silently(
        self, provider: Any, configured: Any, admin_kubeconfig: str, namespace: str
    ) -> None:
        provider.resource(SECRET).create(secret("one"))
        with pytest.raises(PluginError, match=r"(?s)already exists.*pulumi import.*upsertExistingObjects"):
            provider.resource(SECRET, "second").create(secret("two"))
        arguments = {"kubeconfig": admin_kubeconfig, "namespace": namespace, "upsertExistingObjects": "true"}
        taking = {**secret("two"), "metadata": {"name": "s", "annotations": {"pulumi.com/patchForce": "true"}}}
        outputs = configured(arguments, {}).resource(SECRET).create(taking)
        assert outputs["data"] == {"password": encoded("two")}

    def test_drift_shows_after_a_refresh(self, provider: Any, admin: Cluster, namespace: str) -> None:
        resource = provider.resource(SECRET)
        resource.create({**secret("one"), "stringData": {"changed": "1", "removed": "2", "kept": "3"}})
        before = resource.inputs
        assert resource.refresh()
        assert resource.inputs == before
        data = {"changed": encoded("other"), "removed": None, "foreign": encoded("x")}
        outside(admin, namespace, "v1", "Secret", "s", {"data": data, "metadata": {"labels": {"foreign": "x"}}})
        assert resource.refresh()
        assert resource.inputs["data"] == {"changed": encoded("other"), "kept": encoded("3")}
        assert "labels" not in resource.inputs["metadata"]

    def test_what_the_server_defaults_or_respells_is_no_drift(self, provider: Any) -> None:
        resource = provider.resource(CRON_JOB)
        resource.create(cron_job())
        assert resource.outputs["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["resources"] == {
            "requests": {"cpu": "500m", "memory": "1Gi"}
        }
        assert resource.refresh()
        assert not resource.diff(cron_job()).changes

    def test_a_conflict_is_told_and_can_be_forced(
        self, provider: Any, admin: Cluster, namespace: str, live: Any
    ) -> None:
        resource = provider.resource(SECRET)
        resource.create(secret("one"))
        outside(admin, namespace, "v1", "Secret", "s", {"data": {"password": encoded("theirs")}})
        with pytest.raises(PluginError, match=r'(?s)conflict with "else".*ignore_changes.*patchForce'):
            resource.update(secret("two"))
        resource.update(secret("two", annotations={"pulumi.com/patchForce": "true"}))
        assert live("v1", "Secret", "s")["data"] == {"password": encoded("two")}

    def test_fields_are_handed_over_to_another_name(self, provider: Any, live: Any) -> None:
        resource = provider.resource(SECRET)
        resource.create(secret("one"))
        resource.update(secret("two"))
        resource.update(secret("two", annotations={"pulumi.com/patchFieldManager": "team"}))
        found = live("v1", "Secret", "s")
        assert {entry["manager"] for entry in found["metadata"]["managedFields"]} == {"team"}
        assert found["data"] == {"password": encoded("two")}

    def test_what_kubectl_changed_is_taken_over_as_the_official_plugin_does(
        self, provider: Any, admin: Cluster, namespace: str, live: Any
    ) -> None:
        resource = provider.resource(SECRET)
        resource.create(secret("one"))
        outside(admin, namespace, "v1", "Secret", "s", {"data": {"password": encoded("x")}}, manager="kubectl-patch")
        resource.update(secret("two"))
        assert live("v1", "Secret", "s")["data"] == {"password": encoded("two")}
        outside(admin, namespace, "v1", "Secret", "s", {"data": {"password": encoded("x")}}, manager="kubectl-patch")
        resource.update(secret("three", labels={"a": "1"}), ignored=["data"])
        assert live("v1", "Secret", "s")["data"] == {"password": encoded("x")}
        outside(admin, namespace, "v1", "Secret", "s", {"data": {"password": encoded("y")}}, manager="kubectl-patch")
        with pytest.raises(PluginError, match='conflict with "kubectl-patch"'):
            resource.update(secret("four"), preview=True)

    def test_ignored_changes_stay_anothers(self, provider: Any, admin: Cluster, namespace: str, live: Any) -> None:
        resource = provider.resource(SECRET)
        resource.create(secret("seed"))
        outside(admin, namespace, "v1", "Secret", "s", {"data": {"password": encoded("fresh")}})
        labelled = secret("seed", labels={"team": "a"})
        assert resource.update(labelled, preview=True, ignored=["data"])["data"] == {"password": encoded("fresh")}
        resource.update(labelled, ignored=["data"])
        found = live("v1", "Secret", "s")
        assert found["data"] == {"password": encoded("fresh")}
        assert found["metadata"]["labels"] == {"team": "a"}
        assert not resource.diff(secret("other", labels={"team": "a"}), ignored=["data"]).changes

    def test_an_object_deleted_outside_is_gone_after_a_refresh(
        self, provider: Any, admin: Cluster, namespace: str
    ) -> None:
        resource = provider.resource(SECRET)
        resource.create(secret("one"))
        remove(admin, namespace, "v1", "Secret", "s")
        with pytest.raises(PluginError, match=r"(?s)not found.*pulumi refresh"):
            resource.update(secret("two"))
        assert not resource.refresh()

    def test_a_patch_resource_manages_some_fields_and_gives_them_back(
        self, provider: Any, admin: Cluster, namespace: str, live: Any
    ) -> None:
        kind = admin.kind("v1", "ConfigMap")
        admin.create(
            kind,
            namespace,
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"a": "1"}},
            "else",
            dry_run=False,
        )
        resource = provider.resource("kubernetes:core/v1:ConfigMapPatch")
        resource.create({"metadata": {"name": "m"}, "data": {"b": "2"}})
        assert live("v1", "ConfigMap", "m")["data"] == {"a": "1", "b": "2"}
        resource.delete()
        assert live("v1", "ConfigMap", "m")["data"] == {"a": "1"}


class TestImports:
    def test_by_id_and_type(self, provider: Any, namespace: str) -> None:
        provider.resource(SECRET).create({**secret("one", labels={"a": "1"}), "type": "Opaque"})
        resource = provider.resource(SECRET)  # another one's, whose name the fields are in
        assert resource.import_(f"{namespace}/s")
        assert not resource.diff({**secret("one", labels={"a": "1"}), "type": "Opaque"}).changes
        assert resource.diff(secret("two", labels={"a": "1"})).changes
        resource.update({**secret("two"), "type": "Opaque"})
        assert resource.outputs["data"] == {"password": encoded("two")}

    def test_outside_namespaces(self, provider: Any) -> None:
        resource = provider.resource(NAMESPACE)
        assert resource.import_("kube-system")
        assert resource.inputs["metadata"]["name"] == "kube-system"

    @pytest.mark.parametrize("token", [SECRET, "kubernetes:example.com/v1:Widget"])
    def test_what_is_not_there(self, provider: Any, token: str) -> None:
        assert not provider.resource(token).import_("default/nothing")


class TestWaiting:
    def test_a_namespace_is_gone_when_delete_returns(self, provider: Any, admin: Cluster) -> None:
        resource = provider.resource(NAMESPACE, "gone")
        resource.create({})
        resource.delete()
        with pytest.raises(ApiError, match="not found"):
            admin.get(admin.kind("v1", "Namespace"), "", resource.id)

    def test_a_deletion_that_is_held_up_says_by_what(self, provider: Any, admin: Cluster, namespace: str) -> None:
        resource = provider.resource(SECRET)
        resource.create(secret("one", finalizers=["example.com/hold"]))
        with pytest.raises(PluginError, match=r"still there after 1 s.*example.com/hold.*custom_timeouts"):
            resource.delete(timeout=1)
        outside(admin, namespace, "v1", "Secret", "s", {"metadata": {"finalizers": None}})

    def test_a_job_that_never_completes_is_kept_in_state(self, provider: Any, namespace: str) -> None:
        with pytest.raises(InitializationError, match=r"did not complete in 1 s.*pulumi.com/skipAwait") as failure:
            provider.resource(JOB).create(job(), timeout=1)
        assert failure.value.resource_id == f"{namespace}/j"
        assert failure.value.outputs["metadata"]["uid"]

    def test_a_job_is_not_waited_for_when_told_so(self, provider: Any) -> None:
        assert provider.resource(JOB).create(job(annotations={"pulumi.com/skipAwait": "true"}))["kind"] == "Job"

    @pytest.mark.parametrize(
        ("condition", "error"), [("Complete", None), ("Failed", "it failed: BackoffLimitExceeded: too often")]
    )
    def test_a_job_that_ends(
        self, provider: Any, admin: Cluster, namespace: str, live: Any, condition: str, error: str | None
    ) -> None:
        target = admin.kind("batch/v1", "Job")
        suspended = {**job(), "spec": {**job()["spec"], "suspend": True}}

        def end_it() -> None:
            while True:
                try:
                    live("batch/v1", "Job", "j")
                except ApiError:
                    continue
                break
            ended = {"type": condition, "status": "True", "reason": "BackoffLimitExceeded", "message": "too often"}
            before = {
                "type": {"Complete": "SuccessCriteriaMet", "Failed": "FailureTarget"}[condition],
                "status": "True",
            }
            now = "2030-01-01T00:00:00Z"
            status = {"startTime": now, "conditions": [before, ended]}
            if condition == "Complete":
                status["completionTime"] = now
            path = target.path(namespace, "j") + "/status"
            admin.request("PATCH", path, {"status": status}, "application/merge-patch+json")

        ending = threading.Thread(target=end_it)
        ending.start()
        try:
            if error:
                with pytest.raises(InitializationError, match=error):
                    provider.resource(JOB).create(suspended, timeout=30)
            else:
                provider.resource(JOB).create(suspended, timeout=30)
        finally:
            ending.join()

    def test_an_object_is_made_when_its_namespace_comes_late(
        self, provider: Any, admin: Cluster, namespace: str
    ) -> None:
        late = f"{namespace}-late"
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": late}}
        making = threading.Timer(0.2, lambda: admin.create(admin.kind("v1", "Namespace"), "", body, "t", dry_run=False))
        making.start()
        try:
            resource = provider.resource(CONFIG_MAP)
            resource.create({"metadata": {"name": "c", "namespace": late}})
        finally:
            making.join()
        assert resource.id == f"{late}/c"

    def test_cancelling_ends_the_wait(self, provider: Any, namespace: str) -> None:
        provider.plugin.cancel()
        with pytest.raises(PluginError, match="Create the namespace first"):
            provider.resource(CONFIG_MAP).create({"metadata": {"name": "c", "namespace": "never"}})

    def test_a_second_object_of_the_same_name_counts_as_gone(self, admin: Cluster, namespace: str) -> None:
        kind = admin.kind("v1", "ConfigMap")
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}
        admin.create(kind, namespace, body, "t", dry_run=False)
        never = threading.Event()
        found = follow(admin, kind, ObjectId(namespace, "c"), is_gone("another"), seconds=1, cancelled=never)
        assert found


class TestRefusals:
    def test_a_user_without_the_permission(
        self, admin: Cluster, configured: Any, admin_kubeconfig: str, namespace: str
    ) -> None:
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/default/token"
        token = wait_for_token(admin, path, namespace)
        config = yaml.safe_load(admin_kubeconfig)
        config["users"][0]["user"] = {"token": token}
        limited = configured({"kubeconfig": yaml.safe_dump(config), "namespace": namespace}, {})
        assert limited.resource(SECRET).preview(secret("one"))["data"]
        with pytest.raises(PluginError, match=r"(?s)cannot create Secret .*forbidden.*Role and RoleBinding") as failure:
            limited.resource(SECRET).create(secret("one"))
        assert encoded("one") not in str(failure.value)

    def test_a_token_that_is_not_valid(self, configured: Any, admin_kubeconfig: str) -> None:
        config = yaml.safe_load(admin_kubeconfig)
        config["users"][0]["user"] = {"token": "hush"}
        provider = configured({"kubeconfig": yaml.safe_dump(config)}, {})
        with pytest.raises(PluginError, match="unreachable: Unauthorized") as failure:
            provider.resource(SECRET).create(secret("one"))
        assert "hush" not in str(failure.value)

    def test_a_token_file_is_read_again_when_its_token_is_refused(
        self, configured: Any, admin_kubeconfig: str, written: Any
    ) -> None:
        config = yaml.safe_load(admin_kubeconfig)
        token = config["users"][0]["user"]["token"]
        path = written("token", token)
        config["users"][0]["user"] = {"tokenFile": path}
        provider = configured({"kubeconfig": yaml.safe_dump(config), "namespace": "default"}, {})
        written("token", "expired")
        resource = provider.resource(NAMESPACE)
        assert resource.import_("default")  # the first token, still in use
        cluster = provider.plugin._operations._cluster
        cluster._authenticator.reject(cluster._authenticator.credential())
        cluster._authenticator.credential()  # the expired one
        written("token", token)
        assert resource.import_("default")

    def test_an_unknown_kind(self, provider: Any) -> None:
        provider.plugin.cancel()  # no patience for a definition to come
        with pytest.raises(PluginError, match=r"no example.com/v1/Widget.*CustomResourceDefinition"):
            provider.resource("kubernetes:example.com/v1:Widget").create({"metadata": {"name": "w"}})

    def test_an_unknown_field_is_warned_of(self, provider: Any) -> None:
        provider.resource(CRON_JOB).create({**cron_job(), "spec": {**cron_job()["spec"], "shedule": "x"}})
        assert any('unknown field "spec.shedule"' in warning for warning in provider.warnings)


def wait_for_token(admin: Cluster, path: str, namespace: str) -> str:
    """The token of a namespace's default ServiceAccount, which a controller makes shortly after the namespace."""
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    while True:
        try:
            return str(admin.request("POST", path, request)["status"]["token"])
        except ApiError as error:
            if error.code != 404:
                raise


class TestUnreachable:
    GONE = yaml.safe_dump(
        {
            "current-context": "x",
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:9"}}],
            "users": [{"name": "u", "user": {"token": "hush"}}],
        }
    )

    def test_every_call_says_what_to_do(self, configured: Any) -> None:
        resource = configured({"kubeconfig": self.GONE}, {}).resource(SECRET)
        assert resource.preview(secret("one")) == resource.check(secret("one"))
        resource.inputs = resource.check(secret("one"))
        resource.id = "default/s"
        for call in (
            lambda: resource.create(secret("one")),
            resource.refresh,
            lambda: resource.update(secret("two")),
            resource.delete,
        ):
            with pytest.raises(
                PluginError, match=r"unreachable.*127.0.0.1:9.*PULUMI_K8S_DELETE_UNREACHABLE"
            ) as failure:
                call()
            assert "hush" not in str(failure.value)

    def test_resources_can_be_forgotten(self, configured: Any) -> None:
        provider = configured({"kubeconfig": self.GONE}, {"PULUMI_K8S_DELETE_UNREACHABLE": "true"})
        resource = provider.resource(SECRET)
        resource.id = "default/s"
        resource.delete()
        assert not resource.refresh()
        assert len(provider.warnings) == 2

    def test_resources_can_be_left_alone(self, configured: Any) -> None:
        provider = configured({"kubeconfig": self.GONE, "skipUpdateUnreachable": "true"}, {})
        resource = provider.resource(SECRET)
        resource.id, resource.inputs, resource.outputs = "default/s", {"type": "a"}, {"type": "a", "kind": "Secret"}
        assert resource.check(secret("new")) == {"type": "a"}
        assert resource.refresh()

    def test_a_kubeconfig_that_is_missing(self, configured: Any) -> None:
        provider = configured({}, {"KUBECONFIG": "/no/such/config"})
        with pytest.raises(PluginError, match="/no/such/config"):
            provider.resource(SECRET).create(secret("one"))

    def test_a_kubeconfig_that_is_not_known_yet(self, configured: Any) -> None:
        resource = configured({"kubeconfig": UNKNOWN}, {}).resource(SECRET)
        assert resource.preview(secret("one"))["data"]

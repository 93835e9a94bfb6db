"""Whether a stack is what it should be: in AWS, in NVCF, in state, among the processes, and in no text a secret."""

from collections.abc import Iterable, Mapping

from botocore.exceptions import ClientError

from tests.engine.configurations import PASSWORD
from tests.engine.test_secrecy import Searched, forms
from tests.faults.operations import Position
from tests.faults.processes import processes_of
from tests.faults.subject import KEYED, REGISTRIES, Attempt, Subject

_KEY = "aws:iam/accessKey:AccessKey"
_LOGINS_KEPT = 12
_LOGIN_OF_NGC = ("$oauthtoken", PASSWORD)


def problems(subject: Subject, attempts: Iterable[Attempt], *, decrypt: bool) -> list[str]:
    """Return everything that is not as it should be; nothing when a stack has converged.

    Args:
        subject: the stack; its position says what is expected.
        attempts: runs of the engine, in whose output and events no secret may stand.
        decrypt: whether the secrets in state are compared as well, which takes a second.
    """
    found = _left_processes(subject)
    if pending := subject.state().get("pending_operations"):
        found.append(f"operations are pending in state: {[each['type'] for each in pending]}")
    if subject.position is Position.EMPTY:
        found += _remains(subject)
        logins: dict[str, tuple[str, str]] = {}
    else:
        logins, wrong = _logins(subject)
        found += wrong or [*_keys(subject, logins), *_objects(subject)]
        if decrypt and not wrong:
            found += _secrets_in_state(subject, logins)
    return found + _readable(subject, attempts, logins)


def _left_processes(subject: Subject) -> list[str]:
    return [f"a process is left: {each}" for each in processes_of(subject.name)]


def _remains(subject: Subject) -> list[str]:
    found = [f"AWS still holds {name}" for name in subject.place.aws.left(subject.name)]
    found += [f"NVCF still holds {each['registryCredentialName']}" for each in subject.account.credentials()]
    if resources := subject.state().get("resources"):
        found.append(f"state still holds {[each['urn'].rpartition('::')[2] for each in resources]}")
    return found


def _logins(subject: Subject) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """Return what NVCF logs in with, by registry, and what is wrong with the set of credentials."""
    names = sorted(each["registryCredentialName"] for each in subject.account.credentials())
    if names != sorted(REGISTRIES):
        return {}, [f"NVCF holds the credentials {names}, not {sorted(REGISTRIES)}"]
    lost = [name for name in REGISTRIES if len(subject.account.secrets(name)) != 1]
    if lost:
        return {}, [f"NVCF holds no secret of {lost}"]
    return {name: subject.account.login(name) for name in REGISTRIES}, []


def _keys(subject: Subject, logins: Mapping[str, tuple[str, str]]) -> list[str]:
    """Compare the keys of AWS with those in state and with what NVCF logs in with."""
    found = [] if logins["ngc"] == _LOGIN_OF_NGC else ["NVCF has another login for ngc"]
    status = subject.place.aws.key_status(subject.name)
    in_state = {each["id"] for each in subject.state()["resources"] if each["type"] == _KEY}
    expected: dict[str, str] = {}
    for name in KEYED:
        exported = subject.stack.registry(name)
        if logins[name][0] != exported["activeKeyId"]:
            found.append(f"NVCF logs in to {name} with {logins[name][0]}, the current key is {exported['activeKeyId']}")
        if not _works(subject, logins[name]):
            found.append(f"what NVCF has as the secret of {name} is not the secret of the key {logins[name][0]}")
        expected[exported["activeKeyId"]] = "Active"
        if subject.position is not Position.ONE_KEY:
            expected[exported["previousKeyId"]] = "Active" if subject.position is Position.TWO_KEYS else "Inactive"
    if status != expected:
        found.append(f"AWS holds the keys {status}, expected are {expected}")
    if in_state != set(expected):
        found.append(f"state holds the keys {sorted(in_state)}, expected are {sorted(expected)}")
    if crowded := {user: keys for user, keys in subject.place.aws.users(subject.name).items() if len(keys) > 2}:
        found.append(f"users have more than two keys: {crowded}")
    return found


def _works(subject: Subject, login: tuple[str, str]) -> bool:
    try:
        # Needs no permission: who can sign it has the secret.
        subject.place.aws.client("sts", login).get_caller_identity()
    except ClientError:
        return False
    return True


def _objects(subject: Subject) -> list[str]:
    """Find what is missing or too much in AWS besides keys."""
    aws, stack = subject.place.aws, subject.name
    users = [f"nvcf-registry-{stack}-{name}" for name in KEYED]
    repositories = [f"{stack}-{name}/echo" for name in KEYED]
    left, expected = sorted(aws.left(stack)), sorted([*users, *users, *repositories])
    if left != expected:
        return [f"AWS holds {left}, expected are {expected}"]
    iam = aws.client("iam")
    attached = {user: iam.list_attached_user_policies(UserName=user)["AttachedPolicies"] for user in users}
    found = [f"{user} has the policies {got}" for user, got in attached.items() if len(got) != 1]
    try:
        aws.client("ecr").get_lifecycle_policy(repositoryName=repositories[0])
    except ClientError as error:
        found.append(f"{repositories[0]} has no lifecycle rules: {error}")
    return found


def _secrets_in_state(subject: Subject, logins: Mapping[str, tuple[str, str]]) -> list[str]:
    kept = subject.stack.credentials()
    return [
        f"the secret of {name} in state is not the one that NVCF has"
        for name, (user, password) in logins.items()
        if kept.get(user) != password
    ]


def _readable(subject: Subject, attempts: Iterable[Attempt], logins: Mapping[str, tuple[str, str]]) -> list[str]:
    """Search for secrets, those of keys that are gone too, wherever they could be read."""
    subject.logins = [*subject.logins, *(logins[name] for name in KEYED if name in logins)][-_LOGINS_KEPT:]
    secrets = {
        "NVCF token": subject.account.token,
        "deployer's key": subject.place.environment["AWS_SECRET_ACCESS_KEY"],
    }
    for user, password in {*subject.logins, _LOGIN_OF_NGC}:
        secrets |= forms(f"password of {user}", user, password)
    texts = {"state": subject.stack.state_text(), "output of commands": "\n".join(subject.stack.transcript)}
    if subject.position is not Position.EMPTY:
        texts["outputs"] = str(subject.stack.outputs())
    for number, attempt in enumerate(attempts, 1):
        texts |= {f"output of run {number}": attempt.output, f"events of run {number}": attempt.events}
    searched = Searched(texts, secrets)
    return [f"{secret} is readable in the {place}" for place in texts for secret in searched.found(place)]

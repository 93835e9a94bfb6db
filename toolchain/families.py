"""What is installed: one record per family of tools.

A family is one Go module under ``toolchain/`` (its own ``go.mod``, so that the dependency graphs of the families
do not meet) and the programs built from it. To add one, write its ``go.mod`` and a record here.
"""

from __future__ import annotations

from dataclasses import dataclass

from toolchain.versions import Version, VersionRange

PULUMI_VERSION = Version(3, 259, 0)
KUBERNETES_VERSION = Version(1, 35, 0)
REGISTRY_VERSION = Version(0, 1, 2)


@dataclass(frozen=True)
class Program:
    """One executable built by Go.

    Args:
        name: File name in ``.toolchain/bin``.
        package: Go package of its ``main``, as ``go build`` takes it inside the family's module.
        variables: String variables set by the linker, full Go name to value.
    """

    name: str
    package: str
    variables: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ModuleFile:
    """One script that is shipped inside a Go module and copied as it is.

    Args:
        module: Go module path; the version is the one in the family's ``go.mod``.
        path: Path inside that module, with slashes.
    """

    module: str
    path: str

    @property
    def name(self) -> str:
        """File name in ``.toolchain/bin``."""
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class OnPath:
    """When the user's own installation is good enough.

    Args:
        version_command: Prints the version; the first word is looked up on PATH.
        accepts: Versions that will do.
        needs: Programs that must be on PATH as well.
    """

    version_command: tuple[str, ...]
    accepts: VersionRange
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Installer:
    """An official installer script for POSIX shells.

    Args:
        url: Where the script is, https only.
        arguments: Its arguments; ``{directory}`` stands for the directory to install into.
        bin: Where in that directory the executables are afterwards.
    """

    url: str
    arguments: tuple[str, ...]
    bin: str


@dataclass(frozen=True)
class Family:
    """Tools that are found, downloaded or built together.

    Args:
        name: What ``--only`` takes.
        purpose: What it is for, in a few words, for people who wait for it.
        version: The version that is installed where the user brings none.
        module: Directory under ``toolchain/`` with the ``go.mod``.
        programs: What Go builds.
        files: What is copied from modules' own directories.
        on_path: The user's own installation, if one is acceptable.
        installer: The official installer, if there is one.
    """

    name: str
    purpose: str
    version: Version
    module: str
    programs: tuple[Program, ...]
    files: tuple[ModuleFile, ...] = ()
    on_path: OnPath | None = None
    installer: Installer | None = None

    @property
    def provides(self) -> tuple[str, ...]:
        """The file names in ``.toolchain/bin`` after a download or a build."""
        return tuple(program.name for program in self.programs) + tuple(file.name for file in self.files)


_PULUMI_SDK = "github.com/pulumi/pulumi/sdk/v3"
_PULUMI_VARIABLES = ((f"{_PULUMI_SDK}/go/common/version.Version", f"v{PULUMI_VERSION}"),)
_KUBERNETES_BUILD = "k8s.io/component-base/version"
_KUBERNETES_VARIABLES = (
    (f"{_KUBERNETES_BUILD}.gitVersion", f"v{KUBERNETES_VERSION}"),
    (f"{_KUBERNETES_BUILD}.gitMajor", str(KUBERNETES_VERSION.major)),
    (f"{_KUBERNETES_BUILD}.gitMinor", str(KUBERNETES_VERSION.minor)),
)

PULUMI = Family(
    name="pulumi",
    purpose="the Pulumi engine and its Python language host",
    version=PULUMI_VERSION,
    module="pulumi",
    programs=(
        Program("pulumi", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", _PULUMI_VARIABLES),
        # The official one is no published module: this project has its own.
        Program("pulumi-language-python", "./langhost", _PULUMI_VARIABLES),
    ),
    files=(
        ModuleFile(_PULUMI_SDK, "python/cmd/pulumi-language-python-exec"),
        ModuleFile(_PULUMI_SDK, "python/dist/pulumi-resource-pulumi-python"),
    ),
    on_path=OnPath(
        version_command=("pulumi", "version"),
        # Not older than the Python SDK in requirements.txt, whose protocol it must know; the same major version,
        # whose state format and command line this project is written for.
        accepts=VersionRange(at_least=PULUMI_VERSION, below=Version(PULUMI_VERSION.major + 1, 0, 0)),
        needs=("pulumi-language-python", "pulumi-language-python-exec", "pulumi-resource-pulumi-python"),
    ),
    installer=Installer(
        url="https://get.pulumi.com",
        arguments=("--version", str(PULUMI_VERSION), "--install-root", "{directory}", "--no-edit-path"),
        bin="bin",
    ),
)

KUBERNETES = Family(
    name="kubernetes",
    purpose="the sandbox's Kubernetes control plane",
    version=KUBERNETES_VERSION,
    module="kubernetes",
    programs=(Program("sandbox-control-plane", "./sandbox-control-plane", _KUBERNETES_VARIABLES),),
)

KUBECTL = Family(
    name="kubectl",
    purpose="the Kubernetes command line",
    version=KUBERNETES_VERSION,
    module="kubernetes",
    programs=(Program("kubectl", "k8s.io/kubernetes/cmd/kubectl", _KUBERNETES_VARIABLES),),
    on_path=OnPath(
        version_command=("kubectl", "version", "--client"),
        # One minor version to either side of the control plane is what Kubernetes supports
        # (https://kubernetes.io/releases/version-skew-policy/#kubectl).
        accepts=VersionRange(
            at_least=Version(KUBERNETES_VERSION.major, KUBERNETES_VERSION.minor - 1, 0),
            below=Version(KUBERNETES_VERSION.major, KUBERNETES_VERSION.minor + 2, 0),
        ),
    ),
)

REGISTRY = Family(
    name="registry",
    purpose="the sandbox's store of image layers",
    version=REGISTRY_VERSION,
    module="registry",
    programs=(Program("sandbox-registry", "./sandbox-registry"),),
)

FAMILIES = (PULUMI, KUBERNETES, KUBECTL, REGISTRY)

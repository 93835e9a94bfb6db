package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// virtualenv makes an environment without pip, which takes a tenth of the time.
func virtualenv(t *testing.T, root string) (packages string) {
	t.Helper()
	if output, err := exec.Command("python3", "-m", "venv", "--without-pip", filepath.Join(root, "venv")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	found, err := filepath.Glob(filepath.Join(root, "venv", "lib", "python3*", "site-packages"))
	if err != nil || len(found) != 1 {
		t.Fatalf("site-packages: %v, %v", found, err)
	}
	return found[0]
}

func install(t *testing.T, packages, name, version, module, description string) {
	t.Helper()
	files := map[string]string{
		filepath.Join(name+"-"+version+".dist-info", "METADATA"): "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\n",
		filepath.Join(module, "__init__.py"):                     "raise SystemExit('packages are looked at, not imported')\n",
	}
	if description != "" {
		files[filepath.Join(module, "pulumi-plugin.json")] = description
	}
	for path, content := range files {
		path = filepath.Join(packages, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRequiredPackagesAreThoseOfTheVirtualEnvironment(t *testing.T) {
	host := startHost(t)
	info := program(t, "", map[string]any{"virtualenv": "venv", "toolchain": "pip"})
	packages := virtualenv(t, info.RootDirectory)
	install(t, packages, "pulumi_cloud", "2.0.0", "pulumi_cloud", `{"resource": true, "name": "cloud", "version": "1.2.3", "server": "https://example.test"}`)
	install(t, packages, "pulumi-derived", "3.0.0a4", "pulumi_derived", `{"resource": true}`)
	install(t, packages, "pulumi_policy", "1.0.0", "pulumi_policy", `{"resource": false}`)
	install(t, packages, "pulumi_plain", "1.0.0", "pulumi_plain", "")
	install(t, packages, "requests", "1.0.0", "requests", "")

	response, err := host.client.GetRequiredPackages(withPatience(t), &pulumirpc.GetRequiredPackagesRequest{Info: info})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range response.Packages {
		got = append(got, p.Kind+" "+p.Name+" "+p.Version+" "+p.Server)
	}
	want := []string{"resource cloud 1.2.3 https://example.test", "resource derived 3.0.0-alpha.4 "}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAParameterizedPackageKeepsItsParameter(t *testing.T) {
	dependency, err := pluginOf(installedPackage{Name: "pulumi-net", Version: "1.0.0"}, &plugin.PulumiPluginJSON{
		Resource: true, Name: "terraform-provider", Version: "0.9.0",
		Parameterization: &plugin.PulumiParameterizationJSON{Name: "net", Version: "1.0.0", Value: []byte("v")},
	})
	if err != nil || dependency.Name != "terraform-provider" || dependency.Parameterization.GetName() != "net" ||
		string(dependency.Parameterization.GetValue()) != "v" || dependency.Extension != nil {
		t.Errorf("got %v, %v", dependency, err)
	}
}

func TestAnUnreadableVersionIsNamed(t *testing.T) {
	_, err := pluginOf(installedPackage{Name: "pulumi-odd", Version: "unknown"}, &plugin.PulumiPluginJSON{Resource: true})
	if err == nil {
		t.Error("no error")
	}
}

package main

import (
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

func TestOptionsOfPulumiYAML(t *testing.T) {
	options, err := pythonOptions(program(t, "", map[string]any{
		"virtualenv": ".venv", "toolchain": "uv", "typechecker": "mypy", "someday": 1,
	}))
	if err != nil {
		t.Fatal(err)
	}
	if options.Virtualenv != ".venv" || options.Toolchain != toolchain.Uv || options.Typechecker != toolchain.TypeCheckerMypy {
		t.Errorf("got %+v", options)
	}
}

func TestMistakesInOptionsAreNamed(t *testing.T) {
	for _, test := range []struct {
		option string
		value  any
		want   string
	}{
		{"toolchain", "conda", "pip, poetry or uv"},
		{"typechecker", "pytype", "mypy or pyright"},
		{"virtualenv", 3, "must be a string"},
	} {
		_, err := pythonOptions(program(t, "", map[string]any{test.option: test.value}))
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), test.option) {
			t.Errorf("%s: %v gave %v", test.option, test.value, err)
		}
	}
}

func TestATypeCheckersFindingsStopTheProgram(t *testing.T) {
	host := startHost(t)
	// A module of that name in the program's directory is found before an installed one.
	info := program(t, "print('it ran')", map[string]any{"typechecker": "mypy"})
	writeModule(t, info, "mypy.py", "print('wrong type'); raise SystemExit(1)")
	response, err := host.client.Run(withPatience(t), request(info))
	if err != nil || !strings.Contains(response.Error, "mypy") {
		t.Errorf("got %v, %v", response, err)
	}
	host.output.waitFor(t, "wrong type")
	if strings.Contains(host.output.String(), "it ran") {
		t.Error("the program ran")
	}
}

func TestAboutNamesThePython(t *testing.T) {
	host := startHost(t)
	about, err := host.client.About(withPatience(t), &pulumirpc.AboutRequest{Info: program(t, "", nil)})
	if err != nil || !strings.Contains(about.Executable, "python") || !strings.HasPrefix(about.Version, "3.") {
		t.Errorf("got %v, %v", about, err)
	}
}

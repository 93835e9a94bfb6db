package main

import (
	"fmt"
	"path/filepath"
	"sort"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// pluginVirtualenv is where a plugin's packages are when its project file does
// not say: InstallDependencies puts them there and RunPlugin looks there.
const pluginVirtualenv = "venv"

// pythonOptions reads `runtime.options` of Pulumi.yaml (PulumiPlugin.yaml,
// PulumiPolicy.yaml). The three options and their values are those of
// https://www.pulumi.com/docs/iac/concepts/projects/project-file/.
func pythonOptions(info *pulumirpc.ProgramInfo) (toolchain.PythonOptions, error) {
	if info == nil {
		return toolchain.PythonOptions{}, status.Error(codes.InvalidArgument, "the request does not say which program")
	}
	options := toolchain.PythonOptions{Root: info.RootDirectory, ProgramDir: info.ProgramDirectory}
	values := info.GetOptions().AsMap()
	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	sort.Strings(keys) // of several mistakes always the same is reported
	for _, key := range keys {
		text, ok := values[key].(string)
		switch key {
		case "virtualenv", "toolchain", "typechecker":
			if !ok {
				return options, fmt.Errorf("runtime option %q must be a string, not %v", key, values[key])
			}
		default:
			continue // options of later versions, or of other hosts
		}
		if err := setOption(&options, key, text); err != nil {
			return options, err
		}
	}
	return options, nil
}

func setOption(options *toolchain.PythonOptions, key, value string) error {
	switch strings.ToLower(key + ":" + value) {
	case "toolchain:", "toolchain:auto":
		options.Toolchain = toolchain.Auto
	case "toolchain:pip":
		options.Toolchain = toolchain.Pip
	case "toolchain:poetry":
		options.Toolchain = toolchain.Poetry
	case "toolchain:uv":
		options.Toolchain = toolchain.Uv
	case "typechecker:":
		options.Typechecker = toolchain.TypeCheckerNone
	case "typechecker:mypy":
		options.Typechecker = toolchain.TypeCheckerMypy
	case "typechecker:pyright":
		options.Typechecker = toolchain.TypeCheckerPyright
	default:
		switch key {
		case "virtualenv":
			options.Virtualenv = value
		case "toolchain":
			return fmt.Errorf("runtime option \"toolchain\" is %q; it can be pip, poetry or uv", value)
		default:
			return fmt.Errorf("runtime option \"typechecker\" is %q; it can be mypy or pyright", value)
		}
	}
	return nil
}

// programToolchain is how Python is run for a program.
func programToolchain(info *pulumirpc.ProgramInfo) (toolchain.Toolchain, error) {
	options, err := pythonOptions(info)
	if err != nil {
		return nil, err
	}
	return toolchain.ResolveToolchain(options)
}

// pluginToolchain is how Python is run for a plugin. One whose project file
// names no virtual environment uses its own, if it has been installed.
func pluginToolchain(info *pulumirpc.ProgramInfo) (toolchain.Toolchain, error) {
	options, err := pythonOptions(info)
	if err != nil {
		return nil, err
	}
	if options.Virtualenv == "" && toolchain.IsVirtualEnv(filepath.Join(options.Root, pluginVirtualenv)) {
		options.Virtualenv = pluginVirtualenv
	}
	return toolchain.ResolveToolchain(options)
}

package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/errutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

// installedPackagesScript asks the program's own interpreter: it knows every way
// a package can have been installed.
//
//go:embed installed_packages.py
var installedPackagesScript string

// installedPackage is a Python package that says something about a Pulumi plugin.
type installedPackage struct {
	Name    string `json:"name"`    // normalized name of the distribution
	Version string `json:"version"` // of the distribution; empty if it is not one
	Path    string `json:"path"`    // of its pulumi-plugin.json
}

// GetRequiredPackages names the plugins that belong to the packages in the
// program's virtual environment, so that the engine can install them. A package
// without pulumi-plugin.json is not looked at: the engine asks for its plugin
// when the program first uses it.
func (h *host) GetRequiredPackages(
	call context.Context, request *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	ctx, cancel := h.operation(call)
	defer cancel()
	python, err := programToolchain(request.Info)
	if err != nil {
		return nil, err
	}
	// The first thing the engine asks of a fresh clone: the virtual environment may not be there yet.
	if err := python.EnsureVenv(ctx, request.Info.ProgramDirectory, false, true, os.Stdout, os.Stderr); err != nil {
		return nil, err
	}
	if err := python.ValidateVenv(ctx); err != nil {
		return nil, err
	}
	command, err := python.Command(ctx, "-c", installedPackagesScript)
	if err != nil {
		return nil, err
	}
	command.Dir = request.Info.ProgramDirectory
	output, err := command.Output()
	if err != nil {
		return nil, errutil.ErrorWithStderr(err, "look for Pulumi packages with "+command.Path)
	}
	var installed []installedPackage
	if err := json.Unmarshal(output, &installed); err != nil {
		return nil, fmt.Errorf("look for Pulumi packages with %s: %w", command.Path, err)
	}
	response := &pulumirpc.GetRequiredPackagesResponse{}
	for _, candidate := range installed {
		description, err := plugin.LoadPulumiPluginJSON(candidate.Path)
		if err != nil {
			return nil, fmt.Errorf("%s of Python package %s: %w", candidate.Path, candidate.Name, err)
		}
		dependency, err := pluginOf(candidate, description)
		if err != nil {
			return nil, err
		}
		if dependency != nil {
			response.Packages = append(response.Packages, dependency)
		}
	}
	return response, nil
}

// pluginOf turns a package's pulumi-plugin.json into the plugin it needs; nil if
// it needs none. What the file leaves out is derived from the package.
func pluginOf(installed installedPackage, description *plugin.PulumiPluginJSON) (*pulumirpc.PackageDependency, error) {
	if !description.Resource {
		return nil, nil
	}
	dependency := &pulumirpc.PackageDependency{
		Kind:             "resource",
		Name:             description.Name,
		Version:          description.Version,
		Server:           description.Server,
		Parameterization: parameterization(description.Parameterization),
		Extension:        parameterization(description.ExtensionParameterization),
	}
	if dependency.Name == "" {
		dependency.Name = strings.TrimPrefix(installed.Name, "pulumi-")
	}
	if dependency.Version == "" && installed.Version != "" {
		version, err := toolchain.ParsePythonVersion(installed.Version)
		if err != nil {
			return nil, fmt.Errorf("Python package %s has version %q, from which no plugin version follows: %w",
				installed.Name, installed.Version, err)
		}
		dependency.Version = version.String()
	}
	return dependency, nil
}

func parameterization(from *plugin.PulumiParameterizationJSON) *pulumirpc.PackageParameterization {
	if from == nil {
		return nil
	}
	return &pulumirpc.PackageParameterization{Name: from.Name, Version: from.Version, Value: from.Value}
}

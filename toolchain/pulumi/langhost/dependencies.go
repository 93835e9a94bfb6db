package main

import (
	"context"
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
	"google.golang.org/grpc"
)

// InstallDependencies installs what requirements.txt or pyproject.toml ask for
// (`pulumi install`), creating the virtual environment if need be.
func (h *host) InstallDependencies(
	request *pulumirpc.InstallDependenciesRequest,
	server grpc.ServerStreamingServer[pulumirpc.InstallDependenciesResponse],
) (err error) {
	ctx, cancel := h.operation(server.Context())
	defer cancel()
	options, err := pythonOptions(request.Info)
	if err != nil {
		return err
	}
	if request.IsPlugin && options.Virtualenv == "" {
		// Two plugins must not share packages, and neither is to use the system's.
		options.Virtualenv = pluginVirtualenv
	}
	python, err := toolchain.ResolveToolchain(options)
	if err != nil {
		return err
	}
	closer, stdout, stderr, err := rpcutil.MakeInstallDependenciesStreams(server, request.IsTerminal)
	if err != nil {
		return err
	}
	defer func() {
		if closed := closer.Close(); err == nil {
			err = closed
		}
	}()
	fmt.Fprintln(stdout, "Installing Python packages")
	return python.InstallDependencies(
		ctx, request.Info.ProgramDirectory, request.UseLanguageVersionTools, true /*showOutput*/, stdout, stderr)
}

// Template adapts a project that `pulumi new` has just made to its package manager.
func (h *host) Template(call context.Context, request *pulumirpc.TemplateRequest) (*pulumirpc.TemplateResponse, error) {
	ctx, cancel := h.operation(call)
	defer cancel()
	python, err := programToolchain(request.Info)
	if err != nil {
		return nil, err
	}
	err = python.PrepareProject(
		ctx, request.ProjectName, request.Info.ProgramDirectory, false /*showOutput*/, os.Stdout, os.Stderr)
	return &pulumirpc.TemplateResponse{}, err
}

// GetProgramDependencies lists the installed Python packages (`pulumi about`).
func (h *host) GetProgramDependencies(
	call context.Context, request *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	ctx, cancel := h.operation(call)
	defer cancel()
	python, err := programToolchain(request.Info)
	if err != nil {
		return nil, err
	}
	if err := python.ValidateVenv(ctx); err != nil {
		return nil, err
	}
	packages, err := python.ListPackages(ctx, request.TransitiveDependencies)
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GetProgramDependenciesResponse{}
	for _, installed := range packages {
		response.Dependencies = append(response.Dependencies,
			&pulumirpc.DependencyInfo{Name: installed.Name, Version: installed.Version})
	}
	return response, nil
}

package main

import (
	"context"
	"fmt"
	"os"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

// typecheck runs the type checker that Pulumi.yaml names, if any, over the
// program. Its findings go to the user; the response then ends the deployment
// before anything is changed.
func (h *host) typecheck(ctx context.Context, info *pulumirpc.ProgramInfo) (*pulumirpc.RunResponse, error) {
	options, err := pythonOptions(info)
	if err != nil {
		return nil, err
	}
	var module string
	switch options.Typechecker {
	case toolchain.TypeCheckerMypy:
		module = "mypy"
	case toolchain.TypeCheckerPyright:
		module = "pyright"
	default:
		return nil, nil
	}
	python, err := toolchain.ResolveToolchain(options)
	if err != nil {
		return nil, err
	}
	command, err := python.ModuleCommand(ctx, module, info.ProgramDirectory)
	if err != nil {
		return nil, err
	}
	command.Dir = info.ProgramDirectory
	command.Stdout, command.Stderr = os.Stderr, os.Stderr
	result, err := runToEnd(ctx, command)
	if err != nil {
		return nil, err
	}
	if result.code == 0 {
		return nil, nil
	}
	return &pulumirpc.RunResponse{Error: fmt.Sprintf(
		"%s, which Pulumi.yaml asks for, ended with %s; what it found is shown above", module, result)}, nil
}

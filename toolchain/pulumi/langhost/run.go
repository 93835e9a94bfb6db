package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// messageShown is the exit code by which the SDK's executor says that the user
// has already been told what is wrong.
const messageShown = 32

// Run runs a Pulumi program to its end.
func (h *host) Run(call context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	if request.AttachDebugger {
		return nil, status.Error(codes.Unimplemented,
			"this language host cannot attach a debugger: start debugpy in the program, or use Pulumi's official release")
	}
	ctx, cancel := h.operation(call)
	defer cancel()
	python, err := programToolchain(request.Info)
	if err != nil {
		return nil, err
	}
	if err := python.ValidateVenv(ctx); err != nil {
		return nil, err
	}
	if failed, err := h.typecheck(ctx, request.Info); failed != nil || err != nil {
		return failed, err
	}
	configuration, err := configurationVariables(request)
	if err != nil {
		return nil, err
	}
	command, err := python.Command(ctx, h.executorArguments(request)...)
	if err != nil {
		return nil, err
	}
	if command.Env == nil {
		command.Env = os.Environ()
	}
	command.Env = append(command.Env, configuration...)
	command.Dir = request.Pwd
	// Straight to the engine, which shows standard output as information and
	// standard error as such.
	command.Stdout, command.Stderr = os.Stdout, os.Stderr

	result, err := runToEnd(ctx, command)
	if err != nil {
		return nil, err
	}
	switch {
	case result.code == 0:
		return &pulumirpc.RunResponse{}, nil
	case result.code == messageShown:
		return &pulumirpc.RunResponse{Bail: true}, nil
	default:
		return &pulumirpc.RunResponse{Error: "the Python program ended with " + result.String()}, nil
	}
}

// executorArguments is the command line of the SDK's executor.
func (h *host) executorArguments(request *pulumirpc.RunRequest) []string {
	arguments := []string{"-u", h.executor}
	for _, option := range []struct{ name, value string }{
		{"monitor", request.MonitorAddress},
		{"engine", h.engineAddress()},
		{"project", request.Project},
		{"stack", request.Stack},
		{"organization", request.Organization},
		{"root_directory", request.Info.RootDirectory},
		{"pwd", request.Pwd},
		{"dry_run", strconv.FormatBool(request.DryRun)},
		{"parallel", strconv.Itoa(int(request.Parallel))},
		{"tracing", h.tracing},
	} {
		if option.value != "" {
			arguments = append(arguments, "--"+option.name, option.value)
		}
	}
	arguments = append(arguments, filepath.Join(request.Info.ProgramDirectory, request.Info.EntryPoint))
	return append(arguments, request.Args...)
}

// configurationVariables hands over the stack's configuration. It holds
// decrypted secrets, which must not be on a command line that others can read.
func configurationVariables(request *pulumirpc.RunRequest) ([]string, error) {
	config, err := json.Marshal(request.Config)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	if request.Config == nil {
		config = []byte("{}")
	}
	secretKeys, err := json.Marshal(append([]string{}, request.ConfigSecretKeys...))
	if err != nil {
		return nil, fmt.Errorf("keys of secret configuration: %w", err)
	}
	return []string{"PULUMI_CONFIG=" + string(config), "PULUMI_CONFIG_SECRET_KEYS=" + string(secretKeys)}, nil
}

package main

import (
	"context"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

// About tells which Python and which package manager a program gets (`pulumi about`).
func (h *host) About(call context.Context, request *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	ctx, cancel := h.operation(call)
	defer cancel()
	options, err := pythonOptions(request.Info)
	if err != nil {
		return nil, err
	}
	python, err := toolchain.ResolveToolchain(options)
	if err != nil {
		return nil, err
	}
	about, err := python.About(ctx)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.AboutResponse{
		Executable: about.PythonExecutable,
		Version:    about.PythonVersion.String(),
		Metadata: map[string]string{
			"toolchain":        toolchain.Name(options.Toolchain),
			"toolchainVersion": about.ToolchainVersion.String(),
			"typechecker":      toolchain.TypeCheckerName(options.Typechecker),
		},
	}, nil
}

// RuntimeOptionsPrompts names what `pulumi new` has to ask: the package manager,
// unless the template has chosen one.
func (h *host) RuntimeOptionsPrompts(
	_ context.Context, request *pulumirpc.RuntimeOptionsRequest,
) (*pulumirpc.RuntimeOptionsResponse, error) {
	if _, chosen := request.GetInfo().GetOptions().AsMap()["toolchain"]; chosen {
		return &pulumirpc.RuntimeOptionsResponse{}, nil
	}
	choices := plugin.MakeExecutablePromptChoices("pip", "poetry", "uv")
	return &pulumirpc.RuntimeOptionsResponse{Prompts: []*pulumirpc.RuntimeOptionPrompt{{
		Key:         "toolchain",
		Description: "The package manager that installs the project's dependencies",
		PromptType:  pulumirpc.RuntimeOptionPrompt_STRING,
		Choices:     choices,
		Default: &pulumirpc.RuntimeOptionPrompt_RuntimeOptionValue{
			PromptType: pulumirpc.RuntimeOptionPrompt_STRING, StringValue: "pip", DisplayName: "pip",
		},
	}}}, nil
}

package main

import (
	"path/filepath"
	"sync"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// RunPlugin runs a plugin written in Python, a policy pack for example, and
// passes on what it prints. The first line of its output is the port it serves
// on, which is the engine's business.
func (h *host) RunPlugin(
	request *pulumirpc.RunPluginRequest, server grpc.ServerStreamingServer[pulumirpc.RunPluginResponse],
) error {
	if request.AttachDebugger {
		return status.Error(codes.Unimplemented, "this language host cannot attach a debugger to a plugin")
	}
	ctx, cancel := h.operation(server.Context())
	defer cancel()
	python, err := pluginToolchain(request.Info)
	if err != nil {
		return err
	}
	if err := python.ValidateVenv(ctx); err != nil {
		return err
	}
	main := filepath.Join(request.Info.ProgramDirectory, request.Info.EntryPoint)
	command, err := python.Command(ctx, append([]string{"-u", main}, request.Args...)...)
	if err != nil {
		return err
	}
	// The engine gives the whole environment; of the toolchain's only the virtual environment counts.
	environment := request.Env
	if virtualenv, err := python.VirtualEnvPath(ctx); err == nil && virtualenv != "" {
		environment = toolchain.ActivateVirtualEnv(environment, virtualenv)
	}
	command.Env = environment
	command.Dir = request.Pwd
	output := &pluginOutput{server: server}
	command.Stdout = output.stream(func(data []byte) *pulumirpc.RunPluginResponse {
		return &pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Stdout{Stdout: data}}
	})
	command.Stderr = output.stream(func(data []byte) *pulumirpc.RunPluginResponse {
		return &pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Stderr{Stderr: data}}
	})
	result, err := runToEnd(ctx, command)
	if err != nil {
		return err
	}
	return output.send(&pulumirpc.RunPluginResponse{
		Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: int32(result.code)},
	})
}

// pluginOutput sends the two streams of a process over one stream of messages,
// which takes one message at a time.
type pluginOutput struct {
	mu     sync.Mutex
	server grpc.ServerStreamingServer[pulumirpc.RunPluginResponse]
}

func (o *pluginOutput) send(message *pulumirpc.RunPluginResponse) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.server.Send(message)
}

func (o *pluginOutput) stream(wrap func([]byte) *pulumirpc.RunPluginResponse) writerFunc {
	return func(data []byte) (int, error) {
		// The message may be read after this returns, the buffer may not.
		if err := o.send(wrap(append([]byte(nil), data...))); err != nil {
			return 0, err
		}
		return len(data), nil
	}
}

type writerFunc func([]byte) (int, error)

func (w writerFunc) Write(data []byte) (int, error) { return w(data) }

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
)

// executorName is the script of the Pulumi SDK that runs a program. It is
// installed beside the host.
const executorName = "pulumi-language-python-exec"

// engineInterval is how often the host looks whether its engine lives.
const engineInterval = time.Second

// host implements the LanguageRuntime protocol.
//
// Not implemented, and answered as such by the embedded type, are:
//   - GenerateProgram, GenerateProject, GeneratePackage, Pack, Link: writing
//     Python code (`pulumi convert`, `pulumi package add`). The generators are
//     part of the engine's code, not of this module.
//   - GetRequiredPlugins: superseded by GetRequiredPackages, which every engine
//     this host is installed with asks first.
type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	executor string
	tracing  string
	ctx      context.Context    // ends when the host is to end
	stop     context.CancelFunc // ends it

	mu         sync.Mutex
	engine     string             // address of the engine, once known
	operations context.Context    // what programs run under; ends with ctx or at Cancel
	cancel     context.CancelFunc // ends operations
}

func newHost(ctx context.Context, stop context.CancelFunc, executor, tracing string) *host {
	h := &host{executor: executor, tracing: tracing, ctx: ctx, stop: stop}
	h.operations, h.cancel = context.WithCancel(ctx)
	return h
}

// Handshake tells a host that the engine did not start, but was pointed to, who the engine is.
func (h *host) Handshake(
	_ context.Context, request *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	if err := h.engineIs(request.EngineAddress); err != nil {
		return nil, err
	}
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

// engineIs records the engine's address and watches over it. An engine that is
// killed cannot stop its host, and a program without an engine must not go on.
func (h *host) engineIs(address string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.engine == address {
		return nil
	}
	h.engine = address
	if err := rpcutil.Healthcheck(h.ctx, address, engineInterval, h.stop); err != nil {
		return fmt.Errorf("watch the engine at %s: %w", address, err)
	}
	return nil
}

func (h *host) engineAddress() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.engine
}

// operation derives the context of one call: it ends with the call, with the
// host, and when the engine calls Cancel.
func (h *host) operation(call context.Context) (context.Context, context.CancelFunc) {
	h.mu.Lock()
	operations := h.operations
	h.mu.Unlock()
	ctx, cancel := context.WithCancel(call)
	release := context.AfterFunc(operations, cancel)
	return ctx, func() { release(); cancel() }
}

// Cancel ends all calls in progress; their programs are interrupted first.
func (h *host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cancel()
	h.operations, h.cancel = context.WithCancel(h.ctx)
	return &emptypb.Empty{}, nil
}

// GetPluginInfo gives the version of the protocol's module, which is the engine's too.
func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version.Version}, nil
}

// findExecutor looks beside the host's own file, then on PATH.
func findExecutor() (string, error) {
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), executorName)
		if _, err := os.Stat(beside); err == nil {
			return beside, nil
		}
	}
	path, err := exec.LookPath(executorName)
	if err != nil {
		return "", fmt.Errorf("%s is neither beside this program nor on PATH; install the toolchain again: %w", executorName, err)
	}
	return path, nil
}

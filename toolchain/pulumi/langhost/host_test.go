package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/types/known/structpb"
)

// patience bounds every wait of a test. It is only ever used up by a failure.
const patience = 30 * time.Second

// roleVariable makes the test binary be something else, so that tests can start
// and kill real processes: the host itself, or an engine.
const roleVariable = "LANGHOST_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "host":
		os.Unsetenv(roleVariable)
		main()
		os.Exit(0)
	case "engine":
		runEngine()
	default:
		os.Exit(m.Run())
	}
}

// runEngine serves what the host watches of an engine, and prints its address.
func runEngine() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	server := grpc.NewServer()
	healthpb.RegisterHealthServer(server, health.NewServer())
	fmt.Println(listener.Addr())
	panic(server.Serve(listener))
}

// process is a started copy of the test binary.
type process struct {
	*exec.Cmd
	firstLine string
	output    *buffer // both streams, after the first line
	ended     chan error
}

// start runs the test binary in a role and waits for its first line.
func start(t *testing.T, role string, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: exec.Command(self, args...), output: &buffer{}, ended: make(chan error, 1)}
	testdata, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	p.Env = append(os.Environ(), roleVariable+"="+role, "PATH="+testdata+string(os.PathListSeparator)+os.Getenv("PATH"))
	p.Stderr = p.output
	stdout, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(stdout)
	line, err := reader.ReadString('\n')
	if err != nil {
		t.Fatalf("%s did not start: %v\n%s", role, err, p.output)
	}
	p.firstLine = strings.TrimSpace(line)
	go func() {
		_, _ = io.Copy(p.output, reader)
		p.ended <- p.Wait()
	}()
	t.Cleanup(func() { _ = p.Process.Kill() })
	return p
}

// hostProcess is a host with a client connected to it, and its engine.
type hostProcess struct {
	*process
	client pulumirpc.LanguageRuntimeClient
	engine *process
}

func startHost(t *testing.T) *hostProcess {
	t.Helper()
	makeExecutable(t)
	engine := start(t, "engine")
	host := start(t, "host", engine.firstLine)
	connection, err := grpc.NewClient("127.0.0.1:"+host.firstLine, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	return &hostProcess{process: host, client: pulumirpc.NewLanguageRuntimeClient(connection), engine: engine}
}

// makeExecutable restores what some ways of copying a source tree lose.
func makeExecutable(t *testing.T) {
	t.Helper()
	if err := os.Chmod(filepath.Join("testdata", executorName), 0o755); err != nil {
		t.Fatal(err)
	}
}

// program writes a Python program and describes it as the engine does.
func program(t *testing.T, source string, options map[string]any) *pulumirpc.ProgramInfo {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "__main__.py"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	fields, err := structpb.NewStruct(options)
	if err != nil {
		t.Fatal(err)
	}
	return &pulumirpc.ProgramInfo{RootDirectory: dir, ProgramDirectory: dir, EntryPoint: ".", Options: fields}
}

func withPatience(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// waitForFile waits until a program has written a file, and returns what is in it.
func waitForFile(t *testing.T, path string) string {
	t.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		content, err := os.ReadFile(path)
		if err == nil && len(content) > 0 && content[len(content)-1] == '\n' {
			return strings.TrimSpace(string(content))
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s was not written", path)
	return ""
}

// waitForEnd waits until no process has the given id.
func waitForEnd(t *testing.T, pid int) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) || isZombie(pid) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("process %d goes on", pid)
}

// isZombie tells whether a process has ended but was not waited for: in a
// container, nobody may wait for orphans.
func isZombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(state, "Z")
}

// buffer is a bytes.Buffer for two goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(data []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(data)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// waitFor waits until a text has been written.
func (b *buffer) waitFor(t *testing.T, text string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		if strings.Contains(b.String(), text) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%q was not printed; what was: %q", text, b)
}

func writeModule(t *testing.T, info *pulumirpc.ProgramInfo, name, source string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(info.ProgramDirectory, name), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
}

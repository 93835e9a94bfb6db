package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

func request(info *pulumirpc.ProgramInfo) *pulumirpc.RunRequest {
	return &pulumirpc.RunRequest{Info: info, Pwd: info.ProgramDirectory, Project: "p", Stack: "s", Parallel: 4, MonitorAddress: "m:1"}
}

func TestRunReportsHowTheProgramEnded(t *testing.T) {
	host := startHost(t)
	for name, test := range map[string]struct {
		source    string
		wantError string
		wantBail  bool
	}{
		"success":               {source: "print('fine')"},
		"failure":               {source: "raise SystemExit(1)", wantError: "exit code 1"},
		"message already shown": {source: "raise SystemExit(32)", wantBail: true},
		"killed by a signal":    {source: "import os; os.kill(os.getpid(), 9)", wantError: "signal 9"},
	} {
		t.Run(name, func(t *testing.T) {
			response, err := host.client.Run(withPatience(t), request(program(t, test.source, nil)))
			if err != nil {
				t.Fatal(err)
			}
			if response.Bail != test.wantBail || !strings.Contains(response.Error, test.wantError) ||
				(test.wantError == "") != (response.Error == "") {
				t.Errorf("got error %q, bail %v", response.Error, response.Bail)
			}
		})
	}
}

func TestRunShowsOutputAtOnce(t *testing.T) {
	host := startHost(t)
	gate := filepath.Join(t.TempDir(), "gate")
	source := `
import os, sys, time
print("to stdout")
print("to stderr", file=sys.stderr)
while not os.path.exists(` + strconv.Quote(gate) + `):
    time.sleep(0.01)
`
	done := make(chan error, 1)
	go func() {
		_, err := host.client.Run(context.Background(), request(program(t, source, nil)))
		done <- err
	}()
	host.output.waitFor(t, "to stdout")
	host.output.waitFor(t, "to stderr")
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestRunPassesTheRequestOn(t *testing.T) {
	host := startHost(t)
	report := filepath.Join(t.TempDir(), "report")
	source := `
import json, os, sys
with open(` + strconv.Quote(report) + `, "w") as f:
    json.dump({
        "options": json.loads(os.environ["TEST_EXECUTOR_OPTIONS"]), "argv": sys.argv[1:], "cwd": os.getcwd(),
        "config": json.loads(os.environ["PULUMI_CONFIG"]),
        "secret": json.loads(os.environ["PULUMI_CONFIG_SECRET_KEYS"]),
        "commandline": open("/proc/self/cmdline").read() if os.path.exists("/proc/self/cmdline") else "",
    }, f)
    f.write("\n")
`
	info := program(t, source, nil)
	request := request(info)
	request.DryRun, request.Organization, request.Args = true, "o", []string{"one"}
	request.Config = map[string]string{"p:plain": "1", "p:hidden": "hush"}
	request.ConfigSecretKeys = []string{"p:hidden"}
	if _, err := host.client.Run(withPatience(t), request); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Options          map[string]any
		Argv, Secret     []string
		Cwd, Commandline string
		Config           map[string]string
	}
	if err := json.Unmarshal([]byte(waitForFile(t, report)), &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"monitor": "m:1", "engine": host.engine.firstLine, "project": "p", "stack": "s", "organization": "o",
		"dry_run": "true", "parallel": "4", "root_directory": info.RootDirectory, "pwd": info.ProgramDirectory,
	} {
		if got.Options[name] != want {
			t.Errorf("option %s is %v, want %v", name, got.Options[name], want)
		}
	}
	if !reflect.DeepEqual(got.Argv, []string{"one"}) {
		t.Errorf("arguments are %q", got.Argv)
	}
	if !reflect.DeepEqual(got.Config, request.Config) || !reflect.DeepEqual(got.Secret, request.ConfigSecretKeys) {
		t.Errorf("configuration is %v with secret keys %v", got.Config, got.Secret)
	}
	if strings.Contains(got.Commandline, "hush") {
		t.Error("a secret is on the command line")
	}
}

func TestRunWithoutConfigurationGivesAnEmptyOne(t *testing.T) {
	variables, err := configurationVariables(&pulumirpc.RunRequest{})
	if err != nil || !reflect.DeepEqual(variables, []string{"PULUMI_CONFIG={}", "PULUMI_CONFIG_SECRET_KEYS=[]"}) {
		t.Errorf("got %q, %v", variables, err)
	}
}

func TestRunNamesAMissingVirtualEnvironment(t *testing.T) {
	host := startHost(t)
	_, err := host.client.Run(withPatience(t), request(program(t, "", map[string]any{"virtualenv": "nowhere", "toolchain": "pip"})))
	if err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("got %v", err)
	}
}

// A program that writes its id and those of two children: one that ends when
// interrupted, and one that does not.
const stubborn = `
import os, signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); print('on', flush=True); time.sleep(600)"], stdout=subprocess.PIPE)
child.stdout.readline()
def interrupted(*_):
    print("interrupted")
    raise SystemExit(0)
signal.signal(signal.SIGINT, interrupted)
with open(REPORT, "w") as f:
    f.write(f"{os.getpid()} {child.pid}\n")
time.sleep(600)
`

// runStubborn starts that program and returns the ids, and how the call ends.
func runStubborn(t *testing.T, host *hostProcess, ctx context.Context) ([]int, <-chan error) {
	t.Helper()
	report := filepath.Join(t.TempDir(), "report")
	info := program(t, strings.ReplaceAll(stubborn, "REPORT", strconv.Quote(report)), nil)
	done := make(chan error, 1)
	go func() {
		_, err := host.client.Run(ctx, request(info))
		done <- err
	}()
	var ids []int
	for _, field := range strings.Fields(waitForFile(t, report)) {
		id, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids, done
}

func waitForAll(t *testing.T, ids []int) {
	t.Helper()
	for _, id := range ids {
		waitForEnd(t, id)
	}
}

func TestACancelledCallInterruptsTheProgramAndEndsItsChildren(t *testing.T) {
	host := startHost(t)
	ctx, cancel := context.WithCancel(context.Background())
	ids, done := runStubborn(t, host, ctx)
	cancel()
	if err := <-done; status.Code(err) != codes.Canceled {
		t.Errorf("got %v", err)
	}
	host.output.waitFor(t, "interrupted")
	waitForAll(t, ids)
}

func TestCancelEndsAllCallsAndLeavesTheHostUsable(t *testing.T) {
	host := startHost(t)
	ids, done := runStubborn(t, host, withPatience(t))
	if _, err := host.client.Cancel(withPatience(t), &emptypb.Empty{}); err != nil {
		t.Fatal(err)
	}
	if err := <-done; status.Code(err) != codes.Canceled {
		t.Errorf("got %v", err)
	}
	waitForAll(t, ids)
	response, err := host.client.Run(withPatience(t), request(program(t, "", nil)))
	if err != nil || response.Error != "" {
		t.Errorf("the next program: %v, %v", response, err)
	}
}

func TestAProgramThatIgnoresTheInterruptIsKilled(t *testing.T) {
	host := startHost(t)
	ctx, cancel := context.WithCancel(context.Background())
	report := filepath.Join(t.TempDir(), "report")
	source := `
import os, signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
with open(` + strconv.Quote(report) + `, "w") as f:
    f.write(f"{os.getpid()}\n")
time.sleep(600)
`
	done := make(chan error, 1)
	info := program(t, source, nil)
	go func() {
		_, err := host.client.Run(ctx, request(info))
		done <- err
	}()
	id, err := strconv.Atoi(waitForFile(t, report))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	<-done
	waitForEnd(t, id)
}

func TestTheHostAndTheProgramEndWhenTheEngineIsKilled(t *testing.T) {
	host := startHost(t)
	ids, _ := runStubborn(t, host, context.Background())
	if err := host.engine.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	waitForAll(t, append(ids, host.Process.Pid))
}

func TestTheHostAndTheProgramEndWhenTheHostIsInterrupted(t *testing.T) {
	host := startHost(t)
	ids, _ := runStubborn(t, host, context.Background())
	if err := host.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := <-host.ended; err != nil {
		t.Errorf("the host ended with %v", err)
	}
	waitForAll(t, ids)
}

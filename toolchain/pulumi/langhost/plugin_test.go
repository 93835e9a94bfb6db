package main

import (
	"errors"
	"io"
	"os"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func TestRunPluginPassesOnOutputAndExitCode(t *testing.T) {
	host := startHost(t)
	info := program(t, `
import os, sys
print("4711")
print(os.environ["GREETING"], sys.argv[1], file=sys.stderr)
raise SystemExit(7)
`, nil)
	stream, err := host.client.RunPlugin(withPatience(t), &pulumirpc.RunPluginRequest{
		Info: info, Pwd: info.ProgramDirectory, Args: []string{"engine:1"}, Kind: "analyzer",
		Env: append(os.Environ(), "GREETING=hello"),
	})
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr string
	code := int32(-1)
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch output := message.Output.(type) {
		case *pulumirpc.RunPluginResponse_Stdout:
			stdout += string(output.Stdout)
		case *pulumirpc.RunPluginResponse_Stderr:
			stderr += string(output.Stderr)
		case *pulumirpc.RunPluginResponse_Exitcode:
			code = output.Exitcode
		}
	}
	if stdout != "4711\n" || stderr != "hello engine:1\n" || code != 7 {
		t.Errorf("got %q, %q, exit code %d", stdout, stderr, code)
	}
}

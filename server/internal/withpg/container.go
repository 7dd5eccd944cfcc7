package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/wait"
)

// image may be set to one that the engine has, where none can be pulled.
func image() string {
	if name := os.Getenv("TEST_POSTGRES_IMAGE"); name != "" {
		return name
	}
	return "postgres:17-alpine"
}

// engineAnswers asks the Docker engine for its version and waits three seconds at most.
func engineAnswers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	return exec.CommandContext(ctx, "docker", "version", "--format", "{{.Server.Version}}").Run() == nil
}

var port = network.MustParsePort("5432/tcp")

// startContainer starts PostgreSQL in a container whose port is bound to loopback. Data
// lies in memory: the tests' databases live for seconds.
func startContainer(ctx context.Context) (url string, stop func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	// The engine's own clean-up container is one more image to have; the container is
	// ended below, and by --rm when the engine restarts.
	if os.Getenv("TESTCONTAINERS_RYUK_DISABLED") == "" {
		_ = os.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true") // never fails with a constant
	}
	if os.Getenv("TESTCONTAINERS_HOST_OVERRIDE") == "" {
		_ = os.Setenv("TESTCONTAINERS_HOST_OVERRIDE", "127.0.0.1")
	}
	c, err := testcontainers.GenericContainer(ctx, testcontainers.GenericContainerRequest{
		Started: true,
		ContainerRequest: testcontainers.ContainerRequest{
			Image:        image(),
			ExposedPorts: []string{"5432/tcp"},
			Env:          map[string]string{"POSTGRES_PASSWORD": "test"},
			Tmpfs:        map[string]string{"/var/lib/postgresql/data": "rw"},
			// Whatever the engine's default: nothing but loopback.
			HostConfigModifier: func(host *container.HostConfig) {
				host.PortBindings = network.PortMap{port: {{HostIP: netip.AddrFrom4([4]byte{127, 0, 0, 1})}}}
			},
			Cmd: []string{"postgres", "-c", "max_connections=300"},
			// The entry point starts the server twice: once to set it up, once to stay.
			WaitingFor: wait.ForLog("database system is ready to accept connections").WithOccurrence(2).WithStartupTimeout(time.Minute),
		},
	})
	if err != nil {
		return "", nil, errors.Join(fmt.Errorf("start %s: %w", image(), err), end(c))
	}
	mapped, err := c.MappedPort(ctx, "5432/tcp")
	if err != nil {
		return "", nil, errors.Join(fmt.Errorf("find the port: %w", err), end(c))
	}
	url = fmt.Sprintf("postgres://postgres:test@127.0.0.1:%s/postgres?sslmode=disable", mapped.Port())
	return url, func() {
		if err := end(c); err != nil {
			fmt.Fprintln(os.Stderr, "withpg:", err)
		}
	}, nil
}

func end(c testcontainers.Container) error {
	if c == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := c.Terminate(ctx); err != nil {
		return fmt.Errorf("end the container: %w", err)
	}
	return nil
}

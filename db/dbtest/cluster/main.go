// Command cluster runs a command with a throw-away PostgreSQL, whose URL it passes on in KITH_TEST_POSTGRES, and ends
// with the command's exit status:
//
//	cluster go test ./...
//
// Where KITH_TEST_POSTGRES is set already, the command runs on that cluster.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"kith/db/dbtest"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: cluster command [argument]...")
		os.Exit(2)
	}
	status, err := run(os.Args[1], os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(status)
}

// run returns the exit status for the program: 1 together with an error, when the command could not run.
func run(name string, arguments []string) (int, error) {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM)

	command := exec.Command(name, arguments...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	// A group of its own, because go test and go run leave their children behind when they alone get a signal.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Getenv(dbtest.PostgresVariable) == "" {
		address, stop, err := dbtest.StartPostgres()
		if err != nil {
			return 1, err
		}
		defer stop()
		command.Env = append(os.Environ(), dbtest.PostgresVariable+"="+address)
	}
	if err := command.Start(); err != nil {
		return 1, fmt.Errorf("running %s: %w", name, err)
	}
	go func() {
		for received := range signals {
			_ = syscall.Kill(-command.Process.Pid, received.(syscall.Signal)) // it may have ended
		}
	}()
	var failed *exec.ExitError
	switch err := command.Wait(); {
	case errors.As(err, &failed):
		return max(failed.ExitCode(), 1), nil // -1 when a signal ended it
	case err != nil:
		return 1, fmt.Errorf("running %s: %w", name, err)
	}
	return 0, nil
}

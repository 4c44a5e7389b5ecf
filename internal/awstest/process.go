package awstest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	// startTime is what a stand-in may take until it listens: half a second, but
	// for other work on the machine.
	startTime = time.Minute
	stopTime  = 5 * time.Second
	// logKept is how much of the end of its log is kept for a test that fails.
	logKept = 16 << 10
)

// process is a stand-in that runs. It ends when its standard input does: with
// stop, or with this process, however that ends.
type process struct {
	name     string
	address  string
	lifeline io.Closer
	cmd      *exec.Cmd
	ended    chan struct{}
	log      *tail
}

// run starts a program, and waits for the first line that it prints: the address
// that it listens on.
func run(ctx context.Context, dir, name string, args ...string) (*process, error) {
	p := &process{name: filepath.Base(name) + " " + strings.Join(args, " "), ended: make(chan struct{}), log: new(tail)}
	p.cmd = exec.Command(name, args...)
	p.cmd.Dir = dir
	p.cmd.Env = cleanEnvironment()
	p.cmd.Stderr = p.log
	lifeline, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	p.lifeline = lifeline
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	address := make(chan string, 1)
	go func() {
		lines := bufio.NewReader(out)
		line, _ := lines.ReadString('\n')
		address <- strings.TrimSpace(line)
		_, _ = io.Copy(p.log, lines)
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	select {
	case p.address = <-address:
	case <-time.After(startTime):
		err = fmt.Errorf("no address after %v", startTime)
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err == nil && !strings.HasPrefix(p.address, "http://") {
		err = fmt.Errorf("it printed %q in place of its address", p.address)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s did not start: %w", p.name, err), p.stop(), fmt.Errorf("its log:\n%s", p.log))
	}
	return p, nil
}

func (p *process) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// stop ends the process and what it started.
func (p *process) stop() error {
	err := p.lifeline.Close()
	select {
	case <-p.ended:
		return nil
	case <-time.After(stopTime):
		return errors.Join(fmt.Errorf("%s did not end with its input", p.name), err, p.cmd.Process.Kill())
	}
}

// cleanEnvironment is this process's, without what would lead a stand-in to AWS,
// to other Python packages or through a proxy.
func cleanEnvironment() []string {
	var kept []string
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(strings.ToUpper(entry), "=")
		if !strings.HasPrefix(name, "AWS_") && !strings.HasPrefix(name, "PYTHON") && !strings.HasSuffix(name, "_PROXY") {
			kept = append(kept, entry)
		}
	}
	return append(kept, "PYTHONDONTWRITEBYTECODE=1", "PYTHONUNBUFFERED=1", "NO_PROXY=127.0.0.1,localhost")
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	t.kept = t.kept[max(0, len(t.kept)-logKept):]
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.kept)
}
